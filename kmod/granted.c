// SPDX-License-Identifier: GPL-2.0-only
/*
 * Oracle perm where a device writes to what is pinned. Who pins a page says whether it
 * is for writing, and the kernel makes it the process's own then, or refuses. A driver
 * that pinned it for reading, and lets its device write all the same, has skipped
 * that. Later nobody could tell by the page table, which a pinned page may legally
 * differ from: so who may write where is noted when it is pinned.
 *
 *	driver				device
 *
 *	pins a page for reading
 *					reads
 *					wants to write: a miss
 *	makes the entry writable
 *			[Required: pins it for writing, for a new entry]
 *					writes
 *
 * Noted by page before the entry is there, and forgotten when an event takes entries
 * away, under the table's lock: who noted before that event finds, under the same lock,
 * that it came between, and pins again. A driver that drops an entry because it wants to
 * may pin it for writing once more at the same time: of that nothing is forgotten.
 */
#include <linux/mm.h>
#include <linux/xarray.h>

#include "granted.h"

/* [@start, @end) was pinned for writing. Many may be at it at a time. 0 or -ENOMEM. */
int sm_granted_note(struct xarray *granted, unsigned long start,
		    unsigned long end)
{
	unsigned long pgno;
	int ret = 0;

	for (pgno = start >> PAGE_SHIFT; pgno < end >> PAGE_SHIFT && !ret; pgno++)
		if (!xa_load(granted, pgno))
			ret = xa_err(xa_store(granted, pgno, xa_mk_value(1),
					      GFP_KERNEL_ACCOUNT));

	return ret;
}

/* An event took away what was there. */
void sm_granted_forget(struct xarray *granted, unsigned long start,
		       unsigned long end)
{
	unsigned long pgno;
	void *note;

	xa_for_each_range(granted, pgno, note, start >> PAGE_SHIFT,
			  (end - 1) >> PAGE_SHIFT)
		xa_erase(granted, pgno);
}

bool sm_granted_has(struct xarray *granted, unsigned long pgno)
{
	return xa_load(granted, pgno);
}
