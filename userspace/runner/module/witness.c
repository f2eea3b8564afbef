// SPDX-License-Identifier: GPL-2.0-only
/* The reader of the witness's record ring. */
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "base/util.h"
#include "witness.h"

void sm_witness_init(struct sm_witness *w, const struct sm_device *dev,
		     const struct sm_symbols *symbols)
{
	memset(w, 0, sizeof(*w));
	w->dev = dev;
	w->symbols = symbols;
}

enum witness_copied {
	WITNESS_OK,
	WITNESS_EARLY,		/* its writer is not done */
	WITNESS_LATE,		/* overwritten by a later record */
};

/*
 * Copy record @n. Writers own slots by number and publish them one by one:
 * the slot's sequence says before and after the copy whose data it was.
 */
static enum witness_copied witness_copy(const struct sm_device *d, uint64_t n,
					struct sm_record *out)
{
	const struct sm_record *slot;
	uint64_t seq;

	slot = &d->records[n & (d->witness->record_slots - 1)];
	seq = sm_load_acquire(&slot->seq);
	if (seq < 2 * n + 2)
		return WITNESS_EARLY;
	memcpy(out, slot, sizeof(*out));
	sm_rmb();
	if (seq != 2 * n + 2 || sm_read(&slot->seq) != seq)
		return WITNESS_LATE;
	return WITNESS_OK;
}

static unsigned int witness_index(struct sm_witness *w, const char *name)
{
	unsigned int i;

	for (i = 0; i < w->nr_emitters; i++)
		if (!strcmp(w->emitters[i].name, name))
			return i;
	if (i == SM_MAX_EMITTERS)
		return i - 1;
	snprintf(w->emitters[i].name, sizeof(w->emitters[i].name), "%s", name);
	w->nr_emitters++;
	return i;
}

/* sm_witness_add() - count starts that did not come through the ring. */
void sm_witness_add(struct sm_witness *w, const char *emitter, uint64_t nr)
{
	w->emitters[witness_index(w, emitter)].count += nr;
}

static unsigned int witness_resolve(struct sm_witness *w,
				    const struct sm_record *r)
{
	struct sm_witness_cached *c;
	uint64_t ips[SM_RECORD_IPS] = { 0 };
	uint64_t hash = 0;
	char name[48];
	unsigned int i;

	for (i = 0; i < r->nr_ips && i < SM_RECORD_IPS; i++) {
		ips[i] = r->ips[i];
		hash = sm_rng_mix(hash ^ ips[i]);
	}
	c = &w->cache[hash % SM_WITNESS_CACHE];
	if (!c->emitter || memcmp(c->ips, ips, sizeof(ips))) {
		sm_symbols_emitter(w->symbols, ips, i, name, sizeof(name));
		c->emitter = witness_index(w, name) + 1;
		memcpy(c->ips, ips, sizeof(ips));
	}
	return c->emitter - 1;
}

/* The ring went round: go on with the oldest record that is left. */
static void witness_catch_up(const struct sm_device *d,
			     struct sm_witness_place *at, uint64_t head)
{
	uint64_t slots = d->witness->record_slots;

	if (head - at->next <= slots)
		return;
	at->lost += head - slots - at->next;
	at->next = head - slots;
}

uint64_t sm_witness_head(const struct sm_device *d)
{
	return sm_load_acquire(&d->witness->head);
}

bool sm_witness_next(const struct sm_device *d, struct sm_witness_place *at,
		     uint64_t head, struct sm_record *r)
{
	enum witness_copied how;

	if (at->next < head)
		witness_catch_up(d, at, head);
	for (; at->next < head; at->lost++) {
		how = witness_copy(d, at->next, r);
		if (how == WITNESS_EARLY)
			return false;
		at->next++;
		if (how == WITNESS_OK)
			return true;
	}
	return false;
}

/*
 * sm_witness_drain() - count the records that came since the last call.
 * Returns how many records it took.
 */
unsigned int sm_witness_drain(struct sm_witness *w)
{
	uint64_t head = sm_witness_head(w->dev);
	struct sm_record r;
	unsigned int nr;

	for (nr = 0; sm_witness_next(w->dev, &w->at, head, &r); nr++)
		if (r.phase == SM_PHASE_START)
			w->emitters[witness_resolve(w, &r)].count++;
	return nr;
}

static void witness_name(const struct sm_witness *w, struct sm_history *h)
{
	uint64_t ips[SM_RECORD_IPS] = { 0 };
	unsigned int i;

	h->emitter[0] = '\0';
	if (h->record.phase != SM_PHASE_START)
		return;
	for (i = 0; i < h->record.nr_ips && i < SM_RECORD_IPS; i++)
		ips[i] = h->record.ips[i];
	sm_symbols_emitter(w->symbols, ips, i, h->emitter, sizeof(h->emitter));
}

/*
 * sm_witness_each() - show the records that are in the ring, oldest first, until
 * @show has seen enough and returns false. Takes nothing from the reader.
 */
void sm_witness_each(const struct sm_witness *w,
		     bool (*show)(const struct sm_record *r, void *arg),
		     void *arg)
{
	const struct sm_device *d = w->dev;
	struct sm_record r;
	uint64_t head, n;

	if (!d || !d->witness)
		return;
	head = sm_load_acquire(&d->witness->head);
	n = head > d->witness->record_slots ? head - d->witness->record_slots :
					      0;
	for (; n < head; n++)
		if (witness_copy(d, n, &r) == WITNESS_OK && !show(&r, arg))
			return;
}

/*
 * sm_witness_history() - the newest records that touch the page of a finding,
 * oldest first. Reads the ring beside the reader: it takes nothing from it.
 */
void sm_witness_history(const struct sm_witness *w, struct sm_finding *f)
{
	const struct sm_device *d = w->dev;
	unsigned int i, nr = 0;
	struct sm_record r;
	uint64_t head, n;

	if (!d || !d->witness)
		return;
	head = sm_load_acquire(&d->witness->head);
	n = head > d->witness->record_slots ? head - d->witness->record_slots :
					      0;
	f->truncated = n > 0;
	for (; n < head; n++) {
		if (witness_copy(d, n, &r) != WITNESS_OK)
			continue;
		if (r.start >= f->va + SM_PAGE_SIZE || r.end <= f->va)
			continue;
		f->history[nr++ % SM_MAX_HISTORY].record = r;
	}
	f->nr_history = nr < SM_MAX_HISTORY ? nr : SM_MAX_HISTORY;
	if (nr > SM_MAX_HISTORY) {
		struct sm_history copy[SM_MAX_HISTORY];

		f->truncated = true;
		memcpy(copy, f->history, sizeof(copy));
		for (i = 0; i < SM_MAX_HISTORY; i++)
			f->history[i] = copy[(nr + i) % SM_MAX_HISTORY];
	}
	for (i = 0; i < f->nr_history; i++)
		witness_name(w, &f->history[i]);
}

/* sm_witness_finish() - hand the counts over to the result. */
void sm_witness_finish(struct sm_witness *w, struct sm_run_result *r)
{
	unsigned int i;

	memcpy(r->emitters, w->emitters, sizeof(r->emitters));
	r->nr_emitters = w->nr_emitters;
	r->records_lost = w->at.lost;
	if (!w->dev->witness)
		return;
	for (i = 0; i < SM_EVENT_NR; i++)
		r->events[i] = sm_read(&w->dev->witness->events[i]);
	r->untracked = sm_read(&w->dev->witness->untracked);
}
