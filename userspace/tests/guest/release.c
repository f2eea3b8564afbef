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

static void child(bool agents, bool defect)
{
	struct sm_ioc_agent_start a = {
		.size = sizeof(a), .ring_order = 18,
		.flags = SM_AGENT_READ | SM_AGENT_WRITE, .start = KSM_ARENA,
		.end = KSM_ARENA + PAGES * KSM_PAGE, .write_word = 3,
	};
	__u32 id;
	char *p;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, ksm_param,
			defect ? 1ULL << SM_DEFECT_NO_RELEASE : 0);
	ASSERT_EQ(id, 0);
	p = ksm_map(&k, 0, PAGES * KSM_PAGE, PROT_READ | PROT_WRITE);
	ksm_fill(p, PAGES * KSM_PAGE);
	ASSERT_EQ(ksm_fault(&k, id, SM_FAULT_WRITE, p, PAGES * KSM_PAGE), 0);
	if (agents)
		ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &a), 0);
	*shared_fd = k.fd;
	raise(SIGSTOP);
	if (execs)
		execl("/proc/self/exe", "release", "idle", (char *)NULL);
	_exit(0);
}

/* A child that has got as far as the stop, and its file in k. */
static int begin(bool agents, bool defect)
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

static void expect_released(void)
{
	struct sm_ioc_query q = { .size = sizeof(q) };
	struct sm_ioc_check c = {
		.size = sizeof(c), .start = KSM_ARENA, .end = KSM_ARENA + SIZE,
	};

	EXPECT_TRUE(ksm_wait_until(gone, NULL, RELEASE_MS));
	EXPECT_EQ(ksm_snapshot(&k, 0, arena(), PAGES, ent), 0);
	EXPECT_EQ(ksm_stats(&k, 0).present, 0);
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
	int pid = begin(false, false);
	__u64 value;

	EXPECT_EQ(ksm_read(&k, 0, arena(), &value), -EPERM);
	kill(pid, SIGCONT);
	EXPECT_EQ(ksm_child(pid), 0);
	expect_released();
}

static void owner_killed(void)
{
	int pid = begin(false, false);

	kill(pid, SIGKILL);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
	expect_released();
}

static void owner_killed_under_agents(void)
{
	int pid = begin(true, false);

	kill(pid, SIGKILL);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
	expect_released();
}

/* The process lives on, but in another mm: the device has to let go as well. */
static void owner_execs_under_agents(void)
{
	int pid;

	execs = true;
	pid = begin(true, false);
	kill(pid, SIGCONT);
	expect_released();
	EXPECT_EQ(kill(pid, 0), 0);
	kill(pid, SIGKILL);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
}

/* The seeded defect: what the rest of this file looks for is really seen. */
static void no_release(void)
{
	int pid = begin(false, true);
	__u64 value;
	int err;

	kill(pid, SIGKILL);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
	EXPECT_EQ(ksm_snapshot(&k, 0, arena(), PAGES, ent), PAGES);
	err = ksm_read(&k, 0, arena(), &value);
	EXPECT_EQ(err, 0);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_LATE), 1);
}

/* The parent closes first, the owner lives on. */
static void parent_closes(void)
{
	struct sm_ioc_query q;
	int pid = begin(true, false);

	close(k.fd);
	EXPECT_EQ(ksm_query(&q), 0);
	EXPECT_EQ(q.contexts, 1);
	EXPECT_EQ(q.agents, 1);
	kill(pid, SIGCONT);
	EXPECT_EQ(ksm_child(pid), 0);
	EXPECT_TRUE(ksm_idle(RELEASE_MS, true));
}

#define FAMILY(fn, called, profile)					\
	{ .name = #fn "." called, .run = fn, .param = SM_PROFILE_##profile }

int main(int argc, char **argv)
{
	static const struct ksm_case cases[] = {
		KSM_KVM(owner_exits),
		KSM_HMM(owner_exits),
		KSM_TWO(owner_exits),
		KSM_KVM(owner_killed),
		KSM_HMM(owner_killed),
		KSM_TWO(owner_killed),
		KSM_KVM(owner_killed_under_agents),
		KSM_HMM(owner_killed_under_agents),
		KSM_TWO(owner_killed_under_agents),
		KSM_KVM(owner_execs_under_agents),
		KSM_HMM(owner_execs_under_agents),
		KSM_TWO(owner_execs_under_agents),
		FAMILY(owner_execs_under_agents, "amdgpu", AMDGPU),
		FAMILY(owner_execs_under_agents, "hfi1", HFI1),
		FAMILY(owner_execs_under_agents, "scif", SCIF),
		FAMILY(owner_execs_under_agents, "gru", GRU),
		FAMILY(owner_execs_under_agents, "intel-svm", INTEL_SVM),
		FAMILY(owner_killed_under_agents, "amdgpu", AMDGPU),
		FAMILY(owner_killed_under_agents, "scif", SCIF),
		FAMILY(owner_killed_under_agents, "intel-svm", INTEL_SVM),
		KSM_KVM(no_release),
		KSM_KVM(parent_closes),
		KSM_HMM(parent_closes),
		KSM_TWO(parent_closes),
	};

	if (argc == 2 && !strcmp(argv[1], "idle"))
		return pause();
	return ksm_main(cases, ARRAY_SIZE(cases));
}
