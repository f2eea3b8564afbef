// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proof that an invalidation waits for the fences of jobs: a job waits for a word, a
 * thread unmaps what the job uses, and is seen to wait for the fence inside of the
 * notifier; when the word comes, the job finds the memory as it was. And that it does
 * not wait for as many jobs as anybody cares to queue; and that a fence finds its
 * names as long as it lives. KTAP; 4 is skip.
 */
#include <stdio.h>

#include "drm_kit.h"

#ifdef HAVE_DRM

#include <fcntl.h>
#include <linux/sync_file.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* A job waits for a word. munmap() of what it uses waits for the job. */
static void invalidation_waits_for_fence(__u32 flags)
{
	int fd = open_node(), h, g;
	struct unmapper u = { .p = anon(PAGE) };
	const struct drm_stalemate_cmd c[] = {
		{ .op = DRM_STALEMATE_OP_WAIT, .src = RESULT, .value = 1,
		  .mask = ~0ULL },
		{ .op = DRM_STALEMATE_OP_COMPARE, .src = VM_START, .value = 0,
		  .mask = ~0ULL },
	};
	struct drm_stalemate_obj o[2];
	struct drm_stalemate_wait w;
	pthread_t thread;
	__u64 seqno;
	void *m;

	h = userptr(fd, u.p, PAGE, 0, VM_START);
	g = plain(fd, PAGE, RESULT, &m);
	o[0] = (struct drm_stalemate_obj){ .handle = h, .flags = flags };
	o[1] = (struct drm_stalemate_obj){ .handle = g };
	CHECK(!submit(fd, 0, c, 2, o, 2, &seqno));
	thread = unmap_under(&u, "dma_fence");
	__atomic_store_n((__u64 *)m, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	w = wait_for(fd, 0, seqno);
	CHECK(!w.status && w.raced == 1 && !w.miscompares);
	CHECK(!snapshot(fd, VM_START));
	close(fd);
}

static void invalidation_waits_for_writer(void)
{
	invalidation_waits_for_fence(DRM_STALEMATE_OBJ_WRITE);
}

static void invalidation_waits_for_reader(void)
{
	invalidation_waits_for_fence(0);
}

static void invalidation_waits_for_bookkeep(void)
{
	invalidation_waits_for_fence(DRM_STALEMATE_OBJ_EXPLICIT);
}

/* ---- how long -------------------------------------------------------------------- */

#define JOBS		24	/* each is none that hangs, and takes a second */
#define OBJECTS		3
#define BOUND_S		9	/* twice as long as a job may take, and then some */

/* Words that jobs wait for come one by one, until there is no need for that any more. */
struct tide {
	__u64 *words;
	bool over;
};

static void *raise_tide(void *arg)
{
	const struct timespec second = { .tv_sec = 1 };
	struct tide *t = arg;
	int i;

	for (i = 0; i < JOBS; i++) {
		if (!__atomic_load_n(&t->over, __ATOMIC_ACQUIRE))
			nanosleep(&second, NULL);
		__atomic_store_n(&t->words[i], 1, __ATOMIC_SEQ_CST);
	}

	return NULL;
}

/* Jobs that take a second each. The last signals @sync. Returns its number. */
static __u64 queue_up(int fd, const struct drm_stalemate_obj *o, unsigned int n,
		      struct drm_stalemate_sync sync)
{
	struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_WAIT, .value = 1, .mask = ~0ULL,
	};
	struct drm_stalemate_submit s = {
		.nr_cmds = 1, .cmds = (unsigned long)&c,
		.nr_objs = n, .objs = (unsigned long)o,
		.out = (unsigned long)&sync,
	};
	int i;

	for (i = 0; i < JOBS; i++) {
		c.src = RESULT + 8 * i;
		s.nr_out = sync.handle && i == JOBS - 1;
		CHECK(!call(fd, DRM_IOCTL_STALEMATE_SUBMIT, &s));
	}

	return s.seqno;
}

/* munmap() of the page, while words come. Returns its seconds. */
static int unmap_in(void *p, __u64 *words)
{
	struct tide tide = { .words = words };
	struct timespec a, b;
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, raise_tide, &tide));
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK(!munmap(p, PAGE));
	clock_gettime(CLOCK_MONOTONIC, &b);
	__atomic_store_n(&tide.over, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	printf("# munmap() took %d s\n", (int)(b.tv_sec - a.tv_sec));

	return b.tv_sec - a.tv_sec;
}

/* Jobs that are not over are ended, the one that runs and those behind it. */
static void many_jobs_do_not_hold_it_up(void)
{
	int fd = open_node(), nr_cancelled = 0, nr_late = 0, i;
	void *p = anon(PAGE), *words;
	struct drm_stalemate_obj o[2];
	__u64 last;

	o[0] = (struct drm_stalemate_obj){
		.handle = userptr(fd, p, PAGE, 0, VM_START),
		.flags = DRM_STALEMATE_OBJ_WRITE,
	};
	o[1] = (struct drm_stalemate_obj){
		.handle = plain(fd, PAGE, RESULT, &words),
	};
	memset(words, 0, PAGE);
	last = queue_up(fd, o, 2, (struct drm_stalemate_sync){});
	CHECK(unmap_in(p, words) < BOUND_S);
	CHECK(!snapshot(fd, VM_START));
	for (i = 0; i < JOBS; i++) {
		int status = wait_for(fd, 0, last - i).status;

		CHECK(!status || status == -ETIME || status == -ECANCELED);
		nr_cancelled += status == -ECANCELED;
		nr_late += status == -ETIME;
	}
	printf("# %d cancelled, %d ended\n", nr_cancelled, nr_late);
	/* None is if just one ended, and the next one had not begun. */
	CHECK(nr_late <= 1 && nr_cancelled > JOBS / 3);
	CHECK(!fill(fd, o[1].handle, RESULT, PAGE, 1));
	close(fd);
}

