// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel says of itself: see oracle_kernel.h. */
#include <stdio.h>
#include <string.h>

#include "base/taint.h"
#include "base/util.h"
#include "catalogue.h"
#include "oracle_kernel.h"

#define LINGER_NAPS	5
#define LINGER_NAP_NS	(20 * SM_MSEC)

static void kernel_accuse(const struct sm_klog_complaint *c, void *arg)
{
	struct sm_oracle_kernel *k = arg;

	k->hear(k->arg, c->text, c->pid);
}

/* The log may have told of it already, or it is excused with what it told. */
static void kernel_judge_errors(struct sm_oracle_kernel *k, uint64_t new)
{
	uint64_t errors = sm_taint_errors(new) & ~sm_klog_explained(k->log);
	char names[128], text[192], said[256];
	const struct sm_klog_complaint c = { .text = said };

	if (!errors)
		return;
	sm_taint_text(errors, names, sizeof(names));
	snprintf(text, sizeof(text), "new taint, not told of in the log: %s",
		 names);
	if (!sm_klog_excuses(k->log, text, said, sizeof(said)))
		kernel_accuse(&c, k);
}

/*
 * What came since the last look is judged by now, but for taint that goes with a
 * complaint and is still on its way to the mask: that is set when all is printed.
 */
static void kernel_settle(struct sm_oracle_kernel *k, uint64_t now)
{
	uint64_t told = sm_klog_explained(k->log);

	if (((now & ~k->taint) | told) & SM_TAINT_DIE)
		k->died = true;
	k->taint = now | told;
}

/*
 * A report that is still being printed is one run's, the rest of it as well; and so is
 * what is said while the first of it is put down, which takes a disk's time. Whoever
 * has said something may go on, so he is waited for each time.
 */
static void kernel_hear_out(struct sm_oracle_kernel *k)
{
	unsigned int heard, i;

	for (i = 0; i <= 2 * LINGER_NAPS; i++) {
		if (i)
			sm_util_nap(LINGER_NAP_NS);
		heard = sm_klog_poll(k->log, kernel_accuse, k);
		if (i >= LINGER_NAPS || !sm_klog_holds(k->log))
			heard += sm_klog_flush(k->log, kernel_accuse, k);
		if (!heard && !sm_klog_holds(k->log))
			return;
	}
}

/*
 * Between two runs somebody may print, sync and ask for as long as it takes; what
 * the kernel says meanwhile is for whoever hears it then.
 */
static void kernel_settle_between(struct sm_oracle_kernel *k)
{
	uint64_t now = sm_taint_read(), lost = sm_klog_lost(k->log);

	if (!k->begun)
		return;
	kernel_hear_out(k);
	kernel_judge_errors(k, now & ~k->taint);
	kernel_settle(k, now);
	lost = sm_klog_lost(k->log) - lost;
	if (lost)
		k->miss(k->arg, lost);
	k->begun = false;
}

void sm_oracle_kernel_close(struct sm_oracle_kernel *k)
{
	kernel_settle_between(k);
	sm_klog_close(k->log);
	k->log = NULL;
}

/*
 * The log is read on from where it was left: what came when this looked last is the
 * run's before, and all that comes later is this one's. None is in between.
 */
void sm_oracle_kernel_begin(struct sm_oracle_kernel *k,
			    const struct sm_run_spec *spec)
{
	kernel_settle_between(k);
	if (!k->since)
		k->taint = sm_taint_read();
	k->since = true;
	k->begun = true;
	if (k->log)
		sm_klog_next(k->log, spec->allow);
	else
		k->log = sm_klog_open(spec->allow, k->log_off,
				      sizeof(k->log_off));
}

void sm_oracle_kernel_look(struct sm_oracle_kernel *k)
{
	sm_klog_poll(k->log, kernel_accuse, k);
}

bool sm_oracle_kernel_died(const struct sm_oracle_kernel *k)
{
	uint64_t new = sm_taint_read() & ~k->taint;

	return (new | sm_klog_explained(k->log)) & SM_TAINT_DIE;
}

/*
 * What a driver leaves to mmu_notifier_put(), call_srcu() or a workqueue comes
 * after its last close has returned. The mock's is awaited there.
 */
static void kernel_linger(struct sm_oracle_kernel *k,
			  const struct sm_run_spec *spec)
{
	bool awaited = sm_catalogue_backend(spec->backend)->profiled;
	unsigned int i;

	for (i = 0; i < LINGER_NAPS && !awaited; i++) {
		sm_util_nap(LINGER_NAP_NS);
		sm_oracle_kernel_look(k);
	}
}

static void kernel_judge_taint(struct sm_oracle_kernel *k,
			       struct sm_run_result *r, uint64_t new)
{
	kernel_judge_errors(k, new);
	if (sm_taint_others(new))
		sm_taint_text(sm_taint_others(new), r->tainted,
			      sizeof(r->tainted));
}

/* Of a run that never began there is nothing to say. */
static void kernel_see(struct sm_oracle_kernel *k, struct sm_run_result *r)
{
	int row = sm_catalogue_oracle_row("kernel");

	if (!r->t_start_ns || row < 0)
		return;
	if (!k->log)
		sm_wire_see(&r->oracles[row], SM_SIGHT_OFF,
			    "%s: new taint alone is seen", k->log_off);
	else if (r->log_lost)
		sm_wire_see(&r->oracles[row], SM_SIGHT_ON,
			    "%llu messages were overwritten before they were read",
			    (unsigned long long)r->log_lost);
}

void sm_oracle_kernel_end(struct sm_oracle_kernel *k,
			  const struct sm_run_spec *spec,
			  struct sm_run_result *r)
{
	const char *first;
	uint64_t now;

	kernel_linger(k, spec);
	now = sm_taint_read();
	kernel_hear_out(k);
	kernel_judge_taint(k, r, now & ~k->taint);
	snprintf(r->log_off, sizeof(r->log_off), "%s", k->log_off);
	r->log_lost = sm_klog_lost(k->log);
	r->log_excused = sm_klog_excused(k->log, &first);
	snprintf(r->excused, sizeof(r->excused), "%s", first);
	kernel_see(k, r);
	kernel_settle(k, now);
}
