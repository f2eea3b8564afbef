// SPDX-License-Identifier: GPL-2.0-only
/* The contract between a backend and those who use it: see call.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "call.h"

static const struct sm_backend *call_backend(const struct sm_host *host)
{
	return host->scene->spec->backend;
}

static int __attribute__((format(printf, 2, 3)))
call_broken(struct sm_host *host, const char *fmt, ...)
{
	char what[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	sm_end_break(host->end, "the contract of backend %s was broken: %s",
		     call_backend(host)->name, what);
	return -EPROTO;
}

/* May @op be called at all now? */
static int call_alive(struct sm_host *host, const char *op)
{
	switch (sm_load_acquire(&host->calls.phase)) {
	case SM_CALL_NEW:
		return call_broken(host, "%s() before attach()", op);
	case SM_CALL_FAILED:
		return call_broken(host, "%s() although attach() failed", op);
	case SM_CALL_DETACHED:
		return call_broken(host, "%s() after detach()", op);
	default:
		return 0;
	}
}

static int call_main(struct sm_host *host, const char *op)
{
	if (pthread_equal(host->calls.owner, pthread_self()))
		return 0;
	return call_broken(host, "%s() not from the thread that attached", op);
}

/* Storm threads rest for good, if they were ever let go. */
static int call_storm_over(struct sm_host *host, const char *op)
{
	struct sm_gate *gate = host->gate;

	if (!gate || !sm_read(&gate->begun) || sm_gate_all_left(gate))
		return 0;
	return call_broken(host, "%s() while the storm goes on", op);
}

static bool call_enter(struct sm_call_lane *lane)
{
	return !__atomic_exchange_n(&lane->busy, true, __ATOMIC_ACQUIRE);
}

static void call_leave(struct sm_call_lane *lane)
{
	sm_store_release(&lane->busy, false);
}

static int call_answer(struct sm_host *host, const char *op, int err)
{
	return err > 0 ? call_broken(host, "%s() returned %d", op, err) : err;
}

/* ---- attach and detach ---------------------------------------------------- */

static int call_mirrors(struct sm_host *host)
{
	struct sm_scene *scene = host->scene;
	unsigned int i, nr = scene->nr_mirrors;

	for (i = 0; i < nr && nr <= SM_MAX_PROFILES; i++)
		if (!scene->mirrors[i].name)
			break;
	if (nr && i == nr)
		return 0;
	scene->nr_mirrors = 0;
	if (!nr || nr > SM_MAX_PROFILES)
		return call_broken(host, "attach() made %u mirrors", nr);
	return call_broken(host, "attach() gave mirror %u no name", i);
}

int sm_call_attach(struct sm_host *host)
{
	struct sm_calls *c = &host->calls;
	int err;

	if (sm_load_acquire(&c->phase) != SM_CALL_NEW)
		return call_broken(host, "attach() twice");
	c->owner = pthread_self();
	/* What it calls in there comes too early, too. */
	err = call_answer(host, "attach", call_backend(host)->attach(host));
	if (!err)
		err = call_mirrors(host);
	sm_store_release(&c->phase, err ? SM_CALL_FAILED : SM_CALL_ATTACHED);
	return err;
}

/* Does anybody still use what detach() frees? */
static int call_unused(struct sm_host *host)
{
	struct sm_calls *c = &host->calls;
	unsigned int i;

	for (i = 0; i < SM_LANES; i++)
		if (sm_load_acquire(&c->lanes[i].busy))
			return call_broken(host,
					   "detach() during access() on lane %u",
					   i);
	for (i = 0; i < SM_WIRE_THREADS; i++)
		if (sm_load_acquire(&c->turns[i].busy))
			return call_broken(host, "detach() during apply()");
	for (i = 0; i < SM_MAX_AGENTS; i++)
		if (c->agents[i] == SM_CALL_RUNS)
			return call_broken(host,
					   "detach() before agent_stop() of agent %u",
					   i);
	if (sm_load_acquire(&c->works))
		return call_broken(host, "detach() before worker() returned");
	if (sm_load_acquire(&c->calls))
		return call_broken(host, "detach() during another operation");
	return 0;
}

bool sm_call_detach(struct sm_host *host)
{
	struct sm_calls *c = &host->calls;
	unsigned int phase = sm_load_acquire(&c->phase);

	if (phase != SM_CALL_FAILED && call_alive(host, "detach"))
		return false;
	if (call_main(host, "detach") || call_storm_over(host, "detach"))
		return false;
	sm_store_release(&c->phase, SM_CALL_DETACHED);
	sm_fence();
	if (call_unused(host))
		return false;
	call_backend(host)->detach(host);
	if (host->state)
		call_broken(host, "detach() left its state behind");
	return true;
}

