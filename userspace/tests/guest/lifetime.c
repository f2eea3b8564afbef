// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sudden ends. A child storms with threads, two mirrors and two agents, and is
 * killed at a random moment, or closes the device under all of that, or just
 * exits. Each time the module must let go of everything; every tenth time it
 * is unloaded and loaded again; and no mm may stay behind.
 *
 * STALEMATE_TEST_ROUNDS says how many rounds (20), STALEMATE_TEST_SEED repeats
 * their moments.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(4 * KSM_HUGE)
#define SLICE	KSM_HUGE
#define RW	(PROT_READ | PROT_WRITE)

#define STORM_THREADS	3
#define RELEASE_MS	30000
#define MAX_ROUNDS	1000

enum { END_KILL, END_CLOSE, END_CLOSE_UNMAP, END_EXIT, END_NR };

static struct ksm k;
static __u32 mirror[2];
static unsigned int *ready;	/* shared: threads that have made a turn */

static unsigned int rounds(void)
{
	const char *s = getenv("STALEMATE_TEST_ROUNDS");
	unsigned int n = s ? strtoul(s, NULL, 10) : 20;

	return n < 1 ? 1 : n > MAX_ROUNDS ? MAX_ROUNDS : n;
}

/* ---- the child ----------------------------------------------------------- */

static char *slice(unsigned int i)
{
	return (char *)(uintptr_t)(KSM_ARENA + i * SLICE);
}

/* One turn of thread @i; errors are expected once the device is closed. */
static void storm_turn(unsigned int i, unsigned int *seed)
{
	char *p = slice(i);
	__u64 buf[64];
	unsigned int page = rand_r(seed) % 500;

	switch (rand_r(seed) % 6) {
	case 0:
		mmap(p, SLICE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		     0);
		break;
	case 1:
		munmap(p + page * KSM_PAGE, 8 * KSM_PAGE);
		break;
	case 2:
		mprotect(p + page * KSM_PAGE, 4 * KSM_PAGE,
			 rand_r(seed) & 1 ? PROT_READ : RW);
		break;
	case 3:
		madvise(p, SLICE, MADV_DONTNEED);
		break;
	default:
		ksm_access(&k, mirror[page & 1], page & 2 ? SM_ACCESS_WRITE : 0,
			   p + page * KSM_PAGE, buf, sizeof(buf), NULL);
	}
}

static void *storm_thread(void *arg)
{
	unsigned int i = (uintptr_t)arg, seed = i + getpid();

	mmap(slice(i), SLICE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
	     0);
	storm_turn(i, &seed);
	__atomic_fetch_add(ready, 1, __ATOMIC_RELEASE);
	for (;;)
		storm_turn(i, &seed);
	return NULL;
}

static void storm_start(void)
{
	struct sm_ioc_agent_start a = {
		.size = sizeof(a), .start = KSM_ARENA, .end = KSM_ARENA + SIZE,
		.flags = SM_AGENT_READ | SM_AGENT_WRITE, .ring_order = 18,
		.write_word = 1,
	};
	pthread_t thread;
	uintptr_t i;

	ksm_setup(&k, SIZE);
	for (i = 0; i < ARRAY_SIZE(mirror); i++) {
		mirror[i] = ksm_mirror(&k, i ? SM_PROFILE_HMM : SM_PROFILE_KVM);
		a.id = mirror[i];
		ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &a), 0);
	}
	for (i = 0; i < STORM_THREADS; i++)
		ASSERT_EQ(pthread_create(&thread, NULL, storm_thread,
					 (void *)i), 0);
}

static void child(unsigned int end, unsigned int delay)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	storm_start();
	while (__atomic_load_n(ready, __ATOMIC_ACQUIRE) < STORM_THREADS)
		ksm_pause();
	__atomic_fetch_add(ready, 1, __ATOMIC_RELEASE);
	if (end == END_KILL)
		for (;;)
			pause();
	poll(NULL, 0, delay);
	if (end == END_CLOSE_UNMAP)
		ksm_unmap_device(&k);
	if (end != END_EXIT)
		close(k.fd);
	/* And a while without the device. */
	if (end != END_EXIT)
		poll(NULL, 0, delay);
	_exit(0);
}

