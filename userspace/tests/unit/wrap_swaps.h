/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests put in the place of the machine's swap, for -Wl,--wrap. */
#ifndef SM_WRAP_SWAPS_H
#define SM_WRAP_SWAPS_H

#include "base/swaps.h"

unsigned int __wrap_sm_swaps_read(struct sm_swap swaps[SM_SWAPS]);
int __wrap_sm_swaps_on(const struct sm_swap *s);

#endif /* SM_WRAP_SWAPS_H */
