/* SPDX-License-Identifier: GPL-2.0-only */
/* Oracle denied: is a device refused what the page table allows? */
#ifndef SM_DENIED_H
#define SM_DENIED_H

#include <linux/errno.h>
#include <linux/types.h>

struct sm_mirror;

/* May a refusal be a stale one? All others say that something was in the way. */
static inline bool sm_denied_counts(int err)
{
	return err == -EFAULT || err == -EPERM || err == -EACCES;
}

void sm_denied_ask(struct sm_mirror *m, unsigned long va, bool write);

#endif /* SM_DENIED_H */
