// SPDX-License-Identifier: GPL-2.0-only
/* Ops that map, unmap and protect. */
#include <errno.h>
#include <sys/mman.h>

#include "engine.h"
#include "ops.h"
#include "touch.h"

int sm_ops_map_over(struct sm_storm_thread *t, const struct sm_span *s)
{
	return sm_span_replace(t, s);
}

/* What a hole holds matters to shared memory alone: its file keeps it. */
int sm_ops_map_unmap(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_change c = { .clear = SM_TAG_ACCESS };

	if (sm_span_anon(s)) {
		c.clear |= SM_TAG_STAMP;
		c.set = SM_TAG_ZERO;
	}
	sm_span_announce(t, s, c);
	if (munmap((void *)s->start, s->end - s->start) < 0)
		return -errno;
	sm_span_commit(t, s);
	return 0;
}

int sm_ops_map_forbid(struct sm_storm_thread *t, const struct sm_span *s)
{
	return sm_span_protect(t, s, PROT_NONE);
}

int sm_ops_map_read_only(struct sm_storm_thread *t, const struct sm_span *s)
{
	return sm_span_protect(t, s, PROT_READ);
}

/* Without a protection to lift, mprotect() would do nothing at all. */
int sm_ops_map_allow(struct sm_storm_thread *t, const struct sm_span *s)
{
	int prot = sm_rng_one_in(&t->rng, 2) ? PROT_READ : PROT_NONE;
	int err = sm_span_protect(t, s, prot);

	if (err)
		return err;
	sm_touch_after(t);
	return sm_span_protect(t, s, PROT_READ | PROT_WRITE);
}
