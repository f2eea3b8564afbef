// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random ioctls of stalemate_drm.ko that know its structures: handles that exist,
 * addresses that are bound, or wild ones, huge counts, fences that wait for
 * themselves, and all of that while other threads close what is used and take its
 * memory away. Nothing is expected of a call but an answer; when all files are closed
 * the driver has nothing left, and the kernel log is clean.
 *
 * STALEMATE_DRM_CALLS is the number of calls (5000), STALEMATE_SEED the seed (1).
 */

#include "ksm.h"

#ifdef HAVE_DRM

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "ksm_gpu.h"

#define THREADS		3
#define FILES		4
#define HANDLES		32
#define AREA_PAGES	256
#define MAX_CMDS	8
#define MAX_LIST	8
#define CALLS		5000
#define GONE_MS		10000
#define NO_DEFECT	(1ULL << 40)	/* none has this number */

/**
 * struct file - an open file that all threads use
 * @fd: descriptor; it is replaced while others use it
 * @mode: flags of its address space
 * @handles: objects that were made, and may be closed by now
 * @syncs: syncobjs, likewise
 */
struct file {
	int fd;
	uint32_t mode;
	uint32_t handles[HANDLES];
	uint32_t syncs[HANDLES];
};

/**
 * struct caller - a thread
 * @rng: its numbers
 * @calls: calls that it still has to make
 * @good: calls that succeeded
 * @thread: the thread
 */
struct caller {
	struct sm_rng rng;
	uint64_t calls;
	uint64_t good;
	pthread_t thread;
};

static struct file files[FILES];
static char *area;

static bool one_in(struct caller *c, uint32_t n)
{
	return sm_rng_one_in(&c->rng, n);
}

static uint32_t below(struct caller *c, uint64_t n)
{
	return sm_rng_below(&c->rng, n);
}

static uint64_t any(struct caller *c)
{
	return sm_rng_next(&c->rng);
}

/* ---- parts of structures --------------------------------------------------- */

static uint64_t cpu_va(struct caller *c)
{
	switch (below(c, 16)) {
	case 0:
		return any(c);
	case 1:
		return (1ULL << 47) - ((uint64_t)below(c, 64) << 30);
	case 2:
		return (uintptr_t)area + below(c, AREA_PAGES * KSM_PAGE);
	default:
		return (uintptr_t)area + below(c, AREA_PAGES) * KSM_PAGE;
	}
}

/* Mostly in range and aligned. */
static uint64_t gpu_va(struct caller *c, const struct file *f)
{
	if (f->mode & DRM_STALEMATE_VM_SVM)
		return cpu_va(c);
	switch (below(c, 16)) {
	case 0:
		return any(c);
	case 1:
		return KSM_GPU_START / 2 + any(c) % (8 * KSM_GPU_SIZE);
	case 2:
		return -KSM_PAGE;
	default:
		return KSM_GPU_START + below(c, 64) * KSM_PAGE;
	}
}

static uint64_t bytes(struct caller *c)
{
	switch (below(c, 16)) {
	case 0:
		return any(c);
	case 1:
		return 0;
	case 2:
		return DRM_STALEMATE_MAX_OBJECT + KSM_PAGE;
	default:
		return (1 + below(c, 16)) * KSM_PAGE;
	}
}

static uint32_t handle(struct caller *c, const struct file *f)
{
	return one_in(c, 16) ? (uint32_t)any(c) :
			       sm_read(&f->handles[below(c, HANDLES)]);
}

static uint32_t flags(struct caller *c, uint32_t most)
{
	return one_in(c, 16) ? (uint32_t)any(c) : below(c, most + 1);
}

/* A pointer to what is there, or to what nobody can read. */
static uint64_t pointer(struct caller *c, const void *p)
{
	if (!one_in(c, 32))
		return (uintptr_t)p;
	return one_in(c, 2) ? any(c) : (uintptr_t)area;
}

static uint32_t count(struct caller *c, uint32_t nr)
{
	return one_in(c, 32) ? (uint32_t)any(c) : nr;
}

/* ---- calls ------------------------------------------------------------------ */

