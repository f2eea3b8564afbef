// SPDX-License-Identifier: GPL-2.0-only
/* Cases and assertions: see ksm.h. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ksm.h"

#define KSM_PASS	0
#define KSM_FAIL	1
#define KSM_SKIP	4

#define KSM_CASE_SECONDS	180
#define KSM_IDLE_MS		30000

unsigned int ksm_param;
unsigned int ksm_profile;
const char *ksm_who = "";

/* Shared with the process of the case and its children. */
struct ksm_shared {
	char why[128];
	int failed;
};

static struct ksm_shared *ksm_shared;

/* A case under way: one of those that run at once. */
struct ksm_run {
	struct ksm_shared *shared;
	int profile;		/* -1: none */
	int pid;
	int result;
};

static struct ksm_run ksm_runs[SM_PROFILE_NR];
static unsigned int ksm_passed, ksm_failures, ksm_skipped;

void ksm_skip(const char *why)
{
	snprintf(ksm_shared->why, sizeof(ksm_shared->why), "%s", why);
	_exit(ksm_shared->failed ? KSM_FAIL : KSM_SKIP);
}

void ksm_end(void)
{
	_exit(ksm_shared->failed ? KSM_FAIL : KSM_PASS);
}

bool ksm_failed(void)
{
	return ksm_shared->failed;
}

static const char *ksm_errname(long long v)
{
	return v < 0 && v > -134 ? strerror(-v) : "";
}

bool ksm_compare(const char *where, const char *what, long long a,
		 enum ksm_op op, long long b)
{
	bool ok = false;

	switch (op) {
	case KSM_EQ:
		ok = a == b;
		break;
	case KSM_NE:
		ok = a != b;
		break;
	case KSM_LT:
		ok = a < b;
		break;
	case KSM_LE:
		ok = a <= b;
		break;
	case KSM_GT:
		ok = a > b;
		break;
	case KSM_GE:
		ok = a >= b;
		break;
	}
	if (ok)
		return true;
	ksm_shared->failed = 1;
	ksm_note("%s: expected %s", where, what);
	ksm_note("  left:  %lld (%#llx) %s", a, a, ksm_errname(a));
	ksm_note("  right: %lld (%#llx) %s", b, b, ksm_errname(b));
	return false;
}

/*
 * Wait for a child of a case. Its failures count already, as they are shared;
 * what is left is whether it came to its end.
 */
