// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ops through userfaultfd. Each opens a descriptor of its own and registers no
 * more than its span, so nobody else ever waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/scan.h"
#include "base/util.h"
#include "judge/legal.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"
#include "uffd.h"

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

#define PAGEMAP		"/proc/self/pagemap"
#define UFFD_SYSCTL	"/proc/sys/vm/unprivileged_userfaultfd"
#define NO_SCAN	"no PAGEMAP_SCAN that protects (Linux 6.7, CONFIG_PTE_MARKER_UFFD_WP)"
#define NO_SHMEM \
	"no userfaultfd that protects shmem (Linux 5.19, CONFIG_PTE_MARKER_UFFD_WP)"
#define MOVE_TRIES	16

int sm_uffd_open(uint64_t features)
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

int sm_uffd_register(int fd, uint64_t start, uint64_t end, uint64_t mode)
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
static int uffd_wp(struct sm_storm_thread *t, const struct sm_span *s)
{
	int fd = sm_uffd_open(UFFD_FEATURE_WP_ASYNC);
	bool async = fd >= 0;
	int err;

	if (!async)
		fd = sm_uffd_open(UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
	if (fd < 0)
		return fd;
	err = sm_uffd_register(fd, s->start, s->end, UFFDIO_REGISTER_MODE_WP);
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

/* As checkpointing does: note what is written from here on. */
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
		if (!sm_legal_memory(SM_LEGAL_UNNOTED, s->region->kind))
			sm_touch_tracked(t, uffd_is_written, pagemap,
					 "PAGEMAP_SCAN");
	}
	close(pagemap);
	return err;
}

