/* SPDX-License-Identifier: GPL-2.0-only */
/* A run and its violation, for tests of what tells of them. */
#ifndef SM_STUB_RUN_H
#define SM_STUB_RUN_H

#include <stdio.h>
#include <string.h>

#include "stub_catalogue.h"

static inline void stub_spec(struct sm_run_spec *spec, uint64_t ops,
			     uint64_t seed)
{
	memset(spec, 0, sizeof(*spec));
	spec->backend = STUB_MOCK;
	spec->profiles[0] = SM_PROFILE_KVM;
	spec->nr_profiles = 1;
	spec->ops.word[0] = ops;
	spec->memory = 1U << SM_MEM_ANON | 1U << SM_MEM_SHMEM_THP;
	spec->duration_ns = 1500123456;
	spec->seed = seed;
}

static inline void stub_finding(struct sm_finding *f, uint64_t t_ns)
{
	struct sm_history *h = &f->history[0];

	memset(f, 0, sizeof(*f));
	snprintf(f->oracle, sizeof(f->oracle), "pagemap");
	f->kind = SM_KIND_UNMAPPED;
	snprintf(f->profile, sizeof(f->profile), "kvm");
	snprintf(f->op, sizeof(f->op), "munmap");
	f->va = 0x10000000000;
	f->mirror_entry = SM_ENT_PRESENT | SM_ENT_WRITE | 0x1234;
	f->t_ns = t_ns;
	snprintf(f->text, sizeof(f->text), "mirror has a page that is gone");
	f->nr_history = 1;
	h->record.t_ns = 100;
	h->record.start = 0x1000000;
	h->record.end = UINT64_MAX;
	h->record.tid = 7;
	h->record.gen = 15;
	h->record.phase = SM_PHASE_START;
	h->record.event = SM_EVENT_UNMAP;
	h->record.flags = SM_RECORD_BLOCKABLE;
	snprintf(h->emitter, sizeof(h->emitter), "unmap_vmas");
}

/* Without a violation. */
static inline void stub_result(struct sm_run_result *r, enum sm_verdict verdict)
{
	memset(r, 0, sizeof(*r));
	r->verdict = verdict;
	if (verdict != SM_PASS)
		snprintf(r->reason, sizeof(r->reason), "the reason");
	r->t_start_ns = 99;
	r->seconds = 1.5;
	r->ops[0] = 12;
	r->ops[1] = 5;
	r->pages_compared = 99;
	r->pages_swept = 77;
	r->windows_accepted = 9;
}

/* A violation more. */
static inline void stub_accuse(struct sm_run_result *r, uint64_t t_ns)
{
	r->verdict = SM_FAIL;
	if (!r->violations_total) {
		r->first_ns = t_ns - r->t_start_ns;
		r->first_ops = 4;
	}
	r->violations_total++;
	stub_finding(&r->findings[r->nr_findings++], t_ns);
}

#endif /* SM_STUB_RUN_H */