int ksm_child(int pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

__u64 ksm_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* Let others run between two looks at something that is asynchronous. */
void ksm_pause(void)
{
	poll(NULL, 0, 1);
}

/* A case that needs more, or less, than KSM_CASE_SECONDS. */
void ksm_timeout(unsigned int seconds)
{
	alarm(seconds);
}

bool ksm_wait_until(bool (*cond)(void *what), void *what,
		    unsigned int ms)
{
	__u64 deadline = ksm_now_ms() + ms;

	for (;;) {
		if (cond(what))
			return true;
		if (ksm_now_ms() >= deadline)
			return false;
		ksm_pause();
	}
}

static void ksm_start(const struct ksm_case *c, struct ksm_run *r)
{
	static char who[32];

	memset(r->shared, 0, sizeof(*r->shared));
	fflush(stdout);
	r->pid = fork();
	if (r->pid)
		return;
	ksm_shared = r->shared;
	ksm_param = c->param;
	if (r->profile >= 0) {
		ksm_profile = r->profile;
		snprintf(who, sizeof(who), "%s: ", ksm_info()->name);
		ksm_who = who;
	}
	alarm(KSM_CASE_SECONDS);
	c->run();
	ksm_end();
}

static int ksm_finish(struct ksm_run *r)
{
	int status;

	if (r->pid < 0 || waitpid(r->pid, &status, 0) != r->pid) {
		ksm_note("no process: %s", strerror(errno));
		return KSM_FAIL;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	ksm_note("killed by signal %d (%s)", WTERMSIG(status),
		 strsignal(WTERMSIG(status)));
	return KSM_FAIL;
}

/* What a case may not leave behind, whatever became of it. */
static bool ksm_aftermath(const struct ksm_case *c)
{
	bool clean = ksm_idle(KSM_IDLE_MS, true);

	if (ksm_log_splats() && !(c->flags & KSM_SPLATS)) {
		ksm_note("the kernel complained");
		clean = false;
	}
	return clean;
}

static void ksm_report(const struct ksm_case *c, const struct ksm_run *r)
{
	bool ok = r->result == KSM_PASS || r->result == KSM_SKIP;

	printf("%s %u %s", ok ? "ok" : "not ok",
	       ksm_passed + ksm_failures + ksm_skipped + 1, c->name);
	if (r->profile >= 0)
		printf(".%s", sm_profiles[r->profile].name);
	if (r->result == KSM_SKIP)
		printf(" # SKIP %s", r->shared->why);
	putchar('\n');
	fflush(stdout);
	ksm_passed += r->result == KSM_PASS;
	ksm_skipped += r->result == KSM_SKIP;
	ksm_failures += !ok;
}

/* Together; whom what they leave behind is due to, nobody knows. */
static void ksm_run_together(const struct ksm_case *c, struct ksm_run *runs,
			     unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		ksm_start(c, &runs[i]);
	for (i = 0; i < nr; i++)
		runs[i].result = ksm_finish(&runs[i]);
	if (!ksm_aftermath(c))
		for (i = 0; i < nr; i++)
			runs[i].result = KSM_FAIL;
	for (i = 0; i < nr; i++)
		ksm_report(c, &runs[i]);
}

/* The runs of a case: returns how many. */
static unsigned int ksm_plan(const struct ksm_case *c, __u64 profiles)
{
	unsigned int i, nr = 0;

	if (!(c->flags & KSM_PROFILES)) {
		ksm_runs[0].profile = -1;
		return 1;
	}
	if (c->flags & KSM_DEFECTIVE)
		profiles &= sm_defects[c->param].profiles;
	for (i = 0; i < SM_PROFILE_NR; i++)
		if (profiles >> i & 1)
			ksm_runs[nr++].profile = i;
	return nr;
}

static void ksm_run_case(const struct ksm_case *c, __u64 profiles)
{
	unsigned int i, nr = ksm_plan(c, profiles);

	if (!(c->flags & KSM_ALONE)) {
		ksm_run_together(c, ksm_runs, nr);
		return;
	}
	for (i = 0; i < nr; i++)
		ksm_run_together(c, &ksm_runs[i], 1);
}

/* Where what is shared lies, and what the kernel can do. */
static int ksm_prepare(__u64 *profiles)
{
	struct ksm_shared *shared;
	struct sm_ioc_query q;
	unsigned int i;

	shared = mmap(NULL, SM_PROFILE_NR * sizeof(*shared),
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || ksm_query(&q)) {
		printf("Bail out! %s\n", strerror(errno));
		return KSM_FAIL;
	}
	for (i = 0; i < SM_PROFILE_NR; i++)
		ksm_runs[i].shared = &shared[i];
	*profiles = q.profiles;
	return KSM_PASS;
}

/* Run all cases; returns the exit status of the program. */
int ksm_main(const struct ksm_case *cases, unsigned int nr)
{
	unsigned int i, planned = 0;
	__u64 profiles;

	printf("KTAP version 1\n");
	ksm_log_start();
	if (geteuid() || ksm_module_load()) {
		printf("1..0 # SKIP wants root and a module stalemate\n");
		return KSM_SKIP;
	}
	if (ksm_prepare(&profiles))
		return KSM_FAIL;
	for (i = 0; i < nr; i++)
		planned += ksm_plan(&cases[i], profiles);
	printf("1..%u\n", planned);
	for (i = 0; i < nr; i++)
		ksm_run_case(&cases[i], profiles);
	printf("# Totals: pass:%u fail:%u skip:%u\n", ksm_passed, ksm_failures,
	       ksm_skipped);
	if (ksm_failures)
		return KSM_FAIL;
	return ksm_skipped == planned ? KSM_SKIP : KSM_PASS;
}
