// SPDX-License-Identifier: GPL-2.0-only
/* Oracle flush: see flush.h. The layout of descriptors is in the kernel's iommu.h. */
#include <stdlib.h>
#include <string.h>

#include "flush.h"

#define PAGE_BITS	12U
#define DESC_TYPE	0xfULL
#define DESC_IOTLB	6	/* of a PASID */
#define DESC_DEVICE	8	/* the same, in a device */
#define DESC_ALL	2	/* granularities of the first */
#define DESC_PAGES	3
#define DESC_SIZED	(1ULL << 11)	/* of the second: more than a page */

#define FLUSH_CARDS	32U	/* that are told apart */

static uint64_t flush_mask(unsigned int bits)
{
	return bits < 64 ? (1ULL << bits) - 1 : ~0ULL;
}

/* The size is how far up the address is ones, and ends with a zero. */
static unsigned int flush_device_bits(uint64_t qw1)
{
	unsigned int bits = PAGE_BITS;

	if (!(qw1 & DESC_SIZED))
		return bits;
	while (bits < 64 && qw1 >> bits & 1)
		bits++;
	return bits < 64 ? bits + 1 : bits;
}

bool sva_flush_decode(const uint64_t qw[2], struct sva_inval *out)
{
	unsigned int type = qw[0] & DESC_TYPE, granularity = qw[0] >> 4 & 3;
	unsigned int bits;

	if (type == DESC_IOTLB && granularity == DESC_PAGES)
		bits = PAGE_BITS + (qw[1] & 0x3f);
	else if (type == DESC_IOTLB && granularity == DESC_ALL)
		bits = 64;
	else if (type == DESC_DEVICE)
		bits = flush_device_bits(qw[1]);
	else
		return false;
	out->pasid = qw[0] >> 32 & 0xfffff;
	out->device = type == DESC_DEVICE ? (int)(qw[0] >> 16 & 0xffff) :
					    SVA_IOTLB;
	out->first = qw[1] & ~flush_mask(bits);
	out->last = out->first | flush_mask(bits);
	return true;
}

/* ---- threads ----------------------------------------------------------------- */

static struct sva_flush_thread *flush_find(struct sva_flush *f, int tid)
{
	unsigned int i;

	for (i = 0; i < SVA_FLUSH_THREADS; i++)
		if (f->threads[i].tid == tid)
			return &f->threads[i];
	return NULL;
}

/* The place of who has been idle longest goes to who comes. */
static struct sva_flush_thread *flush_take(struct sva_flush *f, int tid)
{
	struct sva_flush_thread *t = flush_find(f, tid), *at;

	if (t)
		return t;
	t = f->threads;
	for (at = t; at < f->threads + SVA_FLUSH_THREADS; at++)
		if (at->used_ns < t->used_ns)
			t = at;
	t->tid = tid;
	t->told_ns = 0;
	t->nr = 0;
	t->done = 0;
	return t;
}

static bool flush_grow(struct sva_flush_thread *t)
{
	unsigned int room = t->room ? 2 * t->room : SVA_FLUSH_KEPT;
	void *p = realloc(t->invals, room * sizeof(*t->invals));

	if (!p)
		return false;
	t->invals = p;
	t->room = room;
	return true;
}

bool sva_flush_submit(struct sva_flush *f, int tid,
		      const struct sva_inval *inval)
{
	struct sva_flush_thread *t;

	if (inval->pasid != f->pasid || tid <= 0)
		return true;
	t = flush_take(f, tid);
	t->used_ns = inval->t_ns;
	if (t->nr == t->room && !flush_grow(t))
		return false;
	t->invals[t->nr++] = *inval;
	return true;
}

static void flush_forget(struct sva_flush_thread *t, unsigned int nr)
{
	memmove(t->invals, t->invals + nr, (t->nr - nr) * sizeof(*t->invals));
	t->nr -= nr;
	t->done = t->done > nr ? t->done - nr : 0;
}

