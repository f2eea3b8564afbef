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
 * Noted by page, and for good, before the entry is there: what was pinned for writing
 * once accuses nobody any more, whatever became of it. Without memory for a note nobody
 * is accused either.
 */
#include "granted.h"
#include "mirror.h"

void sm_granted_init(struct sm_mirror *m)
{
	xa_init(&m->granted.pages);
}

void sm_granted_free(struct sm_mirror *m)
{
	xa_destroy(&m->granted.pages);
}

/* [@start, @end) was pinned for writing. Many may be at it at a time. */
void sm_granted_note(struct sm_mirror *m, unsigned long start,
		     unsigned long end)
{
	unsigned long pgno;

	for (pgno = start >> PAGE_SHIFT; pgno < end >> PAGE_SHIFT; pgno++)
		if (!xa_load(&m->granted.pages, pgno) &&
		    xa_err(xa_store(&m->granted.pages, pgno, xa_mk_value(1),
				    GFP_KERNEL_ACCOUNT)))
			WRITE_ONCE(m->granted.lost, true);
}

/* The device is about to write. Under the table's lock, under which entries came. */
void sm_granted_ask(struct sm_mirror *m, const struct sm_line *use)
{
	if (!(m->d->flags & SM_D_PINNED) ||
	    xa_load(&m->granted.pages, use->pgno) ||
	    READ_ONCE(m->granted.lost))
		return;
	sm_mirror_report(m, SM_ORACLE_PERM, use->pgno << PAGE_SHIFT, use->ent,
			 use->ent & ~SM_ENT_WRITE, SM_ACCESS_WRITE);
}
