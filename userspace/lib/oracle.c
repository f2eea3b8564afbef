// SPDX-License-Identifier: GPL-2.0-only
/* Findings: from a hit to a line in the result, with its history. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "oracle.h"

static const char *const oracle_kernel_names[SM_ORACLE_NR] = {
	[SM_ORACLE_PERM] = "perm",
	[SM_ORACLE_LATE] = "late",
	[SM_ORACLE_OVER] = "over",
	[SM_ORACLE_COVERAGE] = "coverage",
	[SM_ORACLE_CONTRACT] = "contract",
	[SM_ORACLE_BLOCKING] = "blocking",
};

static const char *const oracle_contract_texts[] = {
	[SM_CONTRACT_UNPAIRED] = "an end without its start",
	[SM_CONTRACT_UNENDED] = "a start without an end",
	[SM_CONTRACT_CHANGED] = "an end that differs from its start",
	[SM_CONTRACT_EMPTY] = "an empty range",
	[SM_CONTRACT_UNALIGNED] = "unaligned bounds",
	[SM_CONTRACT_LEFT_OPEN] =
		"the core left a refused start open for interval notifiers (docs/found/refused-start.md)",
};

static bool oracle_in_arena(const struct sm_engine *e, uint64_t va)
{
	return va >= e->arena.start && va < e->arena.end;
}

static const char *oracle_last_op(const struct sm_engine *e, uint64_t va)
{
	uint8_t row;

	if (!e->model.last_op || !oracle_in_arena(e, va))
		return "";
	row = sm_read(&e->model.last_op[(va - e->arena.start) >> SM_PAGE_SHIFT]);
	return row ? sm_ops[row - 1].name : "";
}

/* The entry may have moved on since the hit; the finder's own data wins. */
static void oracle_ask(struct sm_engine *e, const struct sm_hit *h,
		       struct sm_finding *f)
{
	struct sm_ioc_entry entry;

	if (h->gen || !h->mirror || !e->spec->backend->profiled ||
	    !oracle_in_arena(e, h->va) ||
	    sm_device_entry(&e->dev, h->mirror->id, h->va, &entry))
		return;
	f->gen = entry.gen;
	f->last_inval = entry.last_inval;
	if (!f->mirror_entry)
		f->mirror_entry = entry.entry;
}

static void oracle_fill(struct sm_engine *e, const struct sm_hit *h,
			struct sm_finding *f)
{
	f->oracle = h->oracle;
	f->profile = h->mirror ? h->mirror->name : "";
	f->op = h->op ? h->op : oracle_last_op(e, h->va);
	f->va = h->va & ~(SM_PAGE_SIZE - 1);
	f->mirror_entry = h->mirror_entry;
	f->cpu_entry = h->cpu_entry;
	f->compared = h->compared;
	f->gen = h->gen;
	f->last_inval = h->last_inval;
	f->t_ns = h->t_ns ? h->t_ns : sm_util_now();
	oracle_ask(e, h, f);
	if (oracle_in_arena(e, f->va))
		sm_witness_history(&e->witness, f);
}

static bool oracle_is_muted(const struct sm_engine *e, const char *name)
{
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (!strcmp(sm_oracles[i].name, name))
			return e->spec->muted >> i & 1;
	return false;
}

/*
 * sm_oracle_hit() - record a violation, and stop the storm at the first one
 * unless the run keeps going. Any thread may call it.
 */
void sm_oracle_hit(struct sm_engine *e, const struct sm_hit *h,
		   const char *fmt, ...)
{
	struct sm_run_result *r = e->result;
	uint64_t now = sm_util_now();
	struct sm_finding *f;
	va_list args;

	if (oracle_is_muted(e, h->oracle))
		return;
	pthread_mutex_lock(&e->lock);
	if (!r->violations_total++) {
		r->first_ns = r->t_start_ns ? now - r->t_start_ns : 0;
		r->first_ops = sm_engine_ops(e);
	}
	if (r->nr_findings < SM_MAX_VIOLATIONS) {
		f = &r->findings[r->nr_findings++];
		oracle_fill(e, h, f);
		va_start(args, fmt);
		vsnprintf(f->text, sizeof(f->text), fmt, args);
		va_end(args);
	}
	pthread_mutex_unlock(&e->lock);
	if (!e->spec->keep_going)
		sm_write(&e->stop, true);
}

bool sm_oracle_found(struct sm_engine *e)
{
	return sm_read(&e->result->violations_total);
}

static const char *oracle_accusation(enum sm_judgement j)
{
	switch (j) {
	case SM_JUDGE_UNMAPPED:
		return "although nothing is mapped there";
	case SM_JUDGE_UNREADABLE:
		return "although the mapping is PROT_NONE";
	case SM_JUDGE_READONLY:
		return "although the mapping is read-only";
	default:
		return "which the page did not hold";
	}
}

/* Beyond the protection of a mapping that exists: perm. Else content. */
static const char *oracle_name(enum sm_judgement j)
{
	return j == SM_JUDGE_UNREADABLE || j == SM_JUDGE_READONLY ? "perm" :
								     "content";
}

