/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Oracle perm: a mirror against the page table's permissions; and oracle late, of
 * what devices have kept when a flush returns.
 */
#ifndef SM_CHECK_H
#define SM_CHECK_H

#include <linux/types.h>

struct sm_ioc_check;
struct sm_mirror;

int sm_check_range(struct sm_mirror *m, struct sm_ioc_check *c);
void sm_check_pin(struct sm_mirror *m, unsigned long start, unsigned long end,
		  u32 flags);
void sm_check_flushed(struct sm_mirror *m, unsigned long start,
		      unsigned long end, u64 gen);
void sm_check_dead(struct sm_mirror *m);

#endif /* SM_CHECK_H */
