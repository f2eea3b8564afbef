// SPDX-License-Identifier: GPL-2.0-only
/*
 * As in failnth.c: every ioctl of the render node of stalemate_drm.ko, in each mode
 * that has it, opening it, and what the kernel calls us for. Each time all is made
 * anew, and when the file is closed the device has nothing left of it.
 */
#include "ksm.h"

#ifdef HAVE_DRM

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "ksm_gpu.h"

#define PAGES	4
#define LEN	(PAGES * KSM_PAGE)
#define VA	KSM_GPU_START		/* of the user pointer */
#define PLAIN	(VA + LEN)		/* of the object of shmem */
#define GONE_MS	10000

static char *node;
static int watch = -1;		/* asks what is left */
static int fd = -1;
static char *page;
static uint32_t pointer, object, in, out;
static uint64_t job;

/* ---- files -------------------------------------------------------------------- */

static int call_open(void)
{
	fd = open(node, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : 0;
}

static void prepare_open(void)
{
	ASSERT_EQ(call_open(), 0);
}

/* ksm_param: the mode. */
static int call_vm_init(void)
{
	bool svm = ksm_param & DRM_STALEMATE_VM_SVM;
	struct drm_stalemate_vm_init v = {
		.flags = ksm_param,
		.start = svm ? KSM_ARENA : KSM_GPU_START,
		.size = KSM_GPU_SIZE,
	};

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_VM_INIT, &v);
}

static void prepare_vm(void)
{
	prepare_open();
	ASSERT_EQ(call_vm_init(), 0);
}

static int call_close(void)
{
	return close(fd) ? -errno : 0;
}

/* Jobs end, objects go: what it leaves to others is waited for. */
static void gone(void)
{
	EXPECT_TRUE(ksm_wait_until(ksm_gpu_idle, &watch, GONE_MS));
}

static void undo_file(int err)
{
	(void)err;
	close(fd);
	gone();
}

static void undo_open(int err)
{
	if (!err)
		close(fd);
	gone();
}

static void undo_close(int err)
{
	(void)err;
	gone();
}

/* ---- objects ------------------------------------------------------------------ */

static int call_create(void)
{
	struct drm_stalemate_gem_create c = { .size = LEN };
	int err = ksm_ioctl(fd, DRM_IOCTL_STALEMATE_GEM_CREATE, &c);

	object = c.handle;
	return err;
}

static int call_userptr(void)
{
	struct drm_stalemate_gem_userptr u = {
		.addr = (uintptr_t)page, .size = LEN,
		.flags = DRM_STALEMATE_USERPTR_PROBE,
	};
	int err = ksm_ioctl(fd, DRM_IOCTL_STALEMATE_GEM_USERPTR, &u);

	pointer = u.handle;
	return err;
}

/* Empty pages, so that all is to be done. */
static void prepare_memory(void)
{
	prepare_vm();
	ASSERT_EQ(madvise(page, LEN, MADV_DONTNEED), 0);
}

static void prepare_objects(void)
{
	prepare_memory();
	ASSERT_EQ(call_create(), 0);
	ASSERT_EQ(call_userptr(), 0);
}

static int bind_to(uint32_t handle, uint64_t va)
{
	struct drm_stalemate_vm_bind b = {
		.op = handle ? DRM_STALEMATE_BIND_MAP : DRM_STALEMATE_BIND_UNMAP,
		.handle = handle, .va = va, .size = LEN,
	};

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_VM_BIND, &b);
}

static int call_bind(void)
{
	return bind_to(pointer, VA);
}

static void prepare_bound(void)
{
	prepare_objects();
	ASSERT_EQ(call_bind(), 0);
	ASSERT_EQ(bind_to(object, PLAIN), 0);
}

/* The middle of a binding: it makes two of one. */
static int call_unbind(void)
{
	struct drm_stalemate_vm_bind b = {
		.op = DRM_STALEMATE_BIND_UNMAP, .va = VA + KSM_PAGE,
		.size = KSM_PAGE,
	};

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_VM_BIND, &b);
}

static int call_info(void)
{
	struct drm_stalemate_gem_info i = { .handle = object };

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_GEM_INFO, &i);
}

static int call_gem_close(void)
{
	struct drm_gem_close c = { .handle = pointer };

	return ksm_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &c);
}

