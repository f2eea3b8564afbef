// SPDX-License-Identifier: GPL-2.0-only
/*
 * Oracle "kernel": what the kernel says of itself from the time a run begins
 * until all that it used is given back. Its log tells what happened; its taint
 * mask tells it also where the log cannot be read, or was overwritten.
 */
#include <stdio.h>

#include "engine.h"
#include "oracle.h"
#include "sight.h"
#include "taint.h"

#define LINGER_NAPS	5
#define LINGER_NAP_NS	(20 * SM_MSEC)

/* Taint that goes with complaints of the run before, and was not set at its end. */
static uint64_t kernel_awaited;

static void kernel_accuse(const char *line, void *engine)
{
	struct sm_hit h = { .oracle = "kernel" };

	sm_oracle_hit(engine, &h, "%s", line);
}

/*
 * sm_oracle_kernel_begin() - what was before is nobody's fault. A complaint that
 * the run before was told of may still be on its way to the taint mask: that is
 * set when all of it is printed.
 */
void sm_oracle_kernel_begin(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;

	e->klog = sm_klog_open(e->spec->allow, r->log_off, sizeof(r->log_off));
	e->taint = sm_taint_read() | kernel_awaited;
}

/* sm_oracle_kernel_look() - what the kernel said since the last look. */
void sm_oracle_kernel_look(struct sm_engine *e)
{
	sm_klog_poll(e->klog, kernel_accuse, e);
}

/* sm_oracle_kernel_died() - has it oopsed since the run began? */
bool sm_oracle_kernel_died(const struct sm_engine *e)
{
	uint64_t new = sm_taint_read() & ~e->taint;

	return (new | sm_klog_explained(e->klog)) & SM_TAINT_DIE;
}

/*
 * What a driver leaves to mmu_notifier_put(), call_srcu() or a workqueue comes
 * after its last close has returned. The mock's is awaited there.
 */
static void kernel_linger(struct sm_engine *e)
{
	unsigned int i;

	for (i = 0; i < LINGER_NAPS && !e->spec->backend->profiled; i++) {
		sm_util_nap(LINGER_NAP_NS);
		sm_oracle_kernel_look(e);
	}
}

/* The log may have told of it already, or it is excused with what it told. */
static void kernel_judge_taint(struct sm_engine *e, uint64_t new)
{
	uint64_t errors = sm_taint_errors(new) & ~sm_klog_explained(e->klog);
	char names[128], text[192], said[256];

	if (errors) {
		sm_taint_text(errors, names, sizeof(names));
		snprintf(text, sizeof(text),
			 "new taint, not told of in the log: %s", names);
		if (!sm_klog_excuses(e->klog, text, said, sizeof(said)))
			kernel_accuse(said, e);
	}
	if (sm_taint_others(new))
		sm_taint_text(sm_taint_others(new), e->result->tainted,
			      sizeof(e->result->tainted));
}

/*
 * sm_oracle_kernel_end() - the last look: what was attached is detached, what was
 * open is closed, and a driver that complained of that has done so. A complaint
 * comes to the log first, and to the mask later; so the log is read last, and
 * what it tells of explains all that was in the mask.
 */
void sm_oracle_kernel_end(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	const char *first;
	uint64_t now;

	kernel_linger(e);
	now = sm_taint_read();
	sm_oracle_kernel_look(e);
	kernel_judge_taint(e, now & ~e->taint);
	kernel_awaited = sm_klog_explained(e->klog) & ~now;
	r->log_lost = sm_klog_lost(e->klog);
	if (r->log_lost)
		sm_sight_set(r, "kernel", SM_SIGHT_ON,
			     "%llu messages were overwritten before they were read",
			     (unsigned long long)r->log_lost);
	r->log_excused = sm_klog_excused(e->klog, &first);
	snprintf(r->excused, sizeof(r->excused), "%s", first);
}
