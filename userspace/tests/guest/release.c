// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner dies while its parent holds the file: nothing may be kept of it,
 * and the device must not touch its memory any more.
 *
 *	child			parent
 *	open, fault pages in
 *	stops itself
 *				takes the file over
 *				-EPERM: not its mm
 *				lets it go on (or kills it), waits
 *	exits
 *				-ESRCH; snapshot empty; QUERY answers
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(2 * KSM_HUGE)
#define PAGES	32
#define RELEASE_MS	20000

static struct ksm k;
static int *shared_fd;
static __u64 ent[PAGES];

/* What the child does once it may go on. */
static bool execs;

static void child(bool agents, unsigned int defect)
{
	struct sm_ioc_agent_start a = {
		.size = sizeof(a), .ring_order = 18,
		.flags = SM_AGENT_READ | SM_AGENT_WRITE, .start = KSM_ARENA,
		.end = KSM_ARENA + PAGES * KSM_PAGE, .write_word = 3,
	};
	__u64 value;
	__u32 id;
	char *p;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ksm_setup(&k, SIZE);
	id = ksm_mirror_with(&k, ksm_profile, defect);
	ASSERT_EQ(id, 0);
	p = ksm_map(&k, 0, PAGES * KSM_PAGE, PROT_READ | PROT_WRITE);
	ksm_fill(p, PAGES * KSM_PAGE);
	ASSERT_EQ(ksm_fault(&k, id, ksm_use(), p, PAGES * KSM_PAGE), 0);
	ASSERT_EQ(ksm_read(&k, id, p, &value), 0);
	if (agents)
		ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &a), 0);
	*shared_fd = k.fd;
	raise(SIGSTOP);
	if (execs)
		execl("/proc/self/exe", "release", "idle", (char *)NULL);
	_exit(0);
}

/* A child that has got as far as the stop, and its file in k. */
static int begin(bool agents, unsigned int defect)
{
	int status, pid;

	shared_fd = mmap(NULL, KSM_PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(shared_fd != MAP_FAILED);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		child(agents, defect);
	ASSERT_EQ(waitpid(pid, &status, WUNTRACED), pid);
	if (!WIFSTOPPED(status))
		_exit(WEXITSTATUS(status));
	ksm_adopt(&k, pid, *shared_fd);
	return pid;
}

static const char *arena(void)
{
	return (const char *)(uintptr_t)KSM_ARENA;
}

/* The last reference to the mm may be dropped by an agent, a little later. */
static bool gone(void *arg)
{
	__u64 value;

	(void)arg;
	return ksm_read(&k, 0, arena(), &value) == -ESRCH;
}

/* Nobody may use the mm from its last reference on; notifiers hear of that later. */
static bool emptied(void *arg)
{
	(void)arg;
	return !ksm_stats(&k, 0).present;
}

static void expect_released(void)
{
	struct sm_ioc_query q = { .size = sizeof(q) };
	struct sm_ioc_check c = {
		.size = sizeof(c), .start = KSM_ARENA, .end = KSM_ARENA + SIZE,
	};

	EXPECT_TRUE(ksm_wait_until(gone, NULL, RELEASE_MS));
	EXPECT_TRUE(ksm_wait_until(emptied, NULL, RELEASE_MS));
	EXPECT_EQ(ksm_snapshot(&k, 0, arena(), PAGES, ent), 0);
	EXPECT_EQ(ksm_entry(&k, 0, arena()).entry, 0);
	EXPECT_EQ(ksm_write(&k, 0, arena(), 1), -ESRCH);
	EXPECT_EQ(ksm_fault(&k, 0, 0, arena(), KSM_PAGE), -ESRCH);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_CHECK, &c), -ESRCH);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_LATE), 0);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_QUERY, &q), 0);
	EXPECT_EQ(q.contexts, 1);
	EXPECT_EQ(q.mirrors, 1);
	EXPECT_TRUE(mmap(NULL, KSM_PAGE, PROT_READ, MAP_SHARED, k.fd,
			 SM_MAP_WITNESS) == MAP_FAILED);
}

static void owner_exits(void)
{
	int pid = begin(false, KSM_NO_DEFECT);
	__u64 value;

	EXPECT_EQ(ksm_read(&k, 0, arena(), &value), -EPERM);
	kill(pid, SIGCONT);
	EXPECT_EQ(ksm_child(pid), 0);
	expect_released();
}

static void owner_killed(void)
{
	int pid = begin(false, KSM_NO_DEFECT);

	kill(pid, SIGKILL);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
	expect_released();
}

static void owner_killed_under_agents(void)
{
	int pid = begin(true, KSM_NO_DEFECT);

	kill(pid, SIGKILL);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
	expect_released();
}

/* The process lives on, but in another mm: the device has to let go as well. */
static void owner_execs_under_agents(void)
{
	int pid;

	execs = true;
	pid = begin(true, KSM_NO_DEFECT);
	kill(pid, SIGCONT);
	expect_released();
	EXPECT_EQ(kill(pid, 0), 0);
	kill(pid, SIGKILL);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
}

/* The seeded defect: what the rest of this file looks for is really seen. */
static void no_release(void)
{
	int pid = begin(false, ksm_param);
	__u64 value;
	int err;

	kill(pid, SIGKILL);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
	EXPECT_EQ(ksm_snapshot(&k, 0, arena(), PAGES, ent), PAGES);
	err = ksm_read(&k, 0, arena(), &value);
	EXPECT_EQ(err, 0);
	/* What is only flushed is flushed no more, so nothing says that it is late. */
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_LATE), ksm_info()->flushed ? 0 : 1);
}

/* It is gone from the table, and a device goes on with what it has kept of that. */
static void no_flush(void)
{
	struct sm_violation v[2];
	int pid = begin(false, ksm_param);

	kill(pid, SIGKILL);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
	EXPECT_TRUE(ksm_wait_until(gone, NULL, RELEASE_MS));
	EXPECT_EQ(ksm_stats(&k, 0).present, 0);
	ASSERT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 1);
	EXPECT_EQ(v[0].oracle, SM_ORACLE_LATE);
	EXPECT_EQ(v[0].va, KSM_ARENA);
	EXPECT_EQ(v[0].detail, SM_ACCESS_KEPT);
}

/* The parent closes first, the owner lives on. */
static void parent_closes(void)
{
	struct sm_ioc_query q;
	int pid = begin(true, KSM_NO_DEFECT);

	close(k.fd);
	EXPECT_EQ(ksm_query(&q), 0);
	EXPECT_EQ(q.contexts, 1);
	EXPECT_EQ(q.agents, 1);
	kill(pid, SIGCONT);
	EXPECT_EQ(ksm_child(pid), 0);
	EXPECT_TRUE(ksm_idle(RELEASE_MS, true));
}

int main(int argc, char **argv)
{
	static const struct ksm_case cases[] = {
		KSM_EACH_ALONE(owner_exits),
		KSM_EACH_ALONE(owner_killed),
		KSM_EACH_ALONE(owner_killed_under_agents),
		KSM_EACH_ALONE(owner_execs_under_agents),
		KSM_EACH_WITH(NO_RELEASE, no_release),
		KSM_EACH_WITH(EXIT_NO_FLUSH, no_flush),
		KSM_EACH_ALONE(parent_closes),
	};

	if (argc == 2 && !strcmp(argv[1], "idle"))
		return pause();
	return ksm_main(cases, ARRAY_SIZE(cases));
}