/* ---- accesses -------------------------------------------------------------- */

static int call_errors(struct sm_host *host, const struct sm_access *a,
		       unsigned int nr)
{
	for (; nr; nr--, a++)
		if (a->error > 0)
			return call_broken(host,
					   "access() left %d for an error",
					   a->error);
	return 0;
}

int sm_call_access(struct sm_host *host, const struct sm_mirror *m,
		   unsigned int lane, struct sm_access *a, unsigned int nr)
{
	struct sm_calls *c = &host->calls;
	int err;

	if (lane >= SM_LANES)
		return call_broken(host, "access() on lane %u", lane);
	if (!call_enter(&c->lanes[lane]))
		return call_broken(host,
				   "access() on lane %u by two threads at a time",
				   lane);
	sm_fence(); /* detach() looks at the lanes behind its own */
	err = call_alive(host, "access");
	if (!err)
		err = call_answer(host, "access",
				  call_backend(host)->access(host, m, lane, a,
							     nr));
	call_leave(&c->lanes[lane]);
	return err ? err : call_errors(host, a, nr);
}

/* ---- agents ----------------------------------------------------------------- */

/* May this be done to agent @agent, which has to be in @state? */
static int call_agent(struct sm_host *host, const char *op,
		      const struct sm_device_agent *agent,
		      enum sm_call_agent state)
{
	static const char *const before[] = {
		[SM_CALL_RUNS] = "without agent_start()",
		[SM_CALL_STOPPED] = "before agent_stop()",
	};
	int err = call_alive(host, op);

	if (!err)
		err = call_main(host, op);
	if (!err)
		err = call_storm_over(host, op);
	if (!err && (agent->id >= SM_MAX_AGENTS ||
		     host->calls.agents[agent->id] != state))
		err = call_broken(host, "%s() of agent %u %s", op, agent->id,
				  before[state]);
	return err;
}

/* What agent_start() says it has made. */
static int call_started(struct sm_host *host,
			const struct sm_device_agent *agent)
{
	struct sm_calls *c = &host->calls;
	uint64_t slots;

	if (agent->id >= SM_MAX_AGENTS ||
	    c->agents[agent->id] != SM_CALL_NO_AGENT)
		return call_broken(host, "agent_start() made another agent %u",
				   agent->id);
	c->agents[agent->id] = SM_CALL_RUNS;
	if (!agent->ring)
		return call_broken(host, "agent_start() made no ring");
	slots = sm_read(&agent->ring->slots);
	if (!slots || slots & (slots - 1))
		return call_broken(host,
				   "agent_start() made a ring of %llu slots",
				   (unsigned long long)slots);
	return 0;
}

/* An agent that cannot be what it says runs nevertheless: nobody else ends it. */
static void call_take_back(struct sm_host *host, struct sm_device_agent *agent)
{
	const struct sm_backend *backend = call_backend(host);
	struct sm_calls *c = &host->calls;

	if (agent->id >= SM_MAX_AGENTS || c->agents[agent->id] != SM_CALL_RUNS)
		return;
	if (backend->agent_stop(host, agent) == -ETIMEDOUT)
		return;
	c->agents[agent->id] = SM_CALL_NO_AGENT;
	backend->agent_free(host, agent);
}

int sm_call_agent_start(struct sm_host *host, const struct sm_mirror *m,
			const struct sm_ioc_agent_start *how,
			struct sm_device_agent *agent)
{
	int err = call_alive(host, "agent_start");

	if (!err)
		err = call_main(host, "agent_start");
	if (!err && host->gate && sm_read(&host->gate->begun))
		err = call_broken(host, "agent_start() after the storm began");
	if (!err)
		err = call_answer(host, "agent_start",
				  call_backend(host)->agent_start(host, m, how,
								  agent));
	if (err)
		return err;
	err = call_started(host, agent);
	if (err)
		call_take_back(host, agent);
	return err;
}

int sm_call_agent_stop(struct sm_host *host, struct sm_device_agent *agent)
{
	struct sm_calls *c = &host->calls;
	int err = call_agent(host, "agent_stop", agent, SM_CALL_RUNS);

	if (err)
		return err;
	err = call_answer(host, "agent_stop",
			  call_backend(host)->agent_stop(host, agent));
	if (err == -ETIMEDOUT)
		return err; /* it runs for ever */
	c->agents[agent->id] = SM_CALL_STOPPED;
	if (agent->ring)
		c->heads[agent->id] = sm_load_acquire(&agent->ring->head);
	return err;
}

