// SPDX-License-Identifier: GPL-2.0-only
/* The TLBs of the engines that use a mirror, see engine.h. */
#include "engine.h"

/*
 * No engine uses anything in @span that it found before. The mirror's lock is held
 * for writing.
 */
void sm_engine_flush(struct list_head *engines, struct sm_span span)
{
	struct sm_engine *e;

	list_for_each_entry(e, engines, node)
		if (sm_cache_may_have(&e->cache, span.first, span.last))
			sm_cache_flush(&e->cache, span.first, span.last);
}

/* The same of the engines of one device. */
void sm_engine_flush_device(struct list_head *engines, unsigned int device,
			    struct sm_span span)
{
	struct sm_engine *e;

	list_for_each_entry(e, engines, node)
		if (e->device == device)
			sm_cache_flush(&e->cache, span.first, span.last);
}

/* The engines of one device keep nothing, and use nothing that they have kept. */
void sm_engine_set_device(struct list_head *engines, unsigned int device,
			  bool off)
{
	struct sm_engine *e;

	list_for_each_entry(e, engines, node)
		if (e->device == device)
			WRITE_ONCE(e->cache.off, off);
}

static int sm_engine_look(const struct sm_cache *c, const struct sm_tlb *t,
			  struct sm_span span, sm_engine_line_fn fn, void *arg)
{
	struct sm_line line;
	unsigned int i;
	int ret = 0;

	if (!sm_cache_may_have(c, span.first, span.last))
		return 0;
	for (i = 0; i < SM_CACHE_LINES && !ret; i++)
		if (sm_cache_read(c, i, &line) && line.pgno >= span.first &&
		    line.pgno <= span.last && sm_cache_differs(t, &line))
			ret = fn(&line, arg);

	return ret;
}

/*
 * What engines would use in @span that is not what the table says: for whoever
 * wants to know what the device would do, the table is half of the answer. (While a
 * flush is under way there may be some in a correct mirror, too.) Without the
 * mirror's lock: the caller's hold on ctx->sem keeps engines and leaves.
 */
int sm_engine_stale(const struct list_head *engines, const struct sm_tlb *t,
		    struct sm_span span, sm_engine_line_fn fn, void *arg)
{
	const struct sm_engine *e;
	int ret = 0;

	list_for_each_entry(e, engines, node) {
		ret = sm_engine_look(&e->cache, t, span, fn, arg);
		if (ret)
			break;
	}

	return ret;
}