/* But for the last: a thread may have submitted, and have its record still to write. */
void sva_flush_settle(struct sva_flush *f, uint64_t t_ns)
{
	struct sva_flush_thread *t;
	unsigned int old;

	for (t = f->threads; t < f->threads + SVA_FLUSH_THREADS; t++) {
		for (old = 0; old + SVA_FLUSH_KEPT < t->nr; old++)
			if (t->invals[old].t_ns + SVA_FLUSH_SLACK_NS >= t_ns)
				break;
		if (old)
			flush_forget(t, old);
	}
}

void sva_flush_free(struct sva_flush *f)
{
	unsigned int i;

	for (i = 0; i < SVA_FLUSH_THREADS; i++)
		free(f->threads[i].invals);
}

/* ---- judging ----------------------------------------------------------------- */

/* Those between two records: what is older has been held against the last one. */
struct flush_window {
	const struct sva_inval *from;
	const struct sva_inval *to;
};

static struct flush_window flush_window(struct sva_flush_thread *t,
					uint64_t t_ns)
{
	struct flush_window w;
	unsigned int end;

	while (t->done < t->nr &&
	       t->invals[t->done].t_ns + SVA_FLUSH_SLACK_NS <= t->told_ns)
		t->done++;
	for (end = t->done; end < t->nr; end++)
		if (t->invals[end].t_ns > t_ns + SVA_FLUSH_SLACK_NS)
			break;
	w.from = t->invals + t->done;
	w.to = t->invals + end;
	return w;
}

/* Was the byte at @at invalidated, and up to which byte are those that follow? */
static bool flush_reaches(const struct flush_window *w, int device, uint64_t at,
			  uint64_t *reach)
{
	const struct sva_inval *i;
	bool any = false;

	*reach = at;
	for (i = w->from; i < w->to; i++) {
		if (i->device != device || i->first > at || i->last < at)
			continue;
		any = true;
		if (i->last > *reach)
			*reach = i->last;
	}
	return any;
}

static bool flush_covers(const struct flush_window *w, int device,
			 uint64_t first, uint64_t last)
{
	uint64_t reach;

	while (flush_reaches(w, device, first, &reach)) {
		if (reach >= last)
			return true;
		first = reach + 1;
	}
	return false;
}

/* Each device is counted once, whatever it was told. */
static unsigned int flush_devices(const struct flush_window *w, uint64_t first,
				  uint64_t last)
{
	const struct sva_inval *inval;
	int seen[FLUSH_CARDS];
	unsigned int i, nr = 0, told = 0;

	for (inval = w->from; inval < w->to && nr < FLUSH_CARDS; inval++) {
		seen[nr] = inval->device;
		for (i = 0; seen[i] != seen[nr]; i++)
			;
		if (seen[nr] == SVA_IOTLB || i < nr)
			continue;
		told += flush_covers(w, seen[nr], first, last);
		nr++;
	}
	return told;
}

enum sva_flushed sva_flush_told(struct sva_flush *f, int tid, uint64_t t_ns,
				uint64_t first, uint64_t last)
{
	struct sva_flush_thread *t = flush_find(f, tid);
	struct flush_window w;

	if (!t)
		return SVA_FLUSHED_NOT;
	w = flush_window(t, t_ns);
	if (!flush_covers(&w, SVA_IOTLB, first, last))
		return SVA_FLUSHED_NOT;
	return flush_devices(&w, first, last) < f->devices ? SVA_FLUSHED_SOME :
							     SVA_FLUSHED;
}

void sva_flush_done(struct sva_flush *f, int tid, uint64_t t_ns)
{
	struct sva_flush_thread *t = flush_find(f, tid);

	if (t)
		t->told_ns = t_ns;
}

bool sva_flush_is_wide(uint64_t first, uint64_t last, uint64_t addr,
		       unsigned int order)
{
	unsigned int bits = PAGE_BITS;
	uint64_t mask;

	while (bits < 64 && first >> bits != last >> bits)
		bits++;
	mask = flush_mask(bits);
	return addr < (first & ~mask) ||
	       (addr | flush_mask(PAGE_BITS + order)) > (first | mask);
}