/* Not drmIoctl(): it would call again for ever. */
static int call(struct caller *c, const struct file *f, unsigned long request,
		void *arg)
{
	int ret = ioctl(sm_read(&f->fd), request, arg);

	c->good += !ret;
	return ret;
}

static void keep(struct caller *c, struct file *f, uint32_t made)
{
	sm_write(&f->handles[below(c, HANDLES)], made);
}

static void do_userptr(struct caller *c, struct file *f)
{
	struct drm_stalemate_gem_userptr u = {
		.addr = cpu_va(c),
		.size = bytes(c),
		.flags = flags(c, 7),
	};

	if (!call(c, f, DRM_IOCTL_STALEMATE_GEM_USERPTR, &u))
		keep(c, f, u.handle);
}

static void do_create(struct caller *c, struct file *f)
{
	struct drm_stalemate_gem_create g = {
		.size = bytes(c),
		.flags = one_in(c, 32) ? (uint32_t)any(c) : 0,
	};

	if (!call(c, f, DRM_IOCTL_STALEMATE_GEM_CREATE, &g))
		keep(c, f, g.handle);
}

static void do_close(struct caller *c, struct file *f)
{
	struct drm_gem_close close = { .handle = handle(c, f) };

	call(c, f, DRM_IOCTL_GEM_CLOSE, &close);
}

static void do_info(struct caller *c, struct file *f)
{
	struct drm_stalemate_gem_info i = { .handle = handle(c, f) };
	void *p;

	if (call(c, f, DRM_IOCTL_STALEMATE_GEM_INFO, &i) || !one_in(c, 4))
		return;
	p = mmap(NULL, KSM_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		 sm_read(&f->fd), i.offset);
	if (p != MAP_FAILED)
		munmap(p, KSM_PAGE);
}

static void do_evict(struct caller *c, struct file *f)
{
	struct drm_stalemate_gem_evict e = { .handle = handle(c, f) };

	call(c, f, DRM_IOCTL_STALEMATE_GEM_EVICT, &e);
}

static void do_bind(struct caller *c, struct file *f)
{
	struct drm_stalemate_vm_bind b = {
		.op = flags(c, 1) + 1,
		.handle = handle(c, f),
		.va = gpu_va(c, f),
		.offset = one_in(c, 4) ? bytes(c) : 0,
		.size = bytes(c),
	};

	if (b.op == DRM_STALEMATE_BIND_UNMAP && !one_in(c, 16)) {
		b.handle = 0;
		b.offset = 0;
	}
	call(c, f, DRM_IOCTL_STALEMATE_VM_BIND, &b);
}

static void fill_cmd(struct caller *c, const struct file *f,
		     struct drm_stalemate_cmd *cmd)
{
	*cmd = (struct drm_stalemate_cmd){
		.op = flags(c, DRM_STALEMATE_OP_XCHG),
		.dst = gpu_va(c, f),
		.src = gpu_va(c, f),
		.len = one_in(c, 8) ? any(c) : 8 * below(c, 1024),
		.value = any(c),
		.mask = any(c),
	};
	/* What waits takes until it is killed: one in a while. */
	if (one_in(c, 4000))
		cmd->op = DRM_STALEMATE_OP_WAIT;
}

static void fill_objs(struct caller *c, const struct file *f,
		      struct drm_stalemate_obj *o)
{
	unsigned int i;

	for (i = 0; i < MAX_LIST; i++)
		o[i] = (struct drm_stalemate_obj){
			.handle = handle(c, f),
			.flags = flags(c, 3),
		};
}

static void fill_syncs(struct caller *c, const struct file *f,
		       struct drm_stalemate_sync *s)
{
	unsigned int i;

	for (i = 0; i < MAX_LIST; i++)
		s[i] = (struct drm_stalemate_sync){
			.handle = sm_read(&f->syncs[below(c, HANDLES)]),
			.flags = one_in(c, 64),
			.point = one_in(c, 2) ? 0 : below(c, 1000),
		};
}

