/* SPDX-License-Identifier: GPL-2.0-only */
/* In the way of those who subscribe to an mm's invalidations. */
#ifndef SM_HOOK_H
#define SM_HOOK_H

#include <linux/types.h>

u64 sm_hook_features(void);
int sm_hook_set(void);
void sm_hook_exit(void);

#endif /* SM_HOOK_H */
