// SPDX-License-Identifier: GPL-2.0-only
/* The trace of descriptors, and the witness's records of flushes: see queue.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/oracles.h"
#include "judge/sight.h"
#include "queue.h"

#ifdef HAVE_TRACEFS

#include "flush.h"
#include "module/witness.h"
#include "trace.h"

#define QUEUE_SYSTEM	"intel_iommu"
#define QUEUE_NAME	"stalemate"
#define QUEUE_LOOKS	20U	/* before a descriptor is missing that is not there */

/**
 * struct queue_event - an event of the trace
 * @event: it
 * @fields: numbers in it
 */
struct queue_event {
	struct tep_event *event;
	struct tep_format_field *fields[5];
};

/**
 * struct sva_queue - who reads both
 * @host: the run
 * @flush: who judges
 * @trace: where events come from
 * @submit: qi_submit: qw0, qw1
 * @range: cache_tag_flush_range: start, end, addr, mask, pasid
 * @since_ns: what was flushed before that is not judged
 * @at: place in the witness's ring
 * @record: the one that is in doubt, if @waits
 * @waits: there is one
 * @looks: times that it was looked at
 * @behind: those that were in doubt, and that the trace had later
 */
struct sva_queue {
	struct sm_host *host;
	struct sva_flush flush;
	struct sva_trace trace;
	struct queue_event submit;
	struct queue_event range;
	uint64_t since_ns;
	struct sm_witness_place at;
	struct sm_record record;
	bool waits;
	unsigned int looks;
	uint64_t behind;
};

/* ---- accusing ---------------------------------------------------------------- */

static uint64_t queue_place(const struct sva_queue *q, uint64_t va)
{
	const struct sm_arena *arena = &q->host->scene->arena;

	return va >= arena->start && va < arena->end ? va : arena->start;
}

static struct sm_hit queue_hit(const struct sva_queue *q, uint64_t va,
			       enum sm_kind kind, uint64_t t_ns)
{
	return (struct sm_hit){
		.oracle = "flush",
		.kind = kind,
		.mirror = q->host->scene->mirrors,
		.va = queue_place(q, va),
		.t_ns = t_ns,
	};
}

/* ---- records of the witness -------------------------------------------------- */

/* Where events were lost nobody is accused. */
static void queue_accuse(struct sva_queue *q, const struct sm_record *r,
			 enum sva_flushed how)
{
	struct sm_hit h = queue_hit(q, r->start, SM_KIND_UNFLUSHED, r->t_ns);

	if (q->trace.lost)
		return;
	sm_docket_hit(q->host->docket, &h,
		      "thread %u flushed [%llx, %llx), and %s was not told, for PASID %u",
		      r->tid, (unsigned long long)r->start,
		      (unsigned long long)r->end,
		      how == SVA_FLUSHED_NOT ? "the IOMMU" : "a card's TLB",
		      q->flush.pasid);
}

/* False if it has to be looked at again: the trace may be behind. */
static bool queue_judge(struct sva_queue *q, const struct sm_record *r)
{
	uint64_t last = r->end == UINT64_MAX ? r->end : r->end - 1;
	enum sva_flushed how = sva_flush_told(&q->flush, r->tid, r->t_ns,
					      r->start, last);

	if (how != SVA_FLUSHED && ++q->looks < QUEUE_LOOKS)
		return false;
	if (how != SVA_FLUSHED)
		queue_accuse(q, r, how);
	else if (q->looks)
		sm_count(&q->behind, 1);
	q->looks = 0;
	sva_flush_done(&q->flush, r->tid, r->t_ns);
	if (!q->trace.lost)
		sm_count(&q->host->scene->flushes, 1);
	return true;
}

/*
 * One that is still being written makes those behind it wait for the next time, and so
 * does one that is in doubt.
 */
static void queue_records(struct sva_queue *q, uint64_t begun, uint64_t head)
{
	const struct sm_device *dev = &q->host->scene->dev;

	while (q->waits || sm_witness_next(dev, &q->at, head, &q->record)) {
		q->waits = q->record.phase == SM_PHASE_FLUSH &&
			   q->record.t_ns >= q->since_ns &&
			   !queue_judge(q, &q->record);
		if (q->waits)
			return;
	}
	if (q->at.next < head)
		return;
	sva_flush_settle(&q->flush, begun);
	q->trace.lost = false;
}

/* ---- events of the trace ----------------------------------------------------- */

static uint64_t queue_number(const struct queue_event *e, unsigned int nr,
			     const struct tep_record *record)
{
	unsigned long long value = 0;

	tep_read_number_field(e->fields[nr], record->data, &value);
	return value;
}

