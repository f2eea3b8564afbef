// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel says while a driver lets go, when the run is all but over: a
 * module that warns stands in for a driver that warns when its region, or its
 * machine, is destroyed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/backends.h"
#include "base/ops.h"
#include "ksm.h"
#include "run/choose.h"
#include "run/run.h"
#include "session/allow.h"
#include "session/oracle_kernel.h"
#include "tests/one_backend.h"

static struct sm_run_result result;
static struct sm_allow allow;
static struct sm_wire wire;

static int command(const char *name, const char *arg)
{
	int status, pid = fork();

	if (!pid) {
		execlp(name, name, "sm_oops", arg, (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void warn_at_the_end(struct sm_host *host)
{
	sm_template_backend.detach(host);
	EXPECT_EQ(command("modprobe", "how=warn"), 0);
	EXPECT_EQ(command("rmmod", NULL), 0);
}

/* It looks like the kernel's, but for who wrote it. */
static void write_at_the_end(struct sm_host *host)
{
	static const char line[] = "<4>WARNING: CPU: 0 PID: 1 at here";
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	sm_template_backend.detach(host);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(write(fd, line, strlen(line)), strlen(line));
	close(fd);
}

/* As the session does. */
static void hear(void *arg, const char *line, int pid)
{
	struct sm_finding *f = &result.findings[result.nr_findings++];

	(void)arg;
	(void)pid;
	result.violations_total++;
	snprintf(f->oracle, sizeof(f->oracle), "kernel");
	snprintf(f->text, sizeof(f->text), "%s", line);
}

/* Nothing is said of it: it fails where what is missing would be. */
static void miss(void *arg, uint64_t nr)
{
	(void)arg;
	(void)nr;
}

static struct sm_oracle_kernel listener = { .hear = hear, .miss = miss };

/* Some that are rare meet bugs of a kernel: 6.1 tells of half pages (op uprobe). */
static struct sm_set usual_ops(void)
{
	struct sm_set ops = sm_set_below(SM_MAX_OPS);
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (sm_ops[row].rare)
			sm_set_remove(&ops, row);
	return ops;
}

static enum sm_verdict run(void (*detach)(struct sm_host *host))
{
	struct sm_backend backend = sm_template_backend;
	struct sm_run_spec spec = {
		.backend = &backend,
		.ops = usual_ops(),
		.threads = 1,
		.arena = 2 * SM_GRANULE_SIZE,
		.memory = SM_BIT(SM_MEM_ANON),
		.count = 20,
		.seed = 1,
		.allow = &allow,
	};

	one_backend(&backend);
	backend.detach = detach;
	memset(&wire, 0, sizeof(wire));
	sm_oracle_kernel_begin(&listener, &spec);
	sm_run(&spec, &wire);
	result = wire.result;
	sm_oracle_kernel_end(&listener, &spec, &result);
	if (result.violations_total)
		result.verdict = SM_FAIL;
	if (result.reason[0])
		ksm_note("%s", result.reason);
	EXPECT_EQ(result.log_lost, 0);
	return result.verdict;
}

static void need_template(void)
{
	char why[128];

	if (sm_template_backend.probe(why, sizeof(why)) != SM_PASS)
		ksm_skip(why);
}

/* Leaves a WARN in the log, which a strict guest counts as fatal. */
static void need_splat(void)
{
	need_template();
	if (access("/proc/kallsyms", R_OK))
		ksm_skip("a WARN does not name its module (CONFIG_KALLSYMS)");
	if (!getenv("STALEMATE_TEST_SPLAT"))
		ksm_skip("wants STALEMATE_TEST_SPLAT=1: it leaves a WARN");
}

static void a_warning_is_heard(void)
{
	need_splat();
	ASSERT_EQ(run(warn_at_the_end), SM_FAIL);
	EXPECT_EQ(result.violations_total, 1);
	EXPECT_EQ(strcmp(result.findings[0].oracle, "kernel"), 0);
	EXPECT_TRUE(strstr(result.findings[0].text, "sm_oops"));
}

static void a_warning_is_excused(void)
{
	char why[256];

	need_splat();
	ASSERT_EQ(sm_allow_add(&allow, "sm_oops", why, sizeof(why)), 0);
	EXPECT_EQ(run(warn_at_the_end), SM_PASS);
	EXPECT_EQ(result.log_excused, 1);
}

static void a_program_says_nothing(void)
{
	need_template();
	EXPECT_EQ(run(write_at_the_end), SM_PASS);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(a_program_says_nothing),
		{ .name = "a_warning_is_heard", .run = a_warning_is_heard,
		  .flags = KSM_SPLATS },
		{ .name = "a_warning_is_excused", .run = a_warning_is_excused,
		  .flags = KSM_SPLATS },
	};

	if (sm_choose_fill(sm_backends))
		return 1;
	return ksm_main(cases, ARRAY_SIZE(cases));
}
