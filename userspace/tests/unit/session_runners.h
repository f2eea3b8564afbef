/* SPDX-License-Identifier: GPL-2.0-only */
/* Runners that end in all the ways there are, for test_session.c. */
#ifndef SESSION_RUNNERS_H
#define SESSION_RUNNERS_H

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/util.h"
#include "run/run.h"

static inline void find(struct sm_wire *wire, const char *text)
{
	struct sm_run_result *r = &wire->result;
	struct sm_finding *f = &r->findings[r->nr_findings];

	r->violations_total++;
	snprintf(f->oracle, sizeof(f->oracle), "content");
	snprintf(f->text, sizeof(f->text), "%s", text);
	sm_store_release(&r->nr_findings, r->nr_findings + 1);
}

static inline void pass(struct sm_wire *wire)
{
	wire->result.t_start_ns = 1;
	wire->result.seconds = 1;
	wire->result.verdict = SM_PASS;
	sm_store_release(&wire->stage, SM_STAGE_DONE);
}

static inline void passes(const struct sm_run_spec *s, struct sm_wire *wire)
{
	(void)s;
	pass(wire);
}

static inline void dies(const struct sm_run_spec *s, struct sm_wire *wire)
{
	(void)s;
	(void)wire;
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static inline void finds_and_dies(const struct sm_run_spec *s, struct sm_wire *wire)
{
	find(wire, "stale");
	dies(s, wire);
}

static inline void leaves(const struct sm_run_spec *s, struct sm_wire *wire)
{
	(void)s;
	(void)wire;
	_exit(3);
}

/* It says that all is well, and then it is not. */
static inline void passes_and_dies(const struct sm_run_spec *s, struct sm_wire *wire)
{
	pass(wire);
	dies(s, wire);
}

static inline void hangs(const struct sm_run_spec *s, struct sm_wire *wire)
{
	(void)s;
	(void)wire;
	raise(SIGSTOP);
}

static inline void passes_and_hangs(const struct sm_run_spec *s, struct sm_wire *wire)
{
	pass(wire);
	hangs(s, wire);
}

static inline void finds_and_hangs(const struct sm_run_spec *s, struct sm_wire *wire)
{
	find(wire, "stale");
	hangs(s, wire);
}

/* Its threads go on, and nobody ends them. */
static inline void hangs_in_a_storm(const struct sm_run_spec *s, struct sm_wire *wire)
{
	(void)s;
	for (;;) {
		sm_count(&wire->flight[0].beats, 1);
		sm_count(&wire->result.mirrors[0].accesses, 1);
		sm_util_nap(SM_MSEC);
	}
}

/* It was killed between the count and what is counted. */
static inline void counts_and_dies(const struct sm_run_spec *s, struct sm_wire *wire)
{
	wire->result.violations_total = 1;
	dies(s, wire);
}

static inline void fails_without_reason(const struct sm_run_spec *s,
					struct sm_wire *wire)
{
	(void)s;
	pass(wire);
	wire->result.verdict = SM_FAIL;
}

/* Slow is not dead. */
static inline void is_slow(const struct sm_run_spec *s, struct sm_wire *wire)
{
	unsigned int i;

	(void)s;
	for (i = 0; i < 50; i++) {
		sm_count(&wire->beats, 1);
		sm_util_nap(10 * SM_MSEC);
	}
	pass(wire);
}

/* A child that takes no notice, and one of its own which nobody waits for. */
static inline void has_children(const struct sm_run_spec *s, struct sm_wire *wire)
{
	(void)s;
	if (!fork()) {
		signal(SIGTERM, SIG_IGN);
		if (fork())
			_exit(0);
		for (;;)
			pause();
	}
	wait(NULL);
	pass(wire);
}

static inline void has_children_and_dies(const struct sm_run_spec *s,
					 struct sm_wire *wire)
{
	has_children(s, wire);
	dies(s, wire);
}

/* Random bytes all over what is shared, and a death. */
static inline void scribbles(const struct sm_run_spec *s, struct sm_wire *wire)
{
	unsigned char *p = (unsigned char *)wire;
	struct sm_rng rng;
	size_t i;

	sm_rng_seed(&rng, s->seed, SM_STREAM_STORM, 0);
	for (i = 0; i < sizeof(*wire); i++)
		p[i] = sm_rng_next(&rng);
	if (s->seed % 2)
		dies(s, wire);
}

static inline void waits_to_be_stopped(const struct sm_run_spec *s,
				       struct sm_wire *wire)
{
	(void)s;
	sm_write(&wire->result.t_start_ns, sm_util_now());
	while (sm_read(&wire->stop) == SM_STOP_NOT) {
		sm_count(&wire->beats, 1);
		sm_util_nap(SM_MSEC);
	}
	if (sm_read(&wire->stop) == SM_STOP_FOUND)
		pass(wire);
	else
		sm_store_release(&wire->stage, SM_STAGE_DONE);
}

/* As who sits at the terminal would. */
static inline void is_interrupted(const struct sm_run_spec *s, struct sm_wire *wire)
{
	kill(getppid(), SIGINT);
	waits_to_be_stopped(s, wire);
}

/* The storm had hung before. */
static inline void times_out_when_asked(const struct sm_run_spec *s,
					struct sm_wire *wire)
{
	snprintf(wire->result.reason, sizeof(wire->result.reason), "stuck");
	wire->result.verdict = SM_TIMEOUT;
	is_interrupted(s, wire);
}

static inline void finds_and_is_interrupted(const struct sm_run_spec *s,
					    struct sm_wire *wire)
{
	find(wire, "stale");
	is_interrupted(s, wire);
}

/* The first signal is not heeded, so there is a second one. */
static inline void must_be_cut(const struct sm_run_spec *s, struct sm_wire *wire)
{
	kill(getppid(), SIGTERM);
	waits_to_be_stopped(s, wire);
	wire->stage = SM_STAGE_REST;
	kill(getppid(), SIGTERM);
	for (;;) {
		sm_count(&wire->beats, 1);
		sm_util_nap(SM_MSEC);
	}
}

#endif /* SESSION_RUNNERS_H */
