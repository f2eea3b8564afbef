// SPDX-License-Identifier: GPL-2.0-only
/* How an op ends. */
#include "finish.h"
#include "judge/sink.h"
#include "map.h"
#include "page.h"

/* A page that is about to lose the last of its maps. */
static struct gnt_page *finish_loser(struct gnt_thread *g, const struct gnt_map *m)
{
	unsigned int i, at = sm_rng_below(&g->rng, GNT_MAP_PAGES);

	for (i = 0; i < GNT_MAP_PAGES; i++, at++) {
		at %= GNT_MAP_PAGES;
		if (gnt_map_holds(m, at) && m->page[at]->uses == 1 &&
		    m->page[at]->view &&
		    gnt_tag_place(m->announced[at]) != GNT_MAPPED)
			return m->page[at];
	}
	return NULL;
}

/*
 * gnt_finish() - what was announced is done: is it so? One of the pages
 * that went is given up: its grant must end with that, and who gets the page is
 * somebody who looks after it.
 */
int gnt_finish(struct gnt_thread *g, struct gnt_map *m)
{
	struct gnt_page *p = finish_loser(g, m);
	int err;

	gnt_map_verify(g, m);
	gnt_map_commit(m);
	if (!p)
		return 0;
	err = gnt_page_give_up(g, p);
	sm_sink_take(g->t->sink);
	return err;
}

/* gnt_finish_refused() - there was nothing to do, or the kernel did not want to. */
int gnt_finish_refused(struct gnt_thread *g, struct gnt_map *m)
{
	gnt_map_retract(m);
	g->t->counted = false;
	return 0;
}