void sm_call_agent_free(struct sm_host *host, struct sm_device_agent *agent)
{
	struct sm_calls *c = &host->calls;

	if (call_agent(host, "agent_free", agent, SM_CALL_STOPPED))
		return;
	if (agent->ring &&
	    sm_load_acquire(&agent->ring->head) != c->heads[agent->id])
		call_broken(host, "agent %u went on after agent_stop()",
			    agent->id);
	c->agents[agent->id] = SM_CALL_NO_AGENT;
	call_backend(host)->agent_free(host, agent);
}

/* ---- the table --------------------------------------------------------------- */

/* From here to call_end(), detach() does not come. */
static int call_begin(struct sm_host *host, const char *op)
{
	int err;

	__atomic_fetch_add(&host->calls.calls, 1, __ATOMIC_SEQ_CST);
	err = call_alive(host, op);
	if (err)
		__atomic_fetch_sub(&host->calls.calls, 1, __ATOMIC_RELEASE);
	return err;
}

static int call_end(struct sm_host *host, const char *op, int err)
{
	__atomic_fetch_sub(&host->calls.calls, 1, __ATOMIC_RELEASE);
	return call_answer(host, op, err);
}

int sm_call_fault(struct sm_host *host, const struct sm_mirror *m,
		  uint32_t flags, uint32_t batch, uint64_t start, uint64_t end,
		  uint64_t *done)
{
	int err = call_begin(host, "fault");

	if (err)
		return err;
	err = call_backend(host)->fault(host, m, flags, batch, start, end,
					done);
	return call_end(host, "fault", err);
}

int sm_call_snapshot(struct sm_host *host, const struct sm_mirror *m,
		     uint64_t start, uint64_t end, uint64_t *buf,
		     uint64_t *present)
{
	int err = call_begin(host, "snapshot");

	if (err)
		return err;
	err = call_backend(host)->snapshot(host, m, start, end, buf, present);
	err = call_end(host, "snapshot", err);
	if (!err && *present > (end - start) >> SM_PAGE_SHIFT)
		err = call_broken(host, "snapshot() found %llu of %llu pages",
				  (unsigned long long)*present,
				  (unsigned long long)(end - start) >>
					  SM_PAGE_SHIFT);
	return err;
}

int sm_call_check(struct sm_host *host, const struct sm_mirror *m,
		  uint64_t start, uint64_t end, struct sm_ioc_check *out)
{
	int err = call_begin(host, "check");

	if (err)
		return err;
	err = call_backend(host)->check(host, m, start, end, out);
	return call_end(host, "check", err);
}

int sm_call_stats(struct sm_host *host, const struct sm_mirror *m,
		  struct sm_ioc_stats *out)
{
	int err = call_begin(host, "stats");

	if (err)
		return err;
	err = call_backend(host)->stats(host, m, out);
	return call_end(host, "stats", err);
}

/* ---- a backend's own ops and thread ------------------------------------------- */

int sm_call_apply(struct sm_turn *turn)
{
	struct sm_host *host = turn->host;
	struct sm_call_lane *own = &host->calls.turns[turn->index];
	int err;

	if (!call_enter(own))
		return call_broken(host,
				   "apply() of storm thread %u twice at a time",
				   turn->index);
	sm_fence(); /* as in access() */
	err = call_alive(host, "apply");
	if (!err)
		err = call_answer(host, "apply",
				  call_backend(host)->apply(turn));
	call_leave(own);
	return err;
}

void sm_call_rest(struct sm_host *host)
{
	struct sm_calls *c = &host->calls;

	if (call_alive(host, "rest") || call_main(host, "rest") ||
	    call_storm_over(host, "rest"))
		return;
	if (sm_load_acquire(&c->works))
		call_broken(host, "rest() before worker() returned");
	else
		call_backend(host)->rest(host);
}

void sm_call_worker(struct sm_host *host)
{
	struct sm_calls *c = &host->calls;

	if (__atomic_exchange_n(&c->works, true, __ATOMIC_SEQ_CST)) {
		call_broken(host, "worker() twice");
		return;
	}
	if (!call_alive(host, "worker")) {
		call_backend(host)->worker(host);
		if (!sm_end_stopping(host->end))
			call_broken(host,
				    "worker() returned before the run ended");
	}
	sm_store_release(&c->works, false);
}

/* ---- what there is to say -------------------------------------------------------- */

void sm_call_describe(struct sm_host *host, char *buf, size_t size)
{
	if (call_alive(host, "describe") || call_main(host, "describe"))
		return;
	call_backend(host)->describe(host, buf, size);
}