/* ---- the parent ---------------------------------------------------------- */

static bool storming(void *arg)
{
	siginfo_t dead = { 0 };

	/* It may have failed before it got that far. */
	waitid(P_PID, *(int *)arg, &dead, WEXITED | WNOHANG | WNOWAIT);
	if (dead.si_pid)
		return true;
	return __atomic_load_n(ready, __ATOMIC_ACQUIRE) > STORM_THREADS;
}

static void one_round(unsigned int end, unsigned int delay)
{
	int pid, status;

	*ready = 0;
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		child(end, delay);
	if (end == END_KILL) {
		EXPECT_TRUE(ksm_wait_until(storming, &pid, RELEASE_MS));
		/* The moment is meant to be random: nothing depends on it. */
		poll(NULL, 0, delay);
		kill(pid, SIGKILL);
	}
	status = ksm_child(pid);
	if (!EXPECT_EQ(status, end == END_KILL ? 128 + SIGKILL : 0))
		ksm_note("  end %u, delay %u", end, delay);
	ASSERT_TRUE(ksm_idle(RELEASE_MS, true));
}

static bool unloaded(void *arg)
{
	*(int *)arg = ksm_module_unload();
	return !*(int *)arg;
}

static void reload(void)
{
	int err = 0;

	/* The last fput() of a killed process may still be under way. */
	ksm_wait_until(unloaded, &err, RELEASE_MS);
	ASSERT_EQ(err, 0);
	ASSERT_EQ(ksm_module_load(), 0);
}

/* Live mm_structs, or -1; shrinking flushes what slab only caches. */
static long live_mms(void)
{
	int fd = open("/sys/kernel/slab/mm_struct/shrink", O_WRONLY);
	char line[256];
	long active = -1;
	FILE *f;

	if (fd >= 0 && write(fd, "1", 1) != 1)
		ksm_note("mm_struct: cannot shrink the cache");
	if (fd >= 0)
		close(fd);
	f = fopen("/proc/slabinfo", "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "mm_struct %ld", &active) == 1)
			break;
	fclose(f);
	return active;
}

/* One mm lost each round would make two thirds of the rounds. */
static void expect_no_trend(const long *mms, unsigned int n)
{
	long first = 0, last = 0;
	unsigned int i, third = n / 3;

	if (third < 3 || mms[0] < 0) {
		ksm_note("mm_struct: no trend to be had");
		return;
	}
	for (i = 0; i < third; i++) {
		first += mms[i];
		last += mms[n - 1 - i];
	}
	ksm_note("mm_struct: %ld, then %ld", first / third, last / third);
	EXPECT_LT(last / third - first / third, (long)third);
}

static void sudden_ends(void)
{
	static long mms[MAX_ROUNDS];
	const char *s = getenv("STALEMATE_TEST_SEED");
	unsigned int seed = s ? strtoul(s, NULL, 10) : ksm_now_ms();
	unsigned int i, n = rounds();

	ready = mmap(NULL, KSM_PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(ready != MAP_FAILED);
	ksm_note("%u rounds, seed %u", n, seed);
	ksm_timeout(60 + n * 60);
	for (i = 0; i < n && !ksm_failed(); i++) {
		one_round(i % 2 ? 1 + i / 2 % (END_NR - 1) : END_KILL,
			  rand_r(&seed) % 50);
		if (i % 10 == 9)
			reload();
		mms[i] = live_mms();
		if (!EXPECT_EQ(ksm_log_splats(), 0))
			ksm_note("  after round %u", i);
	}
	if (!ksm_failed())
		expect_no_trend(mms, n);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(sudden_ends),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
