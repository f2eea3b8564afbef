// SPDX-License-Identifier: GPL-2.0-only
/* Findings: from a hit to a line in the result, with its history. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ops.h"
#include "base/util.h"
#include "cause.h"
#include "docket.h"
#include "memory/end.h"
#include "memory/scene.h"
#include "oracles.h"

void sm_docket_init(struct sm_docket *docket, struct sm_scene *scene,
		    struct sm_end *end)
{
	docket->scene = scene;
	docket->end = end;
	pthread_mutex_init(&docket->lock, NULL);
}

void sm_docket_destroy(struct sm_docket *docket)
{
	pthread_mutex_destroy(&docket->lock);
}

static bool docket_in_arena(const struct sm_scene *scene, uint64_t va)
{
	return va >= scene->arena.start && va < scene->arena.end;
}

static const char *docket_last_op(const struct sm_scene *scene, uint64_t va)
{
	uint64_t page;
	uint8_t row;

	if (!scene->model.last_op || !docket_in_arena(scene, va))
		return "";
	page = (va - scene->arena.start) >> SM_PAGE_SHIFT;
	row = sm_read(&scene->model.last_op[page]);
	return row ? sm_ops[row - 1].name : "";
}

static bool docket_is_stale(const struct sm_finding *f)
{
	return (f->mirror_entry & SM_ENT_PRESENT) &&
	       (f->mirror_entry & SM_ENT_RACED || f->gen < f->last_inval);
}

/*
 * The entry may have moved on since the hit; the finder's own data wins. Before the
 * storm begins, mirrors are those of other processes, which alone may ask.
 */
static void docket_ask(struct sm_scene *scene, const struct sm_hit *h,
		       struct sm_finding *f)
{
	struct sm_ioc_entry entry;

	if (h->gen || h->last_inval) {
		f->stale = docket_is_stale(f);
		return;
	}
	if (!h->mirror || !scene->profiled || !scene->result->t_start_ns ||
	    !docket_in_arena(scene, h->va) ||
	    sm_device_entry(&scene->dev, h->mirror->id, h->va, &entry))
		return;
	f->gen = entry.gen;
	f->last_inval = entry.last_inval;
	if (!f->mirror_entry)
		f->mirror_entry = entry.entry;
	f->stale = docket_is_stale(f) &&
		   !((f->mirror_entry ^ entry.entry) & SM_ENT_COMPARE);
}

static void docket_copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* Whose it is; nobody's where a backend has no mirrors. */
static const char *docket_who(const struct sm_hit *h)
{
	return h->mirror && h->mirror->name ? h->mirror->name : "";
}

static void docket_fill(struct sm_scene *scene, const struct sm_hit *h,
			struct sm_finding *f)
{
	docket_copy(f->oracle, sizeof(f->oracle), h->oracle);
	docket_copy(f->profile, sizeof(f->profile), docket_who(h));
	docket_copy(f->op, sizeof(f->op),
		    h->op ? h->op : docket_last_op(scene, h->va));
	f->kind = h->kind;
	f->missed = SM_EVENT_NR;
	f->va = h->va & ~(SM_PAGE_SIZE - 1);
	f->mirror_entry = h->mirror_entry;
	f->cpu_entry = h->cpu_entry;
	f->compared = h->compared;
	f->gen = h->gen;
	f->last_inval = h->last_inval;
	f->t_ns = h->t_ns ? h->t_ns : sm_util_now();
	docket_ask(scene, h, f);
	if (!docket_in_arena(scene, f->va))
		return;
	sm_witness_history(&scene->witness, f);
	if (f->stale && h->mirror && scene->result->t_start_ns)
		sm_cause_find(&scene->witness, &scene->dev, h->mirror->id, f);
}

#define DOCKET_ALIKE_ALL	(4 * SM_MAX_ALIKE)

/*
 * What is found again and again leaves room for what is found seldom: of one mirror, in
 * the same words, and by what it missed, which is known only when @f is filled in; till
 * then, if it is NULL, somewhat more. Once it is not listed any more it never is, so
 * whoever asks needs no lock.
 */
static bool docket_lists(const struct sm_docket *docket, const struct sm_hit *h,
			 const struct sm_finding *f, const char *fmt)
{
	const struct sm_run_result *r = docket->scene->result;
	unsigned int i, nr = sm_load_acquire(&r->nr_findings), alike = 0;

	for (i = 0; i < nr; i++)
		alike += docket->said[i] == fmt &&
			 r->findings[i].kind == h->kind &&
			 (!f || r->findings[i].missed == f->missed) &&
			 !strcmp(r->findings[i].profile, docket_who(h)) &&
			 !strcmp(r->findings[i].oracle, h->oracle);
	return nr < SM_MAX_VIOLATIONS &&
	       alike < (f ? SM_MAX_ALIKE : DOCKET_ALIKE_ALL);
}

/*
 * Under its lock: the session reads a finding as soon as it is counted. @f is NULL if
 * it is not listed.
 */
static void docket_enter(struct sm_docket *docket, const struct sm_hit *h,
			 const struct sm_finding *f, const char *fmt,
			 uint64_t now)
{
	struct sm_run_result *r = docket->scene->result;

	pthread_mutex_lock(&docket->lock);
	if (!r->violations_total++) {
		r->first_ns = r->t_start_ns ? now - r->t_start_ns : 0;
		r->first_ops = sm_scene_ops(docket->scene);
	}
	if (f && docket_lists(docket, h, f, fmt)) {
		docket->said[r->nr_findings] = fmt;
		r->findings[r->nr_findings] = *f;
		sm_store_release(&r->nr_findings, r->nr_findings + 1);
	}
	pthread_mutex_unlock(&docket->lock);
}

/*
 * sm_docket_hit() - record a violation, and stop the storm at the first one
 * unless the run keeps going. Any thread may call it.
 */
void sm_docket_hit(struct sm_docket *docket, const struct sm_hit *h,
		   const char *fmt, ...)
{
	struct sm_scene *scene = docket->scene;
	uint64_t now = sm_util_now();
	struct sm_finding f;
	va_list args;
	bool listed;

	if (sm_oracles_muted(scene->spec->muted, h->oracle))
		return;
	/* Without the lock: the module may never answer, and others have to go on. */
	listed = docket_lists(docket, h, NULL, fmt);
	if (listed) {
		memset(&f, 0, sizeof(f));
		docket_fill(scene, h, &f);
		va_start(args, fmt);
		vsnprintf(f.text, sizeof(f.text), fmt, args);
		va_end(args);
	}
	docket_enter(docket, h, listed ? &f : NULL, fmt, now);
	if (!scene->spec->keep_going)
		sm_write(&docket->end->stop, true);
}

/* sm_docket_found() - has anybody found anything, in the kernel's log perhaps? */
bool sm_docket_found(const struct sm_docket *docket)
{
	const struct sm_scene *scene = docket->scene;

	return sm_read(&scene->result->violations_total) ||
	       sm_read(&scene->wire->stop) == SM_STOP_FOUND;
}