static __u32 hand_over(int from, __u32 handle, int to)
{
	struct drm_syncobj_handle h = { .handle = handle, .fd = -1 };

	CHECK(!call(from, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &h));
	CHECK(!call(to, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &h));
	close(h.fd);

	return h.handle;
}

/* A job for each of several objects, which waits for what another file has queued. */
static void jobs_of_others_do_not_hold_it_up(void)
{
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_WRITE, .dst = VM_START,
	};
	int other = open_node(), fd[OBJECTS], i;
	struct drm_stalemate_sync sync = {};
	struct drm_syncobj_create made = {};
	struct drm_stalemate_obj o = {};
	void *p = anon(PAGE), *words;

	o.handle = plain(other, PAGE, RESULT, &words);
	memset(words, 0, PAGE);
	CHECK(!call(other, DRM_IOCTL_SYNCOBJ_CREATE, &made));
	queue_up(other, &o, 1,
		 (struct drm_stalemate_sync){ .handle = made.handle });
	for (i = 0; i < OBJECTS; i++) {
		struct drm_stalemate_submit s = {
			.ring = 1, .nr_cmds = 1, .cmds = (unsigned long)&c,
			.nr_objs = 1, .objs = (unsigned long)&o,
			.nr_in = 1, .in = (unsigned long)&sync,
		};

		fd[i] = open_node();
		o.handle = userptr(fd[i], p, PAGE, 0, VM_START);
		o.flags = DRM_STALEMATE_OBJ_WRITE;
		sync.handle = hand_over(other, made.handle, fd[i]);
		CHECK(!call(fd[i], DRM_IOCTL_STALEMATE_SUBMIT, &s));
	}
	CHECK(unmap_in(p, words) < BOUND_S);
	for (i = 0; i < OBJECTS; i++) {
		CHECK(!snapshot(fd[i], VM_START));
		CHECK(wait_for(fd[i], 1, 1).status == -ECANCELED);
		close(fd[i]);
	}
	CHECK(!wait_for(other, 0, JOBS).status);
	close(other);
}

/* ---- how long fences live ------------------------------------------------------- */

#define GOING	30	/* tries to unload, of 0.1 s */

/* A job that hangs, and one behind it, which never runs then. Its sync file. */
static int queue_two(int fd, const struct drm_stalemate_obj *o)
{
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_WAIT, .src = RESULT, .value = 1,
		.mask = ~0ULL,
	};
	struct drm_syncobj_create made = {};
	struct drm_stalemate_sync sync = {};
	struct drm_stalemate_submit s = {
		.nr_cmds = 1, .cmds = (unsigned long)&c,
		.nr_objs = 1, .objs = (unsigned long)o,
		.nr_out = 1, .out = (unsigned long)&sync,
	};
	struct drm_syncobj_handle h = {
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	__u64 seqno;

	CHECK(!call(fd, DRM_IOCTL_SYNCOBJ_CREATE, &made));
	sync.handle = made.handle;
	h.handle = made.handle;
	CHECK(!submit(fd, 0, &c, 1, o, 1, &seqno));
	CHECK(!call(fd, DRM_IOCTL_STALEMATE_SUBMIT, &s));
	CHECK(!call(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &h));
	CHECK(wait_for(fd, 0, s.seqno).status == -ECANCELED);

	return h.fd;
}

/* The fence of a job that never ran has names, which are the module's. */
static void fence_keeps_the_module(void)
{
	int fd = open_node(), sync, tries;
	struct sync_fence_info fence = {};
	struct sync_file_info info = {
		.num_fences = 1, .sync_fence_info = (unsigned long)&fence,
	};
	struct drm_stalemate_obj o = {};
	void *word;

	o.handle = plain(fd, PAGE, RESULT, &word);
	memset(word, 0, PAGE);
	sync = queue_two(fd, &o);
	munmap(word, PAGE);
	close(fd);
	for (tries = 0; tries < GOING; tries++) {
		CHECK(system("rmmod stalemate_drm 2>/dev/null"));
		usleep(100000);
	}
	CHECK(!call(sync, SYNC_IOC_FILE_INFO, &info));
	printf("# %s %s %d\n", fence.driver_name, fence.obj_name, fence.status);
	CHECK(fence.status == -ECANCELED);
	/* The latter where a fence that has signalled is not asked any more. */
	CHECK(!strcmp(fence.obj_name, "stalemate") ||
	      !strcmp(fence.obj_name, "signaled-timeline"));
	close(sync);
}

int main(void)
{
	static const struct kit_case cases[] = {
		KIT_CASE(invalidation_waits_for_writer),
		KIT_CASE(invalidation_waits_for_reader),
		KIT_CASE(invalidation_waits_for_bookkeep),
		KIT_CASE(many_jobs_do_not_hold_it_up),
		KIT_CASE(jobs_of_others_do_not_hold_it_up),
		KIT_CASE(fence_keeps_the_module),
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
