// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody else holds the mmap_lock of a process, for as long as he likes. Whoever
 * waits for it in the module, to fault, check or migrate, can be killed, and then
 * keeps nothing of the context: others can make and destroy what they want. An agent
 * that waits for it can be stopped.
 *
 * But for SM_IOC_SETUP and SM_IOC_MIRROR_CREATE: the core takes that lock to register
 * a notifier, and nobody can be killed who waits for it there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#define PAGES		16
#define LEN		(PAGES * KSM_PAGE)
#define STACK		(16 * KSM_PAGE)
#define HOLD_MS		20000	/* ends a test that has failed */
#define CASE_S		60
#define AGENT_NS	10000000

static struct ksm k;
static __u32 mirror;
static int (*held_call)(void);
static int *let_go;	/* shared: the lock is not held any more */
static int to_holder[2], from_holder[2];

/* ---- who holds the lock --------------------------------------------------- */

static int sm_oops(const char *command, const char *how, const char *pid)
{
	int status, child = fork();

	if (!child) {
		execlp(command, command, "sm_oops", how, pid, (char *)NULL);
		_exit(127);
	}
	return waitpid(child, &status, 0) == child ? status : -1;
}

/* The thread that takes the lock says so when it has it. */
static bool is_held(void *log)
{
	char line[1024];
	ssize_t n = read(*(int *)log, line, sizeof(line) - 1);

	line[n > 0 ? n : 0] = '\0';

	return strstr(line, "sm_oops: holds mmap_lock");
}

/* Hold it until told to let go, or for so long that the test has failed. */
static _Noreturn void holder(int parent)
{
	struct pollfd told = { .fd = to_holder[0], .events = POLLIN };
	char pid[32], answer = 'n';
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	/* Not before the parent has all its pages to itself again. */
	if (read(to_holder[0], pid, 1) != 1)
		_exit(1);
	snprintf(pid, sizeof(pid), "pid=%d", parent);
	lseek(log, 0, SEEK_END);
	if (!sm_oops("modprobe", "how=hold", pid) &&
	    ksm_wait_until(is_held, &log, HOLD_MS))
		answer = 'y';
	if (write(from_holder[1], &answer, 1) == 1)
		poll(&told, 1, HOLD_MS);
	KSM_STORE(*let_go, 1);
	sm_oops("rmmod", NULL, NULL);
	_exit(0);
}

static int hold(void)
{
	int parent = getpid(), pid;
	char answer;

	let_go = mmap(NULL, KSM_PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(let_go, MAP_FAILED);
	ASSERT_EQ(pipe2(to_holder, O_CLOEXEC) | pipe2(from_holder, O_CLOEXEC),
		  0);
	pid = fork();
	if (!pid)
		holder(parent);
	/* Soon we cannot take a page fault; and the clock's page cannot be locked. */
	ASSERT_EQ(mlockall(MCL_CURRENT), 0);
	ksm_now_ms();
	ASSERT_EQ(write(to_holder[1], "", 1), 1);
	ASSERT_EQ(read(from_holder[0], &answer, 1), 1);
	if (answer != 'y')
		ksm_skip("no sm_oops in this guest");
	return pid;
}

/* ---- who waits for it ----------------------------------------------------- */

static int waiter(void *unused)
{
	(void)unused;
	_exit(held_call() ? 1 : 0);
}

static int call_fault(void)
{
	return ksm_fault(&k, mirror, 0, (void *)k.start, LEN);
}

static int call_check(void)
{
	struct sm_ioc_check c = {
		.size = sizeof(c), .id = mirror,
		.start = k.start, .end = k.start + LEN,
	};

	return ksm_ioctl(k.fd, SM_IOC_CHECK, &c);
}

static int call_migrate(void)
{
	struct sm_ioc_migrate g = {
		.size = sizeof(g),
		.start = k.start, .end = k.start + LEN,
	};

	return ksm_ioctl(k.fd, SM_IOC_MIGRATE, &g);
}

/* @text is empty if there is nothing to read. Takes no memory. */
static void proc_read(int pid, const char *file, char *text, size_t size)
{
	char path[32];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
}

/* In uninterruptible sleep, as /proc calls any that a signal does not end. */
static bool is_waiting(void *pid)
{
	char stat[256], *state;

	proc_read(*(int *)pid, "stat", stat, sizeof(stat));
	state = strrchr(stat, ')');

	return state && state[1] == ' ' && state[2] == 'D';
}

/* The mm's other process: only it is killed, so there is somebody left to look. */
static void killed_in(int (*call)(void))
{
	/* Wants the context's semaphore for writing, and nothing else. */
	struct sm_ioc_agent_stop nobody = { .size = sizeof(nobody) };
	int keeper, pid, status;
	char *stack;

	held_call = call;
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(stack, MAP_FAILED);
	ksm_timeout(CASE_S);

	keeper = hold();
	pid = clone(waiter, stack + STACK, CLONE_VM | SIGCHLD, NULL);
	ASSERT_GE(pid, 0);
	EXPECT_TRUE(ksm_wait_until(is_waiting, &pid, HOLD_MS / 2));
	EXPECT_EQ(kill(pid, SIGKILL), 0);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_STOP, &nobody), -ENOENT);
	EXPECT_EQ(KSM_LOAD(*let_go), 0);

	EXPECT_EQ(write(to_holder[1], "", 1), 1);
	EXPECT_EQ(waitpid(keeper, &status, 0), keeper);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void begin(void)
{
	char *p;

	ksm_setup(&k, KSM_HUGE);
	p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	ksm_fill(p, LEN);
	mirror = ksm_mirror(&k, ksm_profile);
}