static int uffd_wp_scan(struct sm_storm_thread *t, const struct sm_span *s)
{
	int fd = sm_uffd_open(UFFD_FEATURE_WP_ASYNC);
	int err;

	if (fd < 0)
		return fd;
	err = sm_uffd_register(fd, s->start, s->end, UFFDIO_REGISTER_MODE_WP);
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

static int uffd_move_once(struct sm_storm_thread *t, int fd,
			  const struct sm_span *s, uint64_t to)
{
	static const struct sm_change maybe = { .set = SM_TAG_ZERO };

	sm_span_announce(t, s, maybe);
	return uffd_move(fd, s->start, to, s->end - s->start);
}

static int uffd_move_fresh(struct sm_storm_thread *t, int fd,
			   const struct sm_span *s, uint64_t to)
{
	int err = sm_span_replace(t, s);

	if (err)
		return err;
	sm_span_stamp(t, s);
	return uffd_move_once(t, fd, s, to);
}

/*
 * As with mremap(), what is moved has to be one mapping; and a huge page one that
 * nobody has split.
 */
static int uffd_move_span(struct sm_storm_thread *t, int fd,
			  const struct sm_span *s, uint64_t to)
{
	int err;

	if (s->nr == SM_GRANULE_PAGES && sm_arena_is(s->region->kind, SM_MEM_ANY_THP))
		return uffd_move_fresh(t, fd, s, to);
	err = uffd_move_once(t, fd, s, to);
	return err == -EINVAL ? uffd_move_fresh(t, fd, s, to) : err;
}

/*
 * May some pages have been moved, and others not? EFAULT: one that is a device's alone,
 * see the op "exclusive". ENOENT: a huge page that another thread had split since it was
 * looked at, see move_pages_huge_pmd(). EEXIST came once, from Linux 6.18, which moves
 * several pages at a time, to where nothing had been.
 */
static bool uffd_move_passes(int err)
{
	return err == -EAGAIN || err == -EBUSY || err == -EFAULT ||
	       err == -ENOENT || err == -EEXIST;
}

/* Each page that was moved is empty from then on; the others are as before. */
static int uffd_move_away(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change empty = {
		.clear = SM_TAG_STAMP,
		.set = SM_TAG_ZERO,
	};
	uint64_t to = t->scratch + (s->start & (SM_GRANULE_SIZE - 1));
	uint64_t end = to + (s->end - s->start);
	int fd, err;

	t->counted = false;
	fd = sm_uffd_open(UFFD_FEATURE_MOVE);
	if (fd < 0)
		return fd;
	err = sm_arena_map(&t->scene->arena, s->region->kind, to, s->start,
			   end - to, MAP_FIXED);
	if (!err)
		err = sm_uffd_register(fd, to, end, UFFDIO_REGISTER_MODE_MISSING);
	if (!err)
		err = uffd_move_span(t, fd, s, to);
	t->counted = !err;
	if (!err)
		sm_span_announce(t, s, empty);
	if (!err || uffd_move_passes(err)) {
		sm_span_commit(t, s);
		err = 0;
	}
	uffd_close(fd, to, end);
	munmap((void *)to, end - to);
	return err;
}

/* CAP_SYS_PTRACE counts in the first user namespace alone. */
static bool uffd_is_privileged(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	unsigned int inside, outside, nr;
	char map[64];

	return !syscall(SYS_capget, &head, data) &&
	       (data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective &
		CAP_TO_MASK(CAP_SYS_PTRACE)) &&
	       sm_util_read_file("/proc/self/uid_map", map, sizeof(map)) > 0 &&
	       sscanf(map, "%u %u %u", &inside, &outside, &nr) == 3 &&
	       !inside && !outside && nr == UINT32_MAX;
}

static int uffd_try(uint64_t features)
{
	int fd = sm_uffd_open(features);

	return fd < 0 ? fd : close(fd);
}

/* Who may, and cannot, is kept from it by something else than the kernel's rule. */
static const char *uffd_why(const struct sm_need *n, int err)
{
	return sm_needs_why(n, err, sm_util_read_u64(UFFD_SYSCTL, 0) == 1 ||
				    uffd_is_privileged() ?
				    SM_NEEDS_FORBIDDEN :
				    "userfaultfd is for root alone (CAP_SYS_PTRACE in the first user namespace, or vm.unprivileged_userfaultfd=1)");
}

const char *sm_uffd_lacks(const struct sm_need *n, uint64_t features)
{
	return uffd_why(n, uffd_try(features));
}

static int uffd_try_scan(void)
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

static const char *uffd_pagemap(const struct sm_need *n)
{
	return !access(PAGEMAP, R_OK) || errno == ENOENT ? NULL : n->why;
}

static const char *uffd_scans(const struct sm_need *n)
{
	return uffd_why(n, uffd_try_scan());
}

static const char *uffd_shmem(const struct sm_need *n)
{
	return sm_uffd_lacks(n, UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
}

static const char *uffd_moves(const struct sm_need *n)
{
	return sm_uffd_lacks(n, UFFD_FEATURE_MOVE);
}

/*
 * Linux up to 6.12 splits a large folio to move a part of it, and tries again
 * for ever, with mmap_lock held, if somebody has a reference. Small pages of our
 * own may be part of one, too: so pinned ones are not moved.
 */
const struct sm_op sm_ops_uffd[] = {
	{
		.name = "wp-scan",
		.class = "track",
		.about = "PAGEMAP_SCAN that protects, and looks for the device's writes",
		.memory = SM_MEM_ANY_MEMORY,
		.slow = true,
		.needs_root = true,
		.emitters = { "do_pagemap_scan", NULL },
		.needs = { {
			.lacks = uffd_pagemap,
			.why = "no permission to use " PAGEMAP,
		}, {
			.lacks = uffd_scans,
			.why = NO_SCAN,
		} },
		.apply = uffd_wp_scan,
	},
	{
		.name = "uffd-wp",
		.class = "track",
		.about = "forbids writing through userfaultfd, and allows it again",
		.memory = SM_MEM_ANY_MEMORY,
		.slow = true,
		.needs_root = true,
		.emitters = { "change_pud_range", NULL },
		.needs = { {
			.lacks = uffd_shmem,
			.why = NO_SHMEM,
		} },
		.apply = uffd_wp,
	},
	{
		.name = "uffd-move",
		.class = "move",
		.about = "moves pages away (UFFDIO_MOVE)",
		.memory = SM_MEM_ANY_ANON,
		.needs_root = true,
		.emitters = { "move_pages_pte", "move_pages_huge_pmd", NULL },
		.not_pinned = "a profile pins pages, which UFFDIO_MOVE may try for ever",
		.needs = { {
			.lacks = uffd_moves,
			.why = "no UFFDIO_MOVE (Linux 6.8, CONFIG_USERFAULTFD)",
		} },
		.apply = uffd_move_away,
	},
	{ .name = NULL }
};
