// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ops through userfaultfd. Each opens a descriptor of its own and registers no
 * more than its span, so nobody else ever waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine.h"
#include "ops.h"
#include "touch.h"

/* Younger than the oldest headers that this is built with. */
#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM	(1 << 12)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC		(1 << 15)
#endif
#ifndef UFFDIO_MOVE
#define UFFD_FEATURE_MOVE		(1 << 16)
#define UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES	(1ULL << 1)
#define UFFDIO_MOVE			_IOWR(UFFDIO, 0x05, struct uffdio_move)
struct uffdio_move {
	__u64 dst;
	__u64 src;
	__u64 len;
	__u64 mode;
	__s64 move;
};
#endif
#ifndef PAGEMAP_SCAN
#define PAGEMAP_SCAN			_IOWR('f', 16, struct pm_scan_arg)
#define PAGE_IS_WRITTEN			(1 << 1)
#define PM_SCAN_WP_MATCHING		(1 << 0)
#define PM_SCAN_CHECK_WPASYNC		(1 << 1)
struct page_region {
	__u64 start;
	__u64 end;
	__u64 categories;
};

struct pm_scan_arg {
	__u64 size;
	__u64 flags;
	__u64 start;
	__u64 end;
	__u64 walk_end;
	__u64 vec;
	__u64 vec_len;
	__u64 max_pages;
	__u64 category_inverted;
	__u64 category_mask;
	__u64 category_anyof_mask;
	__u64 return_mask;
};
#endif

#define PAGEMAP		"/proc/self/pagemap"
#define MOVE_TRIES	16

/* A descriptor with @features, or a negative errno. */
static int uffd_open(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	int err;

	if (fd < 0)
		return -errno;
	if (!ioctl(fd, UFFDIO_API, &api))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int uffd_try(uint64_t features)
{
	int fd = uffd_open(features);

	return fd < 0 ? fd : close(fd);
}

static int uffd_register(int fd, uint64_t start, uint64_t end, uint64_t mode)
{
	struct uffdio_register r = {
		.range = { .start = start, .len = end - start },
		.mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &r) ? -errno : 0;
}

/* Lifts what is left of a protection, and wakes whoever waits for that. */
static void uffd_close(int fd, uint64_t start, uint64_t end)
{
	struct uffdio_range r = { .start = start, .len = end - start };

	ioctl(fd, UFFDIO_UNREGISTER, &r);
	close(fd);
}

static int uffd_protect_range(int fd, uint64_t start, uint64_t len,
			      uint64_t mode)
{
	struct uffdio_writeprotect wp = {
		.range = { .start = start, .len = len },
		.mode = mode,
	};

	return ioctl(fd, UFFDIO_WRITEPROTECT, &wp) ? -errno : 0;
}

/* Before 6.4 all has to be one mapping; where that ends is not ours to know. */
static int uffd_protect(int fd, const struct sm_span *s, uint64_t mode)
{
	int err = uffd_protect_range(fd, s->start, s->end - s->start, mode);
	uint64_t va;

	if (err != -ENOENT)
		return err;
	for (err = 0, va = s->start; va < s->end && !err; va += SM_PAGE_SIZE)
		err = uffd_protect_range(fd, va, SM_PAGE_SIZE, mode);
	return err;
}

static int uffd_protect_span(struct sm_storm_thread *t, int fd,
			     const struct sm_span *s, bool async)
{
	int err = uffd_protect(fd, s, UFFDIO_WRITEPROTECT_MODE_WP);

	if (err)
		return err;
	/* A write waits for us, unless the kernel lifts the protection itself. */
	if (async)
		sm_touch_after(t);
	else
		sm_touch_read(t);
	return uffd_protect(fd, s, 0);
}

/* Writing is forbidden and allowed again; nothing changes for its owner. */
int sm_ops_uffd_protect(struct sm_storm_thread *t, const struct sm_span *s)
{
	int fd = uffd_open(UFFD_FEATURE_WP_ASYNC);
	bool async = fd >= 0;
	int err;

	if (!async)
		fd = uffd_open(UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
	if (fd < 0)
		return fd;
	err = uffd_register(fd, s->start, s->end, UFFDIO_REGISTER_MODE_WP);
	if (!err) {
		sm_touch_write(t);
		err = uffd_protect_span(t, fd, s, async);
	}
	uffd_close(fd, s->start, s->end);
	/* Another mapping was changed meanwhile: not now. */
	t->counted = !err;
	return err == -EAGAIN ? 0 : err;
}

/* Protects the pages of a range that were written to. */
static int uffd_scan(int pagemap, const struct sm_span *s)
{
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC,
		.start = s->start,
		.end = s->end,
		.category_mask = PAGE_IS_WRITTEN,
	};

	return ioctl(pagemap, PAGEMAP_SCAN, &arg) < 0 ? -errno : 0;
}

static bool uffd_is_written(uint64_t va, int pagemap)
{
	struct page_region region;
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.start = va,
		.end = va + SM_PAGE_SIZE,
		.vec = (uintptr_t)&region,
		.vec_len = 1,
		.category_mask = PAGE_IS_WRITTEN,
		.return_mask = PAGE_IS_WRITTEN,
	};

	return ioctl(pagemap, PAGEMAP_SCAN, &arg) != 0;
}

