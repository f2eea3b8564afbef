/* SPDX-License-Identifier: GPL-2.0-only */
/* What mirrors that pin pages may write to, see granted.c. */
#ifndef SM_GRANTED_H
#define SM_GRANTED_H

#include <linux/types.h>

struct xarray;

int sm_granted_note(struct xarray *granted, unsigned long start,
		    unsigned long end);
void sm_granted_forget(struct xarray *granted, unsigned long start,
		       unsigned long end);
bool sm_granted_has(struct xarray *granted, unsigned long pgno);

#endif /* SM_GRANTED_H */
