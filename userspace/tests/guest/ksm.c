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

/* Shared with the process of the case and its children. */
static struct {
	char why[128];
	int failed;
} *ksm_shared;

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

static int ksm_run_case(const struct ksm_case *c)
{
	int status, pid;

	memset(ksm_shared, 0, sizeof(*ksm_shared));
	ksm_param = c->param;
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		ksm_note("fork: %s", strerror(errno));
		return KSM_FAIL;
	}
	if (!pid) {
		alarm(KSM_CASE_SECONDS);
		c->run();
		ksm_end();
	}
	if (waitpid(pid, &status, 0) != pid)
		return KSM_FAIL;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	ksm_note("killed by signal %d (%s)", WTERMSIG(status),
		 strsignal(WTERMSIG(status)));
	return KSM_FAIL;
}

/* What a case may not leave behind, whatever became of it. */
static int ksm_aftermath(const struct ksm_case *c, int result)
{
	if (!ksm_idle(KSM_IDLE_MS, true))
		result = KSM_FAIL;
	if (ksm_log_splats() && !(c->flags & KSM_SPLATS)) {
		ksm_note("the kernel complained");
		result = KSM_FAIL;
	}
	return result;
}

static void ksm_report(unsigned int nr, const char *name, int result)
{
	if (result == KSM_PASS)
		printf("ok %u %s\n", nr, name);
	else if (result == KSM_SKIP)
		printf("ok %u %s # SKIP %s\n", nr, name, ksm_shared->why);
	else
		printf("not ok %u %s\n", nr, name);
	fflush(stdout);
}

/* Run all cases; returns the exit status of the program. */
int ksm_main(const struct ksm_case *cases, unsigned int nr)
{
	unsigned int i, failed = 0, skipped = 0;

	printf("KTAP version 1\n");
	ksm_shared = mmap(NULL, KSM_PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ksm_shared == MAP_FAILED) {
		printf("Bail out! mmap: %s\n", strerror(errno));
		return KSM_FAIL;
	}
	ksm_log_start();
	if (geteuid() || ksm_module_load()) {
		printf("1..0 # SKIP wants root and a module stalemate\n");
		return KSM_SKIP;
	}
	printf("1..%u\n", nr);
	for (i = 0; i < nr; i++) {
		int result = ksm_run_case(&cases[i]);

		result = ksm_aftermath(&cases[i], result);
		ksm_report(i + 1, cases[i].name, result);
		failed += result != KSM_PASS && result != KSM_SKIP;
		skipped += result == KSM_SKIP;
	}
	printf("# Totals: pass:%u fail:%u skip:%u\n", nr - failed - skipped,
	       failed, skipped);
	if (failed)
		return KSM_FAIL;
	return skipped == nr ? KSM_SKIP : KSM_PASS;
}