static void queue_submitted(struct sva_queue *q, struct tep_record *record)
{
	const uint64_t qw[] = { queue_number(&q->submit, 0, record),
				queue_number(&q->submit, 1, record) };
	struct sva_inval inval;

	if (!sva_flush_decode(qw, &inval))
		return;
	inval.t_ns = record->ts;
	if (!sva_flush_submit(&q->flush, tep_data_pid(q->trace.tep, record),
			      &inval))
		q->trace.lost = true;
}

static void queue_rounded(struct sva_queue *q, const struct tep_record *record)
{
	uint64_t first = queue_number(&q->range, 0, record);
	uint64_t last = queue_number(&q->range, 1, record);
	uint64_t addr = queue_number(&q->range, 2, record);
	uint64_t order = queue_number(&q->range, 3, record);
	struct sm_hit h;

	if (queue_number(&q->range, 4, record) != q->flush.pasid ||
	    !sva_flush_is_wide(first, last, addr, order))
		return;
	h = queue_hit(q, first, SM_KIND_DROPPED, record->ts);
	sm_docket_hit(q->host->docket, &h,
		      "the IOMMU was told of 2^%llu pages from %llx on, for [%llx, %llx]",
		      (unsigned long long)order, (unsigned long long)addr,
		      (unsigned long long)first, (unsigned long long)last);
}

static void queue_event(struct sva_queue *q, struct tep_record *record)
{
	int id = tep_data_type(q->trace.tep, record);

	if (id == q->submit.event->id)
		queue_submitted(q, record);
	else if (id == q->range.event->id)
		queue_rounded(q, record);
}

void sva_queue_look(struct sva_state *s)
{
	struct sva_queue *q = s->queue;
	struct tep_record *record;
	uint64_t begun = sm_util_now(), head, until;

	if (!q)
		return;
	head = sm_witness_head(&q->host->scene->dev);
	until = sm_util_now() + SVA_FLUSH_SLACK_NS;
	while ((record = sva_trace_next(&q->trace, until))) {
		if (sm_end_stopping(q->host->end))
			return;
		queue_event(q, record);
	}
	queue_records(q, begun, head);
}

void sva_queue_begin(struct sva_state *s)
{
	if (s->queue)
		s->queue->since_ns = sm_util_now();
}

uint64_t sva_queue_behind(const struct sva_state *s)
{
	return s->queue ? sm_read(&s->queue->behind) : 0;
}

/* ---- the instance ------------------------------------------------------------ */

static bool queue_find(struct sva_queue *q, struct queue_event *e,
		       const char *name, const char *const *fields)
{
	unsigned int i;

	e->event = tep_find_event_by_name(q->trace.tep, QUEUE_SYSTEM, name);
	for (i = 0; e->event && fields[i]; i++) {
		e->fields[i] = tep_find_field(e->event, fields[i]);
		if (!e->fields[i])
			return false;
	}
	return e->event && !tracefs_event_enable(q->trace.instance,
						 QUEUE_SYSTEM, name);
}

static const char *queue_trace(struct sva_queue *q)
{
	static const char *const submit[] = { "qw0", "qw1", NULL };
	static const char *const range[] = { "start", "end", "addr", "mask",
					     "pasid", NULL };
	const char *why = sva_trace_open(&q->trace, QUEUE_NAME, QUEUE_SYSTEM);

	if (!why && (!queue_find(q, &q->submit, "qi_submit", submit) ||
		     !queue_find(q, &q->range, "cache_tag_flush_range", range)))
		why = "no tracepoints of " QUEUE_SYSTEM;
	return why;
}

static const char *queue_start(struct sva_state *s)
{
	struct sva_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return "out of memory";
	s->queue = q;
	q->host = s->host;
	q->flush.pasid = s->cards[0].nic.pasid;
	q->flush.devices = s->nr_cards;
	return queue_trace(q);
}

void sva_queue_close(struct sva_state *s)
{
	struct sva_queue *q = s->queue;

	if (!q)
		return;
	sva_trace_close(&q->trace);
	sva_flush_free(&q->flush);
	free(q);
	s->queue = NULL;
}

#else

static const char *queue_start(struct sva_state *s)
{
	(void)s;
	return "built without libtracefs";
}

void sva_queue_begin(struct sva_state *s)
{
	(void)s;
}

void sva_queue_look(struct sva_state *s)
{
	(void)s;
}

uint64_t sva_queue_behind(const struct sva_state *s)
{
	(void)s;
	return 0;
}

void sva_queue_close(struct sva_state *s)
{
	(void)s;
}

#endif /* HAVE_TRACEFS */

void sva_queue_open(struct sva_state *s)
{
	struct sm_scene *scene = s->host->scene;
	const char *why;

	scene->queued = true;
	if (sm_oracles_muted(scene->spec->muted, "flush"))
		return;
	why = scene->dev.witness ? queue_start(s) : "no witness";
	if (!why)
		return;
	sm_sight_set(scene->result, "flush", SM_SIGHT_OFF, "%s", why);
	sva_queue_close(s);
}