static void do_submit(struct caller *c, struct file *f)
{
	struct drm_stalemate_cmd cmds[MAX_CMDS];
	struct drm_stalemate_obj objs[MAX_LIST];
	struct drm_stalemate_sync in[MAX_LIST], out[MAX_LIST];
	bool named = !f->mode || one_in(c, 16);
	struct drm_stalemate_submit s = {
		.ring = flags(c, DRM_STALEMATE_MAX_RINGS),
		.flags = one_in(c, 64),
		.nr_cmds = count(c, 1 + below(c, MAX_CMDS)),
		.nr_objs = count(c, named ? below(c, MAX_LIST + 1) : 0),
		.nr_in = count(c, named && one_in(c, 4) ? below(c, 3) : 0),
		.nr_out = count(c, named && one_in(c, 2) ? below(c, 3) : 0),
	};
	unsigned int i;

	for (i = 0; i < MAX_CMDS; i++)
		fill_cmd(c, f, &cmds[i]);
	fill_objs(c, f, objs);
	fill_syncs(c, f, in);
	fill_syncs(c, f, out);
	s.cmds = pointer(c, cmds);
	s.objs = pointer(c, objs);
	s.in = pointer(c, in);
	s.out = pointer(c, one_in(c, 4) ? in : out);	/* waits for itself */
	call(c, f, DRM_IOCTL_STALEMATE_SUBMIT, &s);
}

static void do_wait(struct caller *c, struct file *f)
{
	struct drm_stalemate_wait w = {
		.ring = flags(c, DRM_STALEMATE_MAX_RINGS),
		.seqno = one_in(c, 16) ? any(c) : below(c, 4000),
		.timeout_ns = one_in(c, 64) ? (int64_t)any(c) >> 1 & 0xffff : 0,
	};

	call(c, f, DRM_IOCTL_STALEMATE_WAIT, &w);
}

static void do_snapshot(struct caller *c, struct file *f)
{
	uint64_t buf[64];
	struct drm_stalemate_snapshot s = {
		.start = gpu_va(c, f),
		.buf = pointer(c, buf),
	};

	s.end = s.start + (one_in(c, 16) ? bytes(c) :
					   below(c, 65) * KSM_PAGE);
	if (s.end - s.start > sizeof(buf) / 8 * KSM_PAGE)
		s.buf = 1ULL << 47;
	call(c, f, DRM_IOCTL_STALEMATE_SNAPSHOT, &s);
}

static void do_others(struct caller *c, struct file *f)
{
	struct drm_stalemate_query q;
	struct drm_stalemate_stats s;
	struct drm_stalemate_vm_init v = { .start = gpu_va(c, f), .size = bytes(c) };
	struct drm_stalemate_hold h = { .ring = flags(c, 4) };
	struct drm_stalemate_defects d = { .defects = NO_DEFECT };

	switch (below(c, 5)) {
	case 0:
		memset(&q, one_in(c, 2), sizeof(q));
		call(c, f, DRM_IOCTL_STALEMATE_QUERY, &q);
		break;
	case 1:
		memset(&s, one_in(c, 2), sizeof(s));
		call(c, f, DRM_IOCTL_STALEMATE_STATS, &s);
		break;
	case 2:
		call(c, f, DRM_IOCTL_STALEMATE_VM_INIT, &v);
		break;
	case 3:
		call(c, f, DRM_IOCTL_STALEMATE_HOLD, &h);
		break;
	default:
		call(c, f, DRM_IOCTL_STALEMATE_DEFECTS, &d);
	}
}

/*
 * Numbers and sizes that nobody has. What a call is short of counts as zero, so that one
 * of a byte or two would seed defects: the kernel rightly complains of some.
 */
static void do_wild(struct caller *c, struct file *f)
{
	unsigned int i, nr = DRM_COMMAND_BASE + below(c, 0x20);
	uint64_t arg[64];

	for (i = 0; i < ARRAY_SIZE(arg); i++)
		arg[i] = any(c);
	if (nr == _IOC_NR(DRM_IOCTL_STALEMATE_DEFECTS))
		arg[0] = NO_DEFECT;
	call(c, f, _IOC(below(c, 4), DRM_IOCTL_BASE, nr, below(c, sizeof(arg))),
	     arg);
}

