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

static void kernel_accuse(const char *line, void *engine)
{
	struct sm_hit h = { .oracle = "kernel" };

	sm_oracle_hit(engine, &h, "%s", line);
}

/* sm_oracle_kernel_begin() - what was before is nobody's fault. */
void sm_oracle_kernel_begin(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;

	e->klog = sm_klog_open(e->spec->allow, r->log_off, sizeof(r->log_off));
	e->taint = sm_taint_read();
}

/* sm_oracle_kernel_look() - what the kernel said since the last look. */
void sm_oracle_kernel_look(struct sm_engine *e)
{
	sm_klog_poll(e->klog, kernel_accuse, e);
}

/* The log may have told of it already, or it is excused with what it told. */
static void kernel_look_at_taint(struct sm_engine *e)
{
	uint64_t new = sm_taint_new(e->taint, sm_taint_read()) &
		       ~sm_klog_explained(e->klog);
	char names[128], text[192], said[256];

	if (!new)
		return;
	sm_taint_text(new, names, sizeof(names));
	snprintf(text, sizeof(text), "new taint, not told of in the log: %s",
		 names);
	if (!sm_klog_excuses(e->klog, text, said, sizeof(said)))
		kernel_accuse(said, e);
}

/*
 * sm_oracle_kernel_end() - the last look: what was attached is detached, what was
 * open is closed, and a driver that complained of that has done so.
 */
void sm_oracle_kernel_end(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	const char *first;

	sm_oracle_kernel_look(e);
	kernel_look_at_taint(e);
	r->log_lost = sm_klog_lost(e->klog);
	if (r->log_lost)
		sm_sight_set(r, "kernel", SM_SIGHT_ON,
			     "%llu messages were overwritten before they were read",
			     (unsigned long long)r->log_lost);
	r->log_excused = sm_klog_excused(e->klog, &first);
	snprintf(r->excused, sizeof(r->excused), "%s", first);
}
