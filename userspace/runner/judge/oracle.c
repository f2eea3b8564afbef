// SPDX-License-Identifier: GPL-2.0-only
/* What a read, a write, or the report of the module accuses a mirror of. */
#include <stdio.h>
#include <string.h>

#include "docket.h"
#include "legal.h"
#include "memory/scene.h"
#include "oracle.h"

static const char *const oracle_kernel_names[SM_ORACLE_NR] = {
	[SM_ORACLE_PERM] = "perm",
	[SM_ORACLE_LATE] = "late",
	[SM_ORACLE_OVER] = "over",
	[SM_ORACLE_COVERAGE] = "coverage",
	[SM_ORACLE_CONTRACT] = "contract",
	[SM_ORACLE_BLOCKING] = "blocking",
	[SM_ORACLE_DENIED] = "denied",
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

static enum sm_kind oracle_kind(enum sm_judgement j)
{
	switch (j) {
	case SM_JUDGE_UNMAPPED:
		return SM_KIND_UNMAPPED;
	case SM_JUDGE_UNREADABLE:
	case SM_JUDGE_READONLY:
		return SM_KIND_FORBIDDEN;
	default:
		return SM_KIND_WRONG_DATA;
	}
}

/* sm_oracle_judge_read() - accuse @who if the read of @va was wrong. */
void sm_oracle_judge_read(struct sm_docket *docket, const struct sm_mirror *m,
			  const char *who, uint64_t va, uint64_t value,
			  uint64_t before, uint64_t after, uint64_t t_ns)
{
	uint64_t page = (va - docket->scene->arena.start) >> SM_PAGE_SHIFT;
	enum sm_judgement j;
	struct sm_hit h;
	char state[48];

	if (sm_legal_mirror(SM_LEGAL_PINNED, m))
		return;
	j = sm_model_judge_read(page, value, before, after);
	if (j == SM_JUDGE_OK)
		return;
	h = (struct sm_hit){
		.oracle = oracle_name(j),
		.kind = oracle_kind(j),
		.mirror = m,
		.va = va,
		.t_ns = t_ns,
	};
	sm_model_describe(after, state, sizeof(state));
	sm_docket_hit(docket, &h,
		      "%s read %016llx at %llx, %s (%s, %u changes meanwhile)",
		      who, (unsigned long long)value, (unsigned long long)va,
		      oracle_accusation(j), state,
		      (sm_model_gen(after) - sm_model_gen(before)) &
			      (unsigned int)SM_TAG_GEN_MASK);
}

/* sm_oracle_judge_write() - accuse @who if the write at @va was forbidden. */
void sm_oracle_judge_write(struct sm_docket *docket, const struct sm_mirror *m,
			   const char *who, uint64_t va, uint64_t before,
			   uint64_t after, uint64_t t_ns)
{
	enum sm_judgement j = sm_model_judge_write(before, after);
	struct sm_hit h;

	if (j == SM_JUDGE_OK || sm_legal_mirror(SM_LEGAL_PINNED, m))
		return;
	h = (struct sm_hit){
		.oracle = oracle_name(j),
		.kind = oracle_kind(j),
		.mirror = m,
		.va = va,
		.t_ns = t_ns,
	};
	sm_docket_hit(docket, &h, "%s wrote to %llx %s", who,
		      (unsigned long long)va, oracle_accusation(j));
}

static const struct sm_mirror *oracle_mirror(struct sm_docket *docket,
					     uint32_t id)
{
	unsigned int i;

	for (i = 0; i < docket->scene->nr_mirrors; i++)
		if (docket->scene->mirrors[i].id == id)
			return &docket->scene->mirrors[i];
	return NULL;
}

static const char *oracle_use(uint32_t detail)
{
	if (detail & SM_ACCESS_KEPT)
		return "could still use";

	return detail & SM_ACCESS_WRITE ? "wrote to" : "read";
}

static void oracle_describe(const struct sm_violation *v, char *buf,
			    size_t size)
{
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
			 oracle_use(v->detail), va,
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
	case SM_ORACLE_DENIED:
		snprintf(buf, size,
			 "device may not %s %llx, again and again, and the page table allows it (%016llx)",
			 v->detail & SM_ACCESS_WRITE ? "write to" : "read", va,
			 (unsigned long long)v->cpu);
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

static const enum sm_kind oracle_contract_kinds[] = {
	[SM_CONTRACT_UNPAIRED] = SM_KIND_UNPAIRED,
	[SM_CONTRACT_UNENDED] = SM_KIND_UNENDED,
	[SM_CONTRACT_CHANGED] = SM_KIND_CHANGED,
	[SM_CONTRACT_EMPTY] = SM_KIND_EMPTY,
	[SM_CONTRACT_UNALIGNED] = SM_KIND_UNALIGNED,
	[SM_CONTRACT_LEFT_OPEN] = SM_KIND_LEFT_OPEN,
};

static enum sm_kind oracle_perm_kind(const struct sm_violation *v)
{
	if (!v->entry)
		return SM_KIND_UNASKED;
	if (!(v->cpu & SM_ENT_PRESENT))
		return SM_KIND_UNMAPPED;
	return (v->entry ^ v->cpu) & SM_ENT_PFN ? SM_KIND_REPLACED :
						  SM_KIND_FORBIDDEN;
}

static enum sm_kind oracle_reported_kind(const struct sm_violation *v)
{
	switch (v->oracle) {
	case SM_ORACLE_PERM:
		return oracle_perm_kind(v);
	case SM_ORACLE_LATE:
		return SM_KIND_STALE;
	case SM_ORACLE_OVER:
		return SM_KIND_DROPPED;
	case SM_ORACLE_BLOCKING:
		return v->detail == SM_BLOCKING_SLEPT ? SM_KIND_SLEPT :
							SM_KIND_REFUSED;
	case SM_ORACLE_DENIED:
		return v->entry & SM_ENT_PRESENT ? SM_KIND_READ_ONLY :
						   SM_KIND_UNREACHABLE;
	case SM_ORACLE_COVERAGE:
		return SM_KIND_FORGOTTEN;
	default:
		return v->detail < SM_ARRAY_SIZE(oracle_contract_kinds) ?
			       oracle_contract_kinds[v->detail] :
			       SM_KIND_UNSAID;
	}
}

static void oracle_report(struct sm_docket *docket,
			  const struct sm_violation *v)
{
	struct sm_hit h = {
		.oracle = v->oracle < SM_ORACLE_NR ?
				  oracle_kernel_names[v->oracle] :
				  "kernel",
		.kind = oracle_reported_kind(v),
		.mirror = oracle_mirror(docket, v->mirror),
		.va = v->va ? v->va : v->start,
		.mirror_entry = v->entry,
		.cpu_entry = v->cpu,
		.compared = v->oracle == SM_ORACLE_PERM ||
			    v->oracle == SM_ORACLE_DENIED,
		.gen = v->gen,
		.last_inval = v->last_inval,
		.t_ns = v->t_ns,
	};
	char text[160];

	oracle_describe(v, text, sizeof(text));
	sm_docket_hit(docket, &h, "%s", text);
}

/*
 * sm_oracle_take() - turn what the module found into findings. What it found
 * but had no room to keep is counted, unless that may be what nobody listens to;
 * @taken is how many came before.
 */
void sm_oracle_take(struct sm_docket *docket, struct sm_device *d,
		    uint64_t *taken)
{
	struct sm_violation v[16];
	uint64_t total;
	uint32_t i, nr;

	do {
		if (sm_device_violations(d, v, SM_ARRAY_SIZE(v), &nr,
					 &total))
			return;
		for (i = 0; i < nr; i++)
			oracle_report(docket, &v[i]);
		*taken += nr;
	} while (nr == SM_ARRAY_SIZE(v));
	if (total <= *taken)
		return;
	if (!docket->scene->spec->muted)
		sm_add(&docket->scene->result->violations_total,
		       total - *taken);
	*taken = total;
}