static void in_a_fault(void)
{
	begin();
	killed_in(call_fault);
}

static void in_a_check(void)
{
	begin();
	EXPECT_EQ(call_fault(), 0);
	killed_in(call_check);
}

static void in_a_migration(void)
{
	struct sm_ioc_query q;

	begin();
	ASSERT_EQ(ksm_query(&q), 0);
	if (!(q.features & SM_FEATURE_MIGRATE))
		ksm_skip("no migration in this kernel");
	killed_in(call_migrate);
}

/* The kernel thread of the mirror's agent, or 0. */
static int agent_pid(void)
{
	DIR *proc = opendir("/proc");
	char name[32], comm[32];
	struct dirent *d;
	int pid = 0;

	ASSERT_TRUE(proc);
	snprintf(name, sizeof(name), "sm_agent/%u\n", mirror);
	while (!pid && (d = readdir(proc))) {
		proc_read(atoi(d->d_name), "comm", comm, sizeof(comm));
		if (!strcmp(comm, name))
			pid = atoi(d->d_name);
	}
	closedir(proc);
	return pid;
}

/* One that drops entries all the time, and so has to fault. */
static __u32 agent_start(void)
{
	struct sm_ioc_agent_start a = {
		.size = sizeof(a), .id = mirror, .ring_order = 14, .seed = 1,
		.flags = SM_AGENT_READ | SM_AGENT_EVICT,
		.interval_ns = AGENT_NS,
		.start = k.start, .end = k.start + LEN,
	};
	struct sm_agent_ring *ring;

	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &a), 0);
	ring = mmap(NULL, a.map_size, PROT_READ | PROT_WRITE, MAP_SHARED, k.fd,
		    SM_MAP_AGENT(a.agent));
	ASSERT_NE(ring, MAP_FAILED);
	KSM_STORE(ring->aim_start, k.start);
	KSM_STORE(ring->aim_end, k.start + LEN);
	return a.agent;
}

static void in_an_agent(void)
{
	struct sm_ioc_agent_stop stop = { .size = sizeof(stop) };
	int keeper, pid, status;

	begin();
	ksm_timeout(CASE_S);
	stop.agent = agent_start();
	pid = agent_pid();
	ASSERT_NE(pid, 0);

	keeper = hold();
	EXPECT_TRUE(ksm_wait_until(is_waiting, &pid, HOLD_MS / 2));
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_STOP, &stop), 0);
	EXPECT_EQ(KSM_LOAD(*let_go), 0);

	EXPECT_EQ(write(to_holder[1], "", 1), 1);
	EXPECT_EQ(waitpid(keeper, &status, 0), keeper);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH_ALONE(in_a_fault),
		KSM_CASE(in_a_check),
		KSM_CASE(in_a_migration),
		KSM_CASE(in_an_agent),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
