// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long-running jobs of stalemate_drm.ko, which have no fence: that an invalidation
 * preempts them and waits until they are, that they go on afterwards, and hold nobody
 * up. KTAP; 4 is skip.
 */
#include <stdio.h>

#include "drm_kit.h"

#ifdef HAVE_DRM

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_PAGES	64
#define LONG_SIZE	(LONG_PAGES * PAGE)
#define OTHER		(VM_START + VM_SIZE / 4)

static int open_long(void)
{
	return open_as(DRM_STALEMATE_VM_LR);
}

static int fill_long(int fd, __u64 va, __u64 len, __u64 value)
{
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_FILL, .dst = va, .len = len,
		.value = value,
	};

	return run(fd, &c, 1, NULL, 0);
}

/* A job that takes long: it fills the pages at VM_START again and again. */
static __u64 submit_long(int fd, __u32 ring, __u64 *p)
{
	static struct drm_stalemate_cmd c[DRM_STALEMATE_MAX_CMDS];
	unsigned int i;
	__u64 seqno;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = (struct drm_stalemate_cmd){
			.op = DRM_STALEMATE_OP_FILL, .dst = VM_START,
			.len = LONG_SIZE, .value = i + 1,
		};
	CHECK(!submit(fd, ring, c, ARRAY_SIZE(c), NULL, 0, &seqno));
	while (!__atomic_load_n(p, __ATOMIC_ACQUIRE))
		sched_yield();

	return seqno;
}

/* A job that waits for a word of RESULT. */
static __u64 submit_waiting(int fd, __u32 ring)
{
	const struct drm_stalemate_cmd c[] = {
		{ .op = DRM_STALEMATE_OP_WRITE, .dst = RESULT + 8, .value = 1 },
		{ .op = DRM_STALEMATE_OP_WAIT, .src = RESULT, .value = 1,
		  .mask = ~0ULL },
	};
	__u64 seqno;

	CHECK(!submit(fd, ring, c, 2, NULL, 0, &seqno));

	return seqno;
}

static bool has_ended(int fd, __u32 ring, __u64 seqno)
{
	struct drm_stalemate_wait w = { .ring = ring, .seqno = seqno };

	return call(fd, DRM_IOCTL_STALEMATE_WAIT, &w) != -ETIME;
}

static int hold(int fd, __u32 ring, bool on)
{
	struct drm_stalemate_hold h = { .ring = ring, .hold = on };

	return call(fd, DRM_IOCTL_STALEMATE_HOLD, &h);
}

static void memory_is_reached(void)
{
	int fd = open_long();
	__u64 *p = anon(4 * PAGE), *q = anon(PAGE);
	struct drm_stalemate_submit s = { .nr_cmds = 1, .nr_objs = 1 };
	struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_WRITE, .dst = VM_START,
	};
	struct drm_stalemate_obj o = {};

	o.handle = userptr(fd, p, 4 * PAGE, 0, VM_START);
	CHECK(userptr(fd, q, PAGE, DRM_STALEMATE_USERPTR_READONLY, OTHER) > 0);
	CHECK(!fill_long(fd, VM_START, 4 * PAGE, 7));
	CHECK(p[0] == 7 && p[3 * 512 + 511] == 7);
	CHECK(fill_long(fd, OTHER, PAGE, 1) == -EACCES);
	CHECK(fill_long(fd, OTHER + PAGE, PAGE, 1) == -EFAULT);
	s.cmds = (unsigned long)&c;
	s.objs = (unsigned long)&o;
	CHECK(call(fd, DRM_IOCTL_STALEMATE_SUBMIT, &s) == -EINVAL);
	close(fd);
}

/* Nothing confines a job but the address space: the table has no more than that. */
static void nothing_beyond_is_reached(void)
{
	static const __u64 outside[] = {
		VM_START - PAGE, VM_START + VM_SIZE, VM_START + 2 * VM_SIZE,
		VM_START / 2, PAGE, (1ULL << 47) - PAGE,
	};
	int fd = open_long();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(outside); i++)
		CHECK(fill_long(fd, outside[i], 8, 1) == -EFAULT);
	close(fd);
}

