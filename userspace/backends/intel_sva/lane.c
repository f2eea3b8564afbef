// SPDX-License-Identifier: GPL-2.0-only
/* Words of the arena, moved by a card: see lane.h. */
#include <errno.h>

#include "base/guard.h"
#include "base/util.h"
#include "lane.h"
#include "ring.h"

static uint64_t lane_cookie(uint64_t va)
{
	return (va & ~(SM_PAGE_SIZE - 1)) + 8 * SM_WORD_COOKIE;
}

/* What the processor may not either is for the card to be refused. */
static void lane_touch(const struct sm_access *a)
{
	uint64_t value;

	if (a->write)
		sm_guard_touch(a->va);
	else
		sm_guard_read(a->va, &value);
}

/*
 * Zeroes are no answer, as a card that faults reads them as well, unless the page's
 * cookie was there: then the IOMMU has the page, and will have it until the card is
 * done.
 */
static void lane_judge_read(struct sm_access *a, const struct sva_answer *got)
{
	a->value = got->value;
	a->error = got->value || (got->before && got->after) ? 0 : -EBUSY;
}

/* ---- before a page is written to --------------------------------------------- */

/* It has to be ours; and what is there already would look as if it had been written. */
static bool lane_writable(const struct sva_state *s, const struct sm_access *a,
			  const struct sva_answer *got)
{
	uint64_t cookie = s->host->scene->model.cookie;

	return got->before == cookie && got->after == cookie &&
	       got->value != a->value;
}

static int lane_look(struct sva_state *s, struct sva_nic *nic,
		     struct sm_access *a, unsigned int nr)
{
	unsigned int i, n = 0;
	int err;

	sva_nic_begin(nic);
	for (i = 0; i < nr; i++)
		if (a[i].write)
			sva_nic_read(nic, a[i].va, lane_cookie(a[i].va));
	err = sva_nic_go(nic);
	for (i = 0; i < nr && !err; i++)
		if (a[i].write &&
		    !lane_writable(s, &a[i], sva_nic_answer(nic, n++)))
			a[i].error = -EBUSY;
	return err;
}

/* ---- accesses ---------------------------------------------------------------- */

/* A write is read again, in the same breath: what is there then has been written. */
static int lane_move(struct sva_nic *nic, struct sm_access *a, unsigned int nr)
{
	const struct sva_answer *got;
	unsigned int i, n = 0;
	int err;

	sva_nic_begin(nic);
	for (i = 0; i < nr; i++) {
		if (a[i].error)
			continue;
		if (a[i].write)
			sva_nic_write(nic, a[i].va, a[i].value);
		sva_nic_read(nic, a[i].va, lane_cookie(a[i].va));
	}
	err = sva_nic_go(nic);
	for (i = 0; i < nr && !err; i++) {
		if (a[i].error)
			continue;
		got = sva_nic_answer(nic, n++);
		if (!a[i].write)
			lane_judge_read(&a[i], got);
		else if (got->value != a[i].value)
			a[i].error = -EBUSY;
	}
	return err;
}

static int lane_some(struct sva_state *s, struct sva_lane *l,
		     struct sm_access *a, unsigned int nr)
{
	struct sva_card *card = l->card;
	unsigned int i;
	int err;

	sm_write(&l->flight, a->va | (a->write ? 1 : 0));
	for (i = 0; i < nr; i++) {
		a[i].error = 0;
		lane_touch(&a[i]);
	}
	pthread_mutex_lock(&card->lock);
	err = lane_look(s, &card->nic, a, nr);
	if (!err)
		err = lane_move(&card->nic, a, nr);
	pthread_mutex_unlock(&card->lock);
	for (i = 0; i < nr && !err; i++)
		sm_count(a[i].error ? &l->refused : &l->done, 1);
	sm_write(&l->flight, 0);
	return err;
}

int sva_lane_access(struct sva_state *s, unsigned int lane, struct sm_access *a,
		    unsigned int nr)
{
	struct sva_lane *l = &s->lanes[lane];
	unsigned int some;
	int err = 0;

	for (; nr && !err; nr -= some, a += some) {
		some = nr < SVA_BATCH ? nr : SVA_BATCH;
		err = lane_some(s, l, a, some);
	}
	return err;
}
