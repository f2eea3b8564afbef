/* SPDX-License-Identifier: GPL-2.0-only */
/* Soft-dirty bits: one thread at a time clears them, and looks. */
#ifndef SM_SOFT_DIRTY_H
#define SM_SOFT_DIRTY_H

#include <stdbool.h>
#include <stdint.h>

#define SM_SOFT_DIRTY_BIT	(1ULL << 55)	/* of an entry of pagemap */

/* Between the two nobody else clears them. */
void sm_soft_dirty_lock(void);
void sm_soft_dirty_unlock(void);

/* sm_soft_dirty_clear() - all those of this process; or a negative errno. */
int sm_soft_dirty_clear(void);

/* sm_soft_dirty_try() - 0 if a page that was just written has the bit, or why not. */
int sm_soft_dirty_try(void);

#endif /* SM_SOFT_DIRTY_H */