/* What cannot be had faults, and is tried again for the next job. */
static void memory_goes_and_comes(void)
{
	int fd = open_long();
	__u64 *p = anon(4 * PAGE), *q = anon(PAGE);

	CHECK(userptr(fd, p, 4 * PAGE, 0, VM_START) > 0);
	CHECK(userptr(fd, q, PAGE, 0, OTHER) > 0);
	CHECK(!fill_long(fd, VM_START, 4 * PAGE, 1));
	CHECK(snapshot(fd, VM_START) & PRESENT);
	CHECK(!madvise(p, PAGE, MADV_DONTNEED));
	CHECK(!snapshot(fd, VM_START));
	CHECK(!fill_long(fd, VM_START + 8, 8, 2));
	CHECK(p[0] == 0 && p[1] == 2);
	CHECK(!munmap((char *)p + PAGE, PAGE));
	CHECK(fill_long(fd, VM_START, 8, 3) == -EFAULT);
	CHECK(!fill_long(fd, OTHER, 8, 3));
	CHECK(mmap((char *)p + PAGE, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	      MAP_FAILED);
	CHECK(!fill_long(fd, VM_START, 4 * PAGE, 4));
	CHECK(p[0] == 4 && p[512] == 4 && q[0] == 3);
	close(fd);
}

/* ---- an invalidation ---------------------------------------------------------- */

/* Any memory that is bound: the job does not say what it uses. */
static void preemption_is_awaited(void)
{
	int fd = open_long();
	__u64 *p = anon(LONG_SIZE), seqno;
	struct unmapper u = { .p = anon(PAGE) };
	struct drm_stalemate_wait w;
	pthread_t thread;

	CHECK(userptr(fd, p, LONG_SIZE, 0, VM_START) > 0);
	CHECK(userptr(fd, u.p, PAGE, 0, OTHER) > 0);
	seqno = submit_long(fd, 0, p);
	CHECK(!hold(fd, 0, true));
	thread = unmap_under(&u, "sm_preempt_finish");
	CHECK(snapshot(fd, OTHER) & PRESENT);
	CHECK(!hold(fd, 0, false));
	pthread_join(thread, NULL);
	CHECK(!snapshot(fd, OTHER));
	w = wait_for(fd, 0, seqno);
	CHECK(!w.status && w.raced);
	CHECK(p[0] == DRM_STALEMATE_MAX_CMDS);
	close(fd);
}

/* A ring that does not let go is taken to hang. */
static void preemption_times_out(void)
{
	int fd = open_long();
	__u64 *p = anon(LONG_SIZE), seqno;
	struct unmapper u = { .p = anon(PAGE) };
	pthread_t thread;

	CHECK(userptr(fd, p, LONG_SIZE, 0, VM_START) > 0);
	CHECK(userptr(fd, u.p, PAGE, 0, OTHER) > 0);
	seqno = submit_long(fd, 0, p);
	CHECK(!hold(fd, 0, true));
	thread = unmap_under(&u, "sm_preempt_finish");
	pthread_join(thread, NULL);
	CHECK(wait_for(fd, 0, seqno).status == -ETIME);
	CHECK(!snapshot(fd, OTHER));
	CHECK(!hold(fd, 0, false));
	CHECK(!fill_long(fd, VM_START, PAGE, 5));
	CHECK(p[0] == 5);
	close(fd);
}

/* ---- what jobs do not notice ----------------------------------------------------- */

/* Its memory is evicted, or changes, or another part of its binding is undone. */
static void jobs_go_on(void)
{
	int fd = open_long(), h, i;
	__u64 *p = anon(2 * LONG_SIZE), seqno;
	struct drm_stalemate_gem_evict e = {};
	struct drm_stalemate_wait w;
	bool ended;

	h = userptr(fd, p, 2 * LONG_SIZE, 0, VM_START);
	CHECK(h > 0);
	seqno = submit_long(fd, 0, p);
	e.handle = h;
	for (i = 0; i < LONG_PAGES; i++) {
		CHECK(!call(fd, DRM_IOCTL_STALEMATE_GEM_EVICT, &e));
		CHECK(!madvise((char *)p + i * PAGE, PAGE, MADV_DONTNEED));
		CHECK(!bind_to(fd, 0, VM_START + LONG_SIZE + i * PAGE, PAGE));
	}
	ended = has_ended(fd, 0, seqno);
	w = wait_for(fd, 0, seqno);
	CHECK(!w.status && w.raced);
	for (i = 0; i < LONG_PAGES; i++)
		CHECK(ended || p[i * 512] == DRM_STALEMATE_MAX_CMDS);
	close(fd);
}

/* ---- jobs that wait ---------------------------------------------------------------- */

/* Nobody waits for it: neither jobs, with a fence or without, nor an invalidation. */
static void a_waiting_job_holds_nobody_up(void)
{
	int fd = open_long(), other = open_node(), h;
	__u64 *p = anon(2 * PAGE), *q = anon(PAGE), seqno;
	void *m;

	CHECK(userptr(fd, p, PAGE, 0, VM_START) > 0);
	h = userptr(other, q, PAGE, 0, VM_START);
	plain(fd, PAGE, RESULT, &m);
	seqno = submit_waiting(fd, 0);
	CHECK(!fill_long(fd, VM_START, PAGE, 1));
	CHECK(!fill(other, h, VM_START, PAGE, 2));
	CHECK(p[0] == 1 && q[0] == 2);
	CHECK(!madvise(p, PAGE, MADV_DONTNEED));
	CHECK(!fill_long(fd, VM_START, 8, 3));
	CHECK(p[0] == 3 && p[1] == 0);
	CHECK(!has_ended(fd, 0, seqno));
	__atomic_store_n((__u64 *)m, 1, __ATOMIC_SEQ_CST);
	CHECK(!wait_for(fd, 0, seqno).status);
	close(other);
	close(fd);
}

static void killed_in_mid_job(void)
{
	int i, pid, status;

	for (i = 0; i < 4; i++) {
		pid = fork();
		if (!pid) {
			int fd = open_long(), j;
			void *m;

			CHECK(userptr(fd, anon(PAGE), PAGE, 0, VM_START) > 0);
			plain(fd, PAGE, RESULT, &m);
			for (j = 0; j < 20; j++)
				submit_waiting(fd, j % 4);
			while (!__atomic_load_n((__u64 *)m + 1,
						__ATOMIC_ACQUIRE))
				sched_yield();
			if (i % 2)
				close(fd);
			raise(SIGKILL);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
	}
}

/* The memory goes with its process, the file does not. */
static void another_process_goes(void)
{
	int fd = open_long(), pid, status;
	__u64 *p = anon(PAGE);

	pid = fork();
	if (!pid) {
		CHECK(userptr(fd, p, PAGE, 0, VM_START) > 0);
		CHECK(!fill_long(fd, VM_START, PAGE, 6));
		_exit(!(p[0] == 6 && !kit_failures));
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status);
	CHECK(!snapshot(fd, VM_START));
	CHECK(fill_long(fd, VM_START, PAGE, 7) == -EFAULT);
	CHECK(!p[0]);
	close(fd);
}

static void unplugged_in_mid_job(void)
{
	int fd = open_long();
	struct drm_stalemate_gem_create create = { .size = PAGE };
	__u64 *p = anon(PAGE);
	void *m;

	CHECK(userptr(fd, p, PAGE, 0, VM_START) > 0);
	plain(fd, PAGE, RESULT, &m);
	submit_waiting(fd, 0);
	plug("unbind");
	CHECK(call(fd, DRM_IOCTL_STALEMATE_GEM_CREATE, &create) == -ENODEV);
	CHECK(!munmap(p, PAGE));
	close(fd);
	plug("bind");
	memory_is_reached();
}

int main(void)
{
	static const struct kit_case cases[] = {
		KIT_CASE(memory_is_reached),
		KIT_CASE(nothing_beyond_is_reached),
		KIT_CASE(memory_goes_and_comes),
		KIT_CASE(preemption_is_awaited),
		KIT_CASE(preemption_times_out),
		KIT_CASE(jobs_go_on),
		KIT_CASE(a_waiting_job_holds_nobody_up),
		KIT_CASE(killed_in_mid_job),
		KIT_CASE(another_process_goes),
		KIT_CASE(unplugged_in_mid_job),
	};

	return kit_main(cases, ARRAY_SIZE(cases));
}

#else /* HAVE_DRM */

int main(void)
{
	printf(KIT_SKIP);

	return 4;
}

#endif /* HAVE_DRM */
