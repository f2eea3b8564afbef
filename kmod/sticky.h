/* SPDX-License-Identifier: GPL-2.0-only */
/* Drivers that never forget a refusal: defects sticky-refusal, sticky-read-only. */
#ifndef SM_STICKY_H
#define SM_STICKY_H

#include <linux/types.h>

struct hmm_range;
struct sm_mirror;

int sm_sticky_init(struct sm_mirror *m);
void sm_sticky_free(struct sm_mirror *m);
int sm_sticky_refuses(const struct sm_mirror *m, unsigned long start,
		      unsigned int npages, u32 flags);
void sm_sticky_withhold(const struct sm_mirror *m, struct hmm_range *range);
void sm_sticky_learn(struct sm_mirror *m, unsigned long start,
		     unsigned int npages, int ret);

#endif /* SM_STICKY_H */
