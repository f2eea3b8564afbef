// SPDX-License-Identifier: GPL-2.0-only
/* Ops that advise. */
#include <errno.h>
#include <sys/mman.h>

#include "engine.h"
#include "ops.h"
#include "touch.h"

/* Shared memory keeps its content in the file: nothing changes, no word moves. */
int sm_ops_advise_dontneed(struct sm_storm_thread *t, const struct sm_span *s)
{
	if (!sm_span_anon(s))
		return sm_span_advise(s, MADV_DONTNEED);
	return sm_span_empty(t, s);
}

/* From now on each page is its stamp or zero, until the owner writes again. */
int sm_ops_advise_free(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change c = { .set = SM_TAG_ZERO };
	int err;

	sm_span_announce(t, s, c);
	err = sm_span_advise(s, MADV_FREE);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/* Nothing may change: what devices wrote must survive write-out and return. */
int sm_ops_advise_pageout(struct sm_storm_thread *t, const struct sm_span *s)
{
	(void)t;
	return sm_span_advise(s, MADV_PAGEOUT);
}

int sm_ops_advise_remove(struct sm_storm_thread *t, const struct sm_span *s)
{
	return sm_span_empty(t, s);
}

static int advise_populate(struct sm_storm_thread *t, const struct sm_span *s,
			   int advice)
{
	int err = sm_ops_advise_dontneed(t, s);

	return err ? err : sm_span_advise(s, advice);
}

int sm_ops_advise_read(struct sm_storm_thread *t, const struct sm_span *s)
{
	return advise_populate(t, s, MADV_POPULATE_READ);
}

/*
 * Zero pages come first and devices may map them, read-only; then each is
 * replaced by a page of its own, which must make devices let go of it.
 */
int sm_ops_advise_write(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = advise_populate(t, s, MADV_POPULATE_READ);

	if (err)
		return err;
	sm_touch_read(t);
	return sm_span_advise(s, MADV_POPULATE_WRITE);
}

/*
 * Clean pages that stay writable: a device may write to one, and no page table
 * entry says so. What it wrote must survive reclaim (oracle dirty).
 */
int sm_ops_advise_dirty(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = sm_ops_advise_free(t, s);

	if (err)
		return err;
	sm_touch_write(t);
	err = sm_span_advise(s, MADV_PAGEOUT);
	if (!err)
		sm_touch_survived(t, "reclaim");
	return err;
}

/*
 * Guard pages: what was there goes, and nobody may touch them, until they are
 * ordinary empty pages again. The kernel drops pages first and guards then, and
 * a device may have an empty one in between: so they are empty before.
 */
int sm_ops_advise_guard(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change on = {
		.clear = SM_TAG_READ | SM_TAG_WRITE,
	};
	static const struct sm_change off = { .set = SM_TAG_ACCESS };
	int err = advise_populate(t, s, MADV_POPULATE_WRITE);

	if (err)
		return err;
	sm_touch_before(t);
	sm_span_announce(t, s, on);
	err = sm_span_advise(s, MADV_GUARD_INSTALL);
	if (err)
		return err;
	sm_span_commit(t, s);
	sm_touch_after(t);
	sm_span_announce(t, s, off);
	err = sm_span_advise(s, MADV_GUARD_REMOVE);
	if (!err)
		sm_span_commit(t, s);
	return err;
}