/* ---- jobs ---------------------------------------------------------------------- */

static void prepare_syncs(void)
{
	struct drm_syncobj_create a = { .flags = DRM_SYNCOBJ_CREATE_SIGNALED };
	struct drm_syncobj_create b = { .flags = 0 };

	prepare_bound();
	ASSERT_EQ(ksm_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &a), 0);
	ASSERT_EQ(ksm_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &b), 0);
	in = a.handle;
	out = b.handle;
}

static int submit(const struct drm_stalemate_submit *how, uint64_t dst)
{
	const struct drm_stalemate_cmd cmd = {
		.op = DRM_STALEMATE_OP_FILL, .dst = dst, .len = LEN,
	};
	struct drm_stalemate_submit s = *how;
	int err;

	s.nr_cmds = 1;
	s.cmds = (uintptr_t)&cmd;
	err = ksm_ioctl(fd, DRM_IOCTL_STALEMATE_SUBMIT, &s);
	job = s.seqno;
	return err;
}

/* With a list, a syncobj to wait for, and a point of a timeline to signal. */
static int call_submit(void)
{
	const struct drm_stalemate_obj objs[] = {
		{ .handle = pointer, .flags = DRM_STALEMATE_OBJ_WRITE },
		{ .handle = object },
	};
	const struct drm_stalemate_sync syncs[] = {
		{ .handle = in }, { .handle = out, .point = 1 },
	};
	const struct drm_stalemate_submit how = {
		.nr_objs = 2, .objs = (uintptr_t)objs,
		.nr_in = 1, .in = (uintptr_t)&syncs[0],
		.nr_out = 1, .out = (uintptr_t)&syncs[1],
	};

	return submit(&how, VA);
}

/* Where jobs have neither. In svm mode an address is the process's. */
static int call_submit_long(void)
{
	return submit(&(struct drm_stalemate_submit){ .ring = 1 },
		      ksm_param & DRM_STALEMATE_VM_SVM ? (uintptr_t)page : VA);
}

static int call_wait(void)
{
	struct drm_stalemate_wait w = {
		.seqno = job, .timeout_ns = INT64_MAX,
		.ring = ksm_param ? 1 : 0,
	};

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_WAIT, &w);
}

static void prepare_done(void)
{
	prepare_syncs();
	ASSERT_EQ(call_submit(), 0);
	ASSERT_EQ(call_wait(), 0);
}

static void prepare_long_done(void)
{
	prepare_bound();
	ASSERT_EQ(call_submit_long(), 0);
	ASSERT_EQ(call_wait(), 0);
}

static void prepare_svm_done(void)
{
	prepare_memory();
	ASSERT_EQ(call_submit_long(), 0);
	ASSERT_EQ(call_wait(), 0);
}

static int call_evict(void)
{
	struct drm_stalemate_gem_evict e = { .handle = object };

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_GEM_EVICT, &e);
}

/* What a job has used is taken away. Nothing of ours may need memory for that. */
static int call_munmap(void)
{
	return munmap(page + KSM_PAGE, KSM_PAGE) ? -errno : 0;
}

static void undo_munmap(int err)
{
	void *p = page + KSM_PAGE;

	if (!err)
		ASSERT_TRUE(mmap(p, KSM_PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
				 0) == p);
	/* One mapping again, so that the next munmap() has to split it. */
	madvise(page, LEN, MADV_NOHUGEPAGE);
	undo_file(0);
}

/* ---- what root asks -------------------------------------------------------------- */

static int call_query(void)
{
	struct drm_stalemate_query q = { .pad = 0 };

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_QUERY, &q);
}

static int call_snapshot(void)
{
	uint64_t ent[PAGES];
	struct drm_stalemate_snapshot s = {
		.start = VA, .end = VA + LEN, .buf = (uintptr_t)ent,
	};

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_SNAPSHOT, &s);
}

static int call_defects(void)
{
	struct drm_stalemate_defects d = { .defects = 0 };

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_DEFECTS, &d);
}

static int call_hold(void)
{
	struct drm_stalemate_hold h = { .ring = 3, .hold = 1 };

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_HOLD, &h);
}

