// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stalemate_drm.ko has of this module, so that there is one table, one way to hold
 * a page that may be anybody's, and one answer to who may arm a defect. The files
 * themselves export nothing: unit tests have copies of some of their own.
 */
#include <linux/module.h>

#include "compat/compat.h"
#include "defect.h"
#include "page.h"
#include "tlb.h"

SM_EXPORT(sm_defect_may);
SM_EXPORT(sm_page_hold);
SM_EXPORT(sm_page_put);
SM_EXPORT(sm_page_reachable);
SM_EXPORT(sm_tlb_destroy);
SM_EXPORT(sm_tlb_drop);
SM_EXPORT(sm_tlb_init);
SM_EXPORT(sm_tlb_install_run);
SM_EXPORT(sm_tlb_prepare);
