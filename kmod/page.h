/* SPDX-License-Identifier: GPL-2.0-only */
/* A page that an entry leads to. */
#ifndef SM_PAGE_H
#define SM_PAGE_H

#include <linux/mm.h>

#include "compat/compat.h"

struct page *sm_page_hold(struct page *page);
void sm_page_put(struct page *head);
bool sm_page_reachable(struct page *page);

/* Of a file on a disk, which write-back cleans. */
static inline bool sm_page_on_disk(struct page *page)
{
	return !PageAnon(page) && !sm_page_swapbacked(page);
}

#endif /* SM_PAGE_H */
