/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands in for the defect table (--wrap, see tests.mk). */
#ifndef WRAP_TABLES_H
#define WRAP_TABLES_H

#include "module/defects.h"

#define MANY	200	/* rows */

extern struct sm_defect_info __wrap_sm_defects[MANY + 1];
extern const struct sm_defect_info __real_sm_defects[];

#endif /* WRAP_TABLES_H */
