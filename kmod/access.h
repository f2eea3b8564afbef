/* SPDX-License-Identifier: GPL-2.0-only */
/* The device's loads and stores. */
#ifndef SM_ACCESS_H
#define SM_ACCESS_H

#include "mirror.h"

int sm_access(struct sm_mirror *m, unsigned long va, void *buf,
	      unsigned int len, bool write, u64 *entry);
void sm_access_wrote(const struct sm_mirror *m, unsigned long va,
		     struct page *page);
struct page *sm_page_hold(struct page *page);
void sm_page_put(struct page *head);
void sm_access_evict(struct sm_mirror *m, unsigned long va);
int sm_access_user(struct sm_mirror *m, struct sm_ioc_access *a);

#endif /* SM_ACCESS_H */