static int call_stats(void)
{
	struct drm_stalemate_stats s = { .files = 0 };

	return ksm_ioctl(fd, DRM_IOCTL_STALEMATE_STATS, &s);
}

#define SWEEP(what, before)						\
	{ .name = #what, .prepare = before, .call = call_##what,	\
	  .undo = undo_file }

static void set_up(void)
{
	watch = drmOpenWithType("stalemate", NULL, DRM_NODE_RENDER);
	if (watch < 0)
		ksm_skip("no render node of stalemate");
	node = drmGetDeviceNameFromFd2(watch);
	ASSERT_TRUE(node);
	page = mmap((void *)KSM_ARENA, LEN, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_TRUE(page != MAP_FAILED);
	madvise(page, LEN, MADV_NOHUGEPAGE);
	ksm_nth_start();
}

static void of_files(void)
{
	static const struct ksm_sweep sweeps[] = {
		{ .name = "open", .call = call_open, .undo = undo_open },
		{ .name = "close", .prepare = prepare_done, .call = call_close,
		  .undo = undo_close, .silent = true },
		SWEEP(query, prepare_open),
		SWEEP(vm_init, prepare_open),
		SWEEP(defects, prepare_vm),
		SWEEP(hold, prepare_vm),
		SWEEP(stats, prepare_open),
	};

	set_up();
	ksm_sweep(sweeps, ARRAY_SIZE(sweeps));
}

static void of_objects(void)
{
	static const struct ksm_sweep sweeps[] = {
		/* mm/shmem.c, __shmem_get_inode(): without an inode it is that */
		{ .name = "create", .prepare = prepare_vm,
		  .call = call_create, .undo = undo_file, .also = -ENOSPC },
		SWEEP(userptr, prepare_memory),
		SWEEP(bind, prepare_objects),
		SWEEP(unbind, prepare_bound),
		SWEEP(info, prepare_objects),
		SWEEP(gem_close, prepare_bound),
		SWEEP(submit, prepare_syncs),
		SWEEP(wait, prepare_done),
		SWEEP(snapshot, prepare_done),
		SWEEP(evict, prepare_done),
		{ .name = "munmap", .prepare = prepare_done,
		  .call = call_munmap, .undo = undo_munmap },
	};

	set_up();
	ksm_sweep(sweeps, ARRAY_SIZE(sweeps));
}

static void of_long_running(void)
{
	static const struct ksm_sweep sweeps[] = {
		SWEEP(vm_init, prepare_open),
		SWEEP(bind, prepare_objects),
		SWEEP(submit_long, prepare_bound),
		SWEEP(wait, prepare_long_done),
		SWEEP(evict, prepare_long_done),
		{ .name = "munmap", .prepare = prepare_long_done,
		  .call = call_munmap, .undo = undo_munmap },
	};

	set_up();
	ksm_param = DRM_STALEMATE_VM_LR;
	ksm_sweep(sweeps, ARRAY_SIZE(sweeps));
}

static void of_svm(void)
{
	static const struct ksm_sweep sweeps[] = {
		SWEEP(vm_init, prepare_open),
		SWEEP(submit_long, prepare_memory),
		SWEEP(wait, prepare_svm_done),
		{ .name = "munmap", .prepare = prepare_svm_done,
		  .call = call_munmap, .undo = undo_munmap },
	};
	struct drm_stalemate_query q = { .features = 0 };

	set_up();
	ASSERT_EQ(ksm_ioctl(watch, DRM_IOCTL_STALEMATE_QUERY, &q), 0);
	if (!(q.features & DRM_STALEMATE_HAS_SVM))
		ksm_skip("no drm_gpusvm in this kernel");
	ksm_param = DRM_STALEMATE_VM_SVM;
	ksm_sweep(sweeps, ARRAY_SIZE(sweeps));
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(of_files),
		KSM_CASE(of_objects),
		KSM_CASE(of_long_running),
		KSM_CASE(of_svm),
	};

	return ksm_nth_main(cases, ARRAY_SIZE(cases));
}

#else

static void without_libdrm(void)
{
	ksm_skip("built without libdrm");
}

int main(void)
{
	static const struct ksm_case cases[] = { KSM_CASE(without_libdrm) };

	return ksm_nth_main(cases, ARRAY_SIZE(cases));
}

#endif /* HAVE_DRM */
