// SPDX-License-Identifier: GPL-2.0-only
/*
 * As in failnth.c, but where nobody has made a call that could fail: in an agent's
 * thread, and at the end of a process.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE		(2 * KSM_HUGE)
#define RW		(PROT_READ | PROT_WRITE)
#define PAGES		4
#define LEN		(PAGES * KSM_PAGE)
#define EXIT_PLACES	500	/* more than there are */
#define EXIT_QUIET	24	/* in a row that the kernel says nothing of */
#define AGENT_PLACES	24	/* some rounds: an agent has no last place */
#define AGENT_MS	10000

static struct ksm k;
static char *page;
static void *mapped;
static struct sm_ioc_agent_start agent;

static void start_agent(__u32 mirror)
{
	agent = (struct sm_ioc_agent_start){
		.size = sizeof(agent), .id = mirror,
		.flags = SM_AGENT_READ | SM_AGENT_WRITE, .ring_order = 6,
		.start = k.start, .end = k.start + LEN,
		.write_word = 1,
	};
	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &agent), 0);
}

/* ---- an agent, in its own thread ------------------------------------------ */

static int agent_fail_nth(void)
{
	DIR *dir = opendir("/proc");
	char path[300], comm[32] = "";
	struct dirent *d;
	int fd;

	ASSERT_TRUE(dir);
	while ((d = readdir(dir))) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", d->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, comm, sizeof(comm) - 1) < 0)
			comm[0] = 0;
		close(fd);
		if (!strncmp(comm, "sm_agent/", 9))
			break;
	}
	ASSERT_TRUE(d);
	snprintf(path, sizeof(path), "/proc/%s/fail-nth", d->d_name);
	closedir(dir);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* New pages all the time, and room in the ring: the agent has to fault. */
static bool agent_met_it(void *arg)
{
	struct sm_agent_ring *ring = mapped;

	madvise(page, LEN, MADV_DONTNEED);
	KSM_STORE(ring->tail, KSM_LOAD(ring->head));
	return !ksm_nth_left(*(int *)arg);
}

static bool agent_goes_on(void *arg)
{
	struct sm_agent_ring *ring = mapped;

	agent_met_it(arg);
	return KSM_LOAD(ring->accesses) > agent.seed;
}

static void agents_go_on(void)
{
	struct sm_agent_ring *ring;
	unsigned int nth;
	int fd;

	ksm_nth_start();
	ksm_setup(&k, SIZE);
	page = ksm_map(&k, 0, LEN, RW);
	start_agent(ksm_mirror(&k, SM_PROFILE_HMM));
	mapped = mmap(NULL, agent.map_size, RW, MAP_SHARED, k.fd,
		      SM_MAP_AGENT(agent.agent));
	ASSERT_TRUE(mapped != MAP_FAILED);
	ring = mapped;
	fd = agent_fail_nth();
	ASSERT_GE(fd, 0);
	for (nth = 1; nth <= AGENT_PLACES && !ksm_failed(); nth++) {
		ksm_nth_arm(fd, nth);
		EXPECT_TRUE(ksm_wait_until(agent_met_it, &fd, AGENT_MS));
		agent.seed = KSM_LOAD(ring->accesses) + 1;
		EXPECT_TRUE(ksm_wait_until(agent_goes_on, &fd, AGENT_MS));
		EXPECT_EQ(ksm_log_splats(), 0);
	}
	ksm_note("refused %llu of %llu accesses", ring->refused,
		 ring->accesses);
	EXPECT_GT(ring->refused, 0);
	EXPECT_EQ(ring->ended, 0);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_LATE), 0);
}

/* ---- the end of a process ------------------------------------------------- */

/* A context that holds one of each; nothing of it is mapped. */
static void set_up_whole(void)
{
	__u32 mirror;

	k.fd = ksm_open();
	ASSERT_GE(k.fd, 0);
	k.setup = (struct sm_ioc_setup){
		.size = sizeof(k.setup),
		.ring_order = 8,
		.start = KSM_ARENA,
		.end = KSM_ARENA + SIZE,
		.cookie = KSM_COOKIE,
	};
	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_SETUP, &k.setup), 0);
	k.start = KSM_ARENA;
	k.end = KSM_ARENA + SIZE;
	mirror = ksm_mirror(&k, SM_PROFILE_HMM);
	ASSERT_EQ(ksm_fault(&k, mirror, 0, page, KSM_PAGE), 0);
	start_agent(mirror);
}

static void end_with(unsigned int nth)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	page = (char *)(uintptr_t)KSM_ARENA;
	set_up_whole();
	ksm_nth_arm(fd, nth);
	_exit(0);
}

/* Does the kernel say so when a place fails? */
static void expect_told(void)
{
	ksm_nth_tell();
	ksm_nth_arm(ksm_nth, 1);
	EXPECT_LT(ksm_open(), 0);
	EXPECT_TRUE(ksm_nth_disarm());
	EXPECT_EQ(ksm_log_splats(), 0);
	EXPECT_GT(ksm_log_faults, 0);
}

/*
 * Until there was none for long. What may fail quietly, as the batches of pages
 * that are being freed, is not told of.
 */
static void ends_are_clean(void)
{
	unsigned int nth, told, quiet = 0;

	ksm_nth_start();
	expect_told();
	k.start = KSM_ARENA;
	ksm_fill(ksm_map(&k, 0, LEN, RW), LEN);
	ksm_timeout(600);
	for (nth = 1; quiet < EXIT_QUIET && !ksm_failed(); nth++) {
		int pid = fork();

		ASSERT_TRUE(nth < EXIT_PLACES);
		ASSERT_GE(pid, 0);
		if (!pid)
			end_with(nth);
		EXPECT_EQ(ksm_child(pid), 0);
		ASSERT_TRUE(ksm_idle(AGENT_MS, true));
		told = ksm_log_faults;
		EXPECT_EQ(ksm_log_splats(), 0);
		quiet = ksm_log_faults == told ? quiet + 1 : 0;
	}
	ksm_note("exit: %u places, the last ones quiet", nth - 1);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(agents_go_on),
		KSM_CASE(ends_are_clean),
	};

	return ksm_nth_main(cases, ARRAY_SIZE(cases));
}