/* sm_oracle_judge_read() - accuse @who if the read of @va was wrong. */
void sm_oracle_judge_read(struct sm_engine *e, const struct sm_mirror *m,
			  const char *who, uint64_t va, uint64_t value,
			  uint64_t before, uint64_t after, uint64_t t_ns)
{
	uint64_t page = (va - e->arena.start) >> SM_PAGE_SHIFT;
	enum sm_judgement j;
	struct sm_hit h;
	char state[48];

	if (sm_mirror_pinned(m))
		return;
	j = sm_model_judge_read(page, value, before, after);
	if (j == SM_JUDGE_OK)
		return;
	h = (struct sm_hit){
		.oracle = oracle_name(j),
		.mirror = m,
		.va = va,
		.t_ns = t_ns,
	};
	sm_model_describe(after, state, sizeof(state));
	sm_oracle_hit(e, &h,
		      "%s read %016llx at %llx, %s (%s, %u changes meanwhile)",
		      who, (unsigned long long)value, (unsigned long long)va,
		      oracle_accusation(j), state,
		      (sm_model_gen(after) - sm_model_gen(before)) &
			      (unsigned int)SM_TAG_GEN_MASK);
}

/* sm_oracle_judge_write() - accuse @who if the write at @va was forbidden. */
void sm_oracle_judge_write(struct sm_engine *e, const struct sm_mirror *m,
			   const char *who, uint64_t va, uint64_t before,
			   uint64_t after, uint64_t t_ns)
{
	enum sm_judgement j = sm_model_judge_write(before, after);
	struct sm_hit h;

	if (j == SM_JUDGE_OK || sm_mirror_pinned(m))
		return;
	h = (struct sm_hit){
		.oracle = oracle_name(j),
		.mirror = m,
		.va = va,
		.t_ns = t_ns,
	};
	sm_oracle_hit(e, &h, "%s wrote to %llx %s", who, (unsigned long long)va,
		      oracle_accusation(j));
}

static const struct sm_mirror *oracle_mirror(struct sm_engine *e, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < e->nr_mirrors; i++)
		if (e->mirrors[i].id == id)
			return &e->mirrors[i];
	return NULL;
}

static void oracle_describe(const struct sm_violation *v, char *buf,
			    size_t size)
{
	bool write = v->detail & SM_ACCESS_WRITE;
	unsigned long long va = v->va;

	switch (v->oracle) {
	case SM_ORACLE_PERM:
		snprintf(buf, size,
			 "mirror entry %016llx of %llx allows more than the page table (%016llx)",
			 (unsigned long long)v->entry, va,
			 (unsigned long long)v->cpu);
		break;
	case SM_ORACLE_LATE:
		snprintf(buf, size,
			 "device %s %llx by an entry of generation %llu, invalidated in %llu",
			 write ? "wrote to" : "read", va,
			 (unsigned long long)v->gen,
			 (unsigned long long)v->last_inval);
		break;
	case SM_ORACLE_OVER:
		snprintf(buf, size,
			 "entry of %llx dropped by an event for [%llx, %llx)",
			 va, (unsigned long long)v->start,
			 (unsigned long long)v->end);
		break;
	case SM_ORACLE_BLOCKING:
		snprintf(buf, size,
			 v->detail == SM_BLOCKING_SLEPT ?
				 "slept in a start for %llx that must not sleep" :
				 "refused a start for %llx that it must not refuse",
			 va);
		break;
	case SM_ORACLE_COVERAGE:
		snprintf(buf, size,
			 "entry of %llx is gone after an access, and nothing invalidated it",
			 va);
		break;
	default:
		snprintf(buf, size, "%s: [%llx, %llx)",
			 v->detail < SM_ARRAY_SIZE(oracle_contract_texts) ?
				 oracle_contract_texts[v->detail] :
				 "contract broken",
			 (unsigned long long)v->start,
			 (unsigned long long)v->end);
	}
}

static void oracle_report(struct sm_engine *e, const struct sm_violation *v)
{
	struct sm_hit h = {
		.oracle = v->oracle < SM_ORACLE_NR ?
				  oracle_kernel_names[v->oracle] :
				  "kernel",
		.mirror = oracle_mirror(e, v->mirror),
		.va = v->va ? v->va : v->start,
		.mirror_entry = v->entry,
		.cpu_entry = v->cpu,
		.compared = v->oracle == SM_ORACLE_PERM,
		.gen = v->gen,
		.last_inval = v->last_inval,
		.t_ns = v->t_ns,
	};
	char text[160];

	oracle_describe(v, text, sizeof(text));
	sm_oracle_hit(e, &h, "%s", text);
}

/*
 * sm_oracle_take() - turn what the module found into findings. What it found
 * but had no room to keep is counted, unless that may be what nobody listens to;
 * @taken is how many came before.
 */
void sm_oracle_take(struct sm_engine *e, struct sm_device *d, uint64_t *taken)
{
	struct sm_violation v[16];
	uint64_t total;
	uint32_t i, nr;

	do {
		if (sm_device_violations(d, v, SM_ARRAY_SIZE(v), &nr,
					 &total))
			return;
		for (i = 0; i < nr; i++)
			oracle_report(e, &v[i]);
		*taken += nr;
	} while (nr == SM_ARRAY_SIZE(v));
	if (total <= *taken)
		return;
	if (!e->spec->muted)
		sm_add(&e->result->violations_total, total - *taken);
	*taken = total;
}
