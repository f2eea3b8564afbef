/* SPDX-License-Identifier: GPL-2.0-only */
/* The device's loads and stores. */
#ifndef SM_ACCESS_H
#define SM_ACCESS_H

#include <linux/types.h>

struct sm_cache;
struct sm_ioc_access;
struct sm_mirror;

int sm_access(struct sm_mirror *m, struct sm_cache *cache, unsigned long va,
	      void *buf, unsigned int len, bool write, u64 *entry);
void sm_access_evict(struct sm_mirror *m, unsigned long va);
int sm_access_user(struct sm_mirror *m, struct sm_ioc_access *a);

#endif /* SM_ACCESS_H */