static void do_sync(struct caller *c, struct file *f)
{
	unsigned int i = below(c, HANDLES);
	struct drm_syncobj_create create = { .flags = below(c, 2) };
	struct drm_syncobj_destroy destroy = { .handle = sm_read(&f->syncs[i]) };

	if (one_in(c, 2))
		call(c, f, DRM_IOCTL_SYNCOBJ_DESTROY, &destroy);
	else if (!call(c, f, DRM_IOCTL_SYNCOBJ_CREATE, &create))
		sm_write(&f->syncs[i], create.handle);
}

static void do_memory(struct caller *c, struct file *f)
{
	(void)f;
	ksm_gpu_disturb(&c->rng, area, AREA_PAGES);
}

/* ---- files ------------------------------------------------------------------ */

/* In the middle of what others do with it; the number stays the file's. */
static void do_reopen(struct caller *c, struct file *f)
{
	int fd;

	if (!one_in(c, 20))
		return;
	fd = ksm_gpu_open(f->mode);
	if (fd < 0)
		return;
	dup2(fd, sm_read(&f->fd));
	close(fd);
}

static void do_any(struct caller *c)
{
	static void (*const calls[])(struct caller *c, struct file *f) = {
		do_userptr, do_userptr, do_userptr, do_create, do_close,
		do_info, do_evict, do_bind, do_bind, do_bind, do_submit,
		do_submit, do_submit, do_submit, do_submit, do_wait, do_wait,
		do_snapshot, do_others, do_wild, do_sync, do_memory, do_memory,
		do_reopen,
	};

	calls[below(c, ARRAY_SIZE(calls))](c, &files[below(c, FILES)]);
}

static void *caller_main(void *arg)
{
	struct caller *c = arg;

	for (; c->calls; c->calls--)
		do_any(c);
	return NULL;
}

static void begin(void)
{
	static const uint32_t modes[FILES] = {
		0, 0, DRM_STALEMATE_VM_LR, DRM_STALEMATE_VM_SVM,
	};
	unsigned int i;

	/* Where nothing else is that an engine in svm mode could write to. */
	area = mmap((void *)KSM_ARENA, AREA_PAGES * KSM_PAGE,
		    PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_TRUE(area != MAP_FAILED);
	for (i = 0; i < FILES; i++) {
		files[i].mode = modes[i];
		files[i].fd = ksm_gpu_open(modes[i]);
		if (files[i].fd < 0)
			ksm_skip("no render node of stalemate");
	}
}

static void random_calls(void)
{
	uint64_t calls = ksm_gpu_number("STALEMATE_DRM_CALLS", CALLS);
	uint64_t seed = ksm_gpu_number("STALEMATE_SEED", 1), good = 0;
	struct caller c[THREADS];
	unsigned int i;
	int fd;

	begin();
	ksm_timeout(60 + calls / 100);
	for (i = 0; i < THREADS; i++) {
		memset(&c[i], 0, sizeof(c[i]));
		sm_rng_seed(&c[i].rng, seed, SM_STREAM_STORM, i);
		c[i].calls = calls / THREADS;
		ASSERT_EQ(pthread_create(&c[i].thread, NULL, caller_main, &c[i]),
			  0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(c[i].thread, NULL);
		good += c[i].good;
	}
	ksm_note("%llu calls, %llu good", (unsigned long long)calls,
		 (unsigned long long)good);
	EXPECT_GT(good, calls / 20);
	for (i = 0; i < FILES; i++)
		close(files[i].fd);
	fd = ksm_gpu_open(0);
	EXPECT_TRUE(ksm_wait_until(ksm_gpu_idle, &fd, GONE_MS));
}

#else

static void random_calls(void)
{
	ksm_skip("built without libdrm");
}

#endif /* HAVE_DRM */

int main(void)
{
	static const struct ksm_case cases[] = { KSM_CASE(random_calls) };

	return ksm_main(cases, ARRAY_SIZE(cases));
}
