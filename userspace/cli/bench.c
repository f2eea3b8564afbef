// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate bench: what mirroring and checking costs.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "answer.h"
#include "backends/backends.h"
#include "base/memory.h"
#include "base/pagemap.h"
#include "base/util.h"
#include "bench_storm.h"
#include "cli.h"
#include "measures.h"
#include "memory/arena.h"
#include "module/device.h"
#include "module/profiles.h"
#include "names.h"
#include "options.h"
#include "session/report.h"

#define MAX_ROUNDS	101
#define RING_ORDER	12

/**
 * struct score - what came of one measurement
 * @verdict: pass, skip or broken
 * @cost: median nanoseconds per operation
 * @base: the same of what it is compared with
 * @ratio: median of the ratios of all rounds
 * @reason: what went wrong
 */
struct score {
	enum sm_verdict verdict;
	double cost;
	double base;
	double ratio;
	char reason[256];
};

struct bench {
	struct sm_report_head head;
	unsigned int rounds;
	bool storm;
	bool drm;
	struct sm_set ops;
	uint64_t duration_ns;
	struct sm_report *report;
	struct json_object *scores;
	char missing[256];
};

enum { OPT_JSON = 256, OPT_ROUNDS, OPT_OPS, OPT_DURATION };

static const struct argp_option argp_options[] = {
	{ "json", OPT_JSON, "FILE", 0, "Write results to FILE as JSON", 0 },
	{ "rounds", OPT_ROUNDS, "N", 0,
	  "Rounds per measurement; the median counts (5)", 0 },
	{ "ops", OPT_OPS, "LIST", 0, "Of storm: ops, with commas (all)", 0 },
	{ "duration", OPT_DURATION, "SECONDS", 0,
	  "Of storm: how long each is; ten times that in the end (1)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct bench *b = state->input;

	switch (key) {
	case OPT_JSON:
		b->head.json = arg;
		return 0;
	case OPT_ROUNDS:
		b->rounds = sm_options_number("rounds", arg, 1, MAX_ROUNDS);
		return 0;
	case OPT_OPS:
		b->ops = sm_options_set(SM_NAMES_OP, arg);
		return 0;
	case OPT_DURATION:
		b->duration_ns = sm_options_number("duration", arg, 1, 3600) *
				 SM_NSEC;
		return 0;
	case ARGP_KEY_ARG:
		b->storm = !strcmp(arg, "storm");
		b->drm = !strcmp(arg, "drm");
		if (!b->storm && !b->drm)
			argp_error(state, "what is '%s'?", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "[storm | drm]",
	.doc = "Measure what mirroring and checking costs, or the speed of a storm.",
};

static int take(const struct sm_measure *m, struct sm_measure_bed *bed,
		bool cost, double *ns)
{
	int ret;

	*ns = 0;
	if (!cost && !m->base)
		return 0;
	ret = m->prepare(bed, cost);
	return ret ? ret : m->run(bed, cost, ns);
}

/*
 * Round 0 warms up. The order alternates, so that neither of the two always
 * finds the caches that the other left behind.
 */
static int take_rounds(const struct sm_measure *m, struct sm_measure_bed *bed,
		       unsigned int rounds, struct score *s)
{
	double cost[MAX_ROUNDS + 1], base[MAX_ROUNDS + 1];
	double ratio[MAX_ROUNDS + 1];
	unsigned int i;
	int ret = 0;

	for (i = 0; i <= rounds && !ret; i++) {
		bool first = i % 2;

		ret = take(m, bed, first, first ? &cost[i] : &base[i]);
		if (!ret)
			ret = take(m, bed, !first, first ? &base[i] : &cost[i]);
		if (!ret)
			ratio[i] = base[i] > 0 ? cost[i] / base[i] : 0;
	}
	if (ret)
		return ret;
	s->cost = sm_util_median(cost + 1, rounds);
	s->base = sm_util_median(base + 1, rounds);
	s->ratio = sm_util_median(ratio + 1, rounds);
	return 0;
}

static int bed_map(struct sm_measure_bed *bed, uint64_t size)
{
	void *p = mmap((void *)(uintptr_t)SM_ARENA_START, size,
		       PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		       MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	bed->start = SM_ARENA_START;
	bed->end = bed->start + size;
	return madvise(p, size, MADV_NOHUGEPAGE) ? -errno : 0;
}

static int bed_set_up(const struct sm_measure *m, struct sm_measure_bed *bed,
		      char *why, size_t size)
{
	int ret;

	why[0] = '\0';
	ret = sm_device_open(&bed->dev, why, size);
	if (ret)
		return ret;
	bed->pagemap = sm_pagemap_open(why, size);
	if (bed->pagemap < 0)
		return bed->pagemap;
	bed->buf = m->buffer ? malloc(m->buffer) : NULL;
	if (m->buffer && !bed->buf)
		return -ENOMEM;
	/* A page of a buffer that is touched in a round costs a fault. */
	if (m->buffer)
		memset(bed->buf, 0, m->buffer);
	ret = bed_map(bed, m->arena);
	if (!ret)
		ret = sm_device_setup(&bed->dev, bed->start, bed->end,
				      RING_ORDER, sm_util_now() | 1);
	if (!ret && m->set_up)
		ret = m->set_up(bed);
	return ret;
}

static void bed_tear_down(const struct sm_measure *m,
			  struct sm_measure_bed *bed)
{
	if (m->tear_down)
		m->tear_down(bed);
	if (bed->dev.fd >= 0)
		sm_device_close(&bed->dev);
	if (bed->pagemap >= 0)
		close(bed->pagemap);
	if (bed->end)
		munmap((void *)(uintptr_t)bed->start, bed->end - bed->start);
	free(bed->buf);
}

static bool has_memory(const struct sm_measure *m, struct score *s)
{
	char want[16], have[16];
	struct sm_memory_left left = sm_memory_left("");

	if (left.bytes >= m->memory)
		return true;
	sm_util_human(m->memory, want, sizeof(want));
	sm_util_human(left.bytes, have, sizeof(have));
	snprintf(s->reason, sizeof(s->reason),
		 "needs %s of memory, %s is available", want, have);
	s->verdict = SM_SKIP;
	return false;
}

static void score_one(const struct bench *b, const struct sm_measure *m,
		      enum sm_profile profile, struct score *s)
{
	struct sm_measure_bed bed;
	int ret;

	memset(s, 0, sizeof(*s));
	if (!m->alone && b->missing[0]) {
		s->verdict = SM_SKIP;
		snprintf(s->reason, sizeof(s->reason), "%s", b->missing);
	} else if (m->probe) {
		s->verdict = m->probe(s->reason, sizeof(s->reason));
	}
	if (s->verdict != SM_PASS || !has_memory(m, s))
		return;
	memset(&bed, 0, sizeof(bed));
	bed.dev.fd = -1;
	bed.pagemap = -1;
	bed.profile = profile;
	ret = m->alone ? 0 : bed_set_up(m, &bed, s->reason, sizeof(s->reason));
	if (!ret)
		ret = take_rounds(m, &bed, b->rounds, s);
	bed_tear_down(m, &bed);
	if (!ret)
		return;
	s->verdict = SM_BROKEN;
	if (!s->reason[0])
		snprintf(s->reason, sizeof(s->reason), "%s", strerror(-ret));
}

static void put(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key,
			       s && *s ? json_object_new_string(s) : NULL);
}

static void put_double(struct json_object *o, const char *key, double value,
		       bool valid)
{
	char s[32];

	snprintf(s, sizeof(s), "%.3f", value);
	json_object_object_add(o, key, valid ?
			       json_object_new_double_s(value, s) : NULL);
}

static double a_second(double ns)
{
	return ns > 0 ? SM_NSEC / ns : 0;
}

static struct json_object *score_json(const struct bench *b,
				      const struct sm_measure *m,
				      const char *profile,
				      const struct score *s)
{
	struct json_object *o = json_object_new_object();
	bool valid = s->verdict == SM_PASS;
	bool judged = valid && m->target > 0;
	struct json_object *met = NULL;

	if (judged)
		met = json_object_new_boolean(s->ratio <= m->target);
	put(o, "name", m->name);
	put(o, "profile", profile);
	put(o, "cost", m->cost);
	put(o, "base", m->base);
	put(o, "unit", m->unit);
	put_double(o, "cost_ns", s->cost, valid);
	put_double(o, "base_ns", s->base, valid && m->base);
	put_double(o, "ratio", s->ratio, valid && m->base);
	if (m->a_second) {
		put_double(o, "cost_a_second", a_second(s->cost), valid);
		put_double(o, "base_a_second", a_second(s->base), valid);
	}
	put_double(o, "target", m->target, m->target > 0);
	json_object_object_add(o, "met", met);
	json_object_object_add(o, "rounds", json_object_new_int(b->rounds));
	put(o, "verdict", sm_verdict_names[s->verdict]);
	put(o, "reason", s->reason);
	return o;
}

static void show_score(const struct sm_measure *m, const char *profile,
		       const struct score *s)
{
	printf("%-11s %-9s", m->name, profile);
	if (s->verdict != SM_PASS) {
		printf(" %s: %s\n", sm_verdict_names[s->verdict], s->reason);
	} else if (!m->base) {
		printf(" %12.1f %12s %7s %7s %4s  ns/%s: %s\n", s->cost, "-",
		       "-", "-", "-", m->unit, m->cost);
	} else if (m->target > 0) {
		printf(" %12.1f %12.1f %7.2f %7.2f %4s", s->cost, s->base,
		       s->ratio, m->target,
		       s->ratio <= m->target ? "yes" : "no");
		printf("  ns/%s: %s / %s\n", m->unit, m->cost, m->base);
	} else {
		printf(" %12.1f %12.1f %7.2f %7s %4s", s->cost, s->base,
		       s->ratio, "-", "-");
		printf("  ns/%s: %s / %s\n", m->unit, m->cost, m->base);
	}
	if (s->verdict == SM_PASS && m->a_second)
		printf("%-11s %-9s %12.1f %12.1f %7s %7s %4s  %ss a second\n", "",
		       "", a_second(s->cost), a_second(s->base), "", "", "",
		       m->unit);
	fflush(stdout);
}

static void bench_one(struct bench *b, const struct sm_measure *m,
		      enum sm_profile profile)
{
	const char *name = m->alone ? "-" : sm_profiles[profile].name;
	struct score s;

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s %s ...\r", m->name, name);
	score_one(b, m, profile, &s);
	if (isatty(STDERR_FILENO))
		fputs("\033[K", stderr);
	show_score(m, name, &s);
	json_object_array_add(b->scores, score_json(b, m, name, &s));
	sm_report_put(b->report, "bench", json_object_get(b->scores));
}

static void bench_all(struct bench *b)
{
	const struct sm_measure *m;
	struct utsname u;
	char why[256];
	unsigned int p;

	memset(&u, 0, sizeof(u));
	uname(&u);
	printf("stalemate %s, kernel %s %s, %u rounds, ns per operation\n\n",
	       STALEMATE_VERSION, u.release, u.machine, b->rounds);
	printf("%-11s %-9s %12s %12s %7s %7s %4s\n", "bench", "profile",
	       "cost", "base", "ratio", "target", "met");
	/* A million pinned pages are not to be had in a guest. */
	for (m = sm_measures; m->name; m++) {
		if (b->drm && !m->drm)
			continue;
		for (p = 0; p < SM_PROFILE_NR; p++)
			if (!p || (m->every_profile && !b->missing[0] &&
				   !sm_profiles[p].pinned &&
				   sm_names_has_profile(p, why, sizeof(why))))
				bench_one(b, m, p);
	}
}

static void bench_measures(struct bench *b)
{
	b->scores = json_object_new_array();
	bench_all(b);
	json_object_put(b->scores);
}

/* What needs no module can be measured without. */
static enum sm_verdict probe(struct bench *b)
{
	struct sm_ask_probed probed;

	sm_answer_probe(sm_backends[sm_names_find(SM_NAMES_BACKEND, "mock", 4)],
			&probed);
	if (probed.verdict != SM_PASS)
		snprintf(b->missing, sizeof(b->missing), "%s", probed.why);
	return probed.verdict;
}

int sm_bench_command(int argc, char **argv)
{
	struct bench b = {
		.rounds = 5,
		.ops = sm_names_all(SM_NAMES_OP),
		.duration_ns = SM_NSEC,
	};
	enum sm_verdict verdict;

	argp_parse(&argp, argc, argv, 0, NULL, &b);
	b.head.command = "bench";
	b.head.argc = argc;
	b.head.argv = argv;
	if (!b.drm && probe(&b) == SM_BROKEN)
		return sm_report_refuse(&b.head, SM_BROKEN, b.missing);
	b.report = sm_report_new(&b.head);
	if (!b.report)
		return sm_report_not_begun();
	if (!b.storm)
		bench_measures(&b);
	else if (b.missing[0])
		printf("skip: %s\n", b.missing);
	else
		return sm_report_end(b.report,
				     sm_bench_storm(b.report, b.ops,
						    b.duration_ns), 0);
	verdict = sm_report_verdict(b.report);
	/* What was measured without the module is not what was asked for. */
	if (verdict == SM_PASS && b.missing[0])
		verdict = SM_SKIP;
	return sm_report_end(b.report, verdict, 0);
}