/*
 * As checkpointing does: note what is written from here on. Shared memory that
 * is reclaimed is no longer known to be written, legally.
 */
static int uffd_track(struct sm_storm_thread *t, const struct sm_span *s)
{
	int pagemap = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
	int err;

	if (pagemap < 0)
		return -errno;
	sm_touch_write(t);
	err = uffd_scan(pagemap, s);
	if (!err) {
		sm_touch_write(t);
		if (sm_span_anon(s))
			sm_touch_tracked(t, uffd_is_written, pagemap,
					 "PAGEMAP_SCAN");
	}
	close(pagemap);
	return err;
}

int sm_ops_uffd_scan(struct sm_storm_thread *t, const struct sm_span *s)
{
	int fd = uffd_open(UFFD_FEATURE_WP_ASYNC);
	int err;

	if (fd < 0)
		return fd;
	err = uffd_register(fd, s->start, s->end, UFFDIO_REGISTER_MODE_WP);
	if (!err)
		err = uffd_track(t, s);
	uffd_close(fd, s->start, s->end);
	return err;
}

/*
 * Moves as many pages as the kernel will: none that are pinned, or shared with
 * a child. -EBUSY or -EAGAIN if it has not moved all of them.
 */
static int uffd_move(int fd, uint64_t from, uint64_t to, uint64_t len)
{
	struct uffdio_move m;
	uint64_t done = 0;
	unsigned int i;

	for (i = 0; i < MOVE_TRIES; i++) {
		m = (struct uffdio_move){
			.dst = to + done,
			.src = from + done,
			.len = len - done,
			.mode = UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES,
		};
		if (!ioctl(fd, UFFDIO_MOVE, &m))
			return 0;
		if (errno != EAGAIN)
			return -errno;
		if (m.move > 0)
			done += m.move;
	}
	return -EAGAIN;
}

/* As with mremap(), what is moved has to be one mapping. */
static int uffd_move_span(struct sm_storm_thread *t, int fd,
			  const struct sm_span *s, uint64_t to)
{
	static const struct sm_change maybe = { .set = SM_TAG_ZERO };
	uint64_t len = s->end - s->start;
	int err;

	sm_span_announce(t, s, maybe);
	err = uffd_move(fd, s->start, to, len);
	if (err != -EINVAL)
		return err;
	err = sm_span_replace(t, s);
	if (err)
		return err;
	sm_span_stamp(t, s);
	sm_span_announce(t, s, maybe);
	return uffd_move(fd, s->start, to, len);
}

/* Each page that was moved is empty from then on; the others are as before. */
int sm_ops_uffd_move(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change empty = {
		.clear = SM_TAG_STAMP,
		.set = SM_TAG_ZERO,
	};
	uint64_t to = t->scratch + (s->start & (SM_GRANULE_SIZE - 1));
	uint64_t end = to + (s->end - s->start);
	int fd, err;

	t->counted = false;
	fd = uffd_open(UFFD_FEATURE_MOVE);
	if (fd < 0)
		return fd;
	err = sm_arena_map(&t->e->arena, s->region->kind, to, s->start,
			   end - to, MAP_FIXED);
	if (!err)
		err = uffd_register(fd, to, end, UFFDIO_REGISTER_MODE_MISSING);
	if (!err)
		err = uffd_move_span(t, fd, s, to);
	t->counted = !err;
	if (!err)
		sm_span_announce(t, s, empty);
	/* EFAULT: a page that is a device's alone, see the op "exclusive". */
	if (!err || err == -EAGAIN || err == -EBUSY || err == -EFAULT) {
		sm_span_commit(t, s);
		err = 0;
	}
	uffd_close(fd, to, end);
	munmap((void *)to, end - to);
	return err;
}

/* These return 0 if this kernel lets us do the op, or a negative errno. */
int sm_ops_uffd_try_protect(void)
{
	return uffd_try(UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
}

int sm_ops_uffd_try_scan(void)
{
	struct pm_scan_arg arg = { .size = 0 };
	int pagemap = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
	bool has;

	if (pagemap < 0)
		return -ENOTTY;
	/* A kernel that knows the call reads the size first. */
	has = ioctl(pagemap, PAGEMAP_SCAN, &arg) < 0 && errno == EINVAL;
	close(pagemap);
	return has ? uffd_try(UFFD_FEATURE_WP_ASYNC) : -ENOTTY;
}

int sm_ops_uffd_try_move(void)
{
	return uffd_try(UFFD_FEATURE_MOVE);
}
