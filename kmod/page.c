// SPDX-License-Identifier: GPL-2.0-only
/* What may be done with a page that is known by nothing but its number. */
#include <linux/highmem.h>
#include <linux/memory_hotplug.h>
#include <linux/uaccess.h>

#include "counts.h"
#include "page.h"

/*
 * Hold a page that may be free by now. Returns its head, or NULL. (Of memory that was
 * taken away nothing describes the pages, until it is there again.)
 */
struct page *sm_page_hold(struct page *page)
{
	struct page *head;

	if (!pfn_to_online_page(page_to_pfn(page)) && !is_zone_device_page(page))
		return NULL;
	head = compound_head(page);
	if (!get_page_unless_zero(head))
		return NULL;
	atomic64_inc(&sm_counts.pages);
	if (compound_head(page) == head)
		return head;
	sm_page_put(head);	/* split meanwhile */

	return NULL;
}

void sm_page_put(struct page *head)
{
	put_page(head);
	atomic64_dec(&sm_counts.pages);
}

/*
 * Can the module touch it? hmm_range_fault() hands out pages that are not in the
 * direct map (secretmem), and touching one is an oops.
 */
bool sm_page_reachable(struct page *page)
{
	unsigned long word;

	if (PageAnon(page) || PageHighMem(page))
		return true;

	return !copy_from_kernel_nofault(&word, page_address(page),
					 sizeof(word));
}
