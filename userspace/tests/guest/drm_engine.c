// SPDX-License-Identifier: GPL-2.0-only
/*
 * What jobs of stalemate_drm.ko do to memory, who is refused, and what becomes of jobs
 * that hang and of processes that are killed. KTAP; 4 is skip.
 */
#include <stdio.h>

#include "drm_kit.h"

#ifdef HAVE_DRM

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void memory_is_written(void)
{
	int fd = open_node(), h, g;
	__u64 *p = anon(64 * PAGE), *map;
	void *m;

	h = userptr(fd, p, 64 * PAGE, 0, VM_START);
	g = plain(fd, PAGE, RESULT, &m);
	map = m;
	CHECK(h > 0);
	CHECK(!fill(fd, h, VM_START + 8, 63 * PAGE, 0x1111));
	CHECK(p[0] == 0 && p[1] == 0x1111 && p[63 * 512] == 0x1111 &&
	      p[63 * 512 + 1] == 0);
	{
		const struct drm_stalemate_cmd c[] = {
			{ .op = DRM_STALEMATE_OP_COPY, .src = VM_START + 5,
			  .dst = RESULT + 1, .len = 100 },
			{ .op = DRM_STALEMATE_OP_WRITE, .dst = RESULT + 512,
			  .value = 7 },
			{ .op = DRM_STALEMATE_OP_ADD, .dst = RESULT + 512,
			  .value = 5 },
			{ .op = DRM_STALEMATE_OP_XCHG, .dst = RESULT + 512,
			  .mask = 12, .value = 99 },
			{ .op = DRM_STALEMATE_OP_COMPARE, .src = RESULT + 512,
			  .value = 98, .mask = ~0ULL },
		};
		const struct drm_stalemate_obj o[] = {
			{ .handle = h },
			{ .handle = g, .flags = DRM_STALEMATE_OBJ_WRITE },
		};
		struct drm_stalemate_wait w;
		__u64 seqno;

		CHECK(!submit(fd, 1, c, 5, o, 2, &seqno));
		w = wait_for(fd, 1, seqno);
		CHECK(!w.status && w.miscompares == 1 &&
		      w.miscompare_value == 99);
		CHECK(!memcmp((char *)map + 1, (char *)p + 5, 100));
		CHECK(map[64] == 99);
	}
	close(fd);
}

static __u64 true_entry(void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	__u64 ent = 0;

	CHECK(pread(fd, &ent, 8, (unsigned long)p / PAGE * 8) == 8);
	close(fd);

	return ent;
}

/* What was freed last would be the next to be given out. */
static void take_free_pages(void)
{
	memset(anon(256 * PAGE), 1, 256 * PAGE);
}

static void memory_that_goes_is_gone(void)
{
	int fd = open_node(), h;
	char *p = anon(16 * PAGE);

	h = userptr(fd, p, 16 * PAGE, 0, VM_START);
	CHECK(!fill(fd, h, VM_START, 16 * PAGE, 1));
	CHECK((snapshot(fd, VM_START) & PFN) == (true_entry(p) & PFN));
	CHECK(snapshot(fd, VM_START) & PRESENT);
	CHECK(snapshot(fd, VM_START) & WRITABLE);
	CHECK(!madvise(p, PAGE, MADV_DONTNEED));
	take_free_pages();
	CHECK(!snapshot(fd, VM_START));
	CHECK(!fill(fd, h, VM_START, 16 * PAGE, 2));
	CHECK(*(__u64 *)p == 2);
	CHECK((snapshot(fd, VM_START) & PFN) == (true_entry(p) & PFN));
	CHECK(!munmap(p + PAGE, PAGE));
	CHECK(!snapshot(fd, VM_START));
	CHECK(fill(fd, h, VM_START, 16 * PAGE, 3) == -EFAULT);
	close(fd);
}

static void refusals(void)
{
	int fd = open_node(), h, sfd, file;
	char *p = anon(4 * PAGE);
	struct drm_prime_handle prime = {};
	void *m;

	h = userptr(fd, p, PAGE, DRM_STALEMATE_USERPTR_READONLY, VM_START);
	CHECK(h > 0);
	CHECK(fill(fd, h, VM_START, 8, 1) == -EPERM);
	prime.handle = h;
	CHECK(call(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime) < 0);
	CHECK(userptr(fd, p + 1, PAGE, 0, 0) == -EINVAL);
	CHECK(userptr(fd, p, 0, 0, 0) == -EINVAL);
	CHECK(userptr(fd, (void *)~0xfffUL, PAGE, 0, 0) == -EFAULT);
	CHECK(userptr(fd, (void *)PAGE, PAGE, DRM_STALEMATE_USERPTR_PROBE, 0) ==
	      -EFAULT);
	plain(fd, PAGE, RESULT, &m);
	CHECK(userptr(fd, m, PAGE, DRM_STALEMATE_USERPTR_PROBE, 0) == -EPERM);
	file = open("/tmp/drm_engine", O_RDWR | O_CREAT, 0600);
	CHECK(!ftruncate(file, PAGE));
	m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(userptr(fd, m, PAGE, DRM_STALEMATE_USERPTR_PROBE |
		      DRM_STALEMATE_USERPTR_ANONONLY, 0) == -EPERM);
	CHECK(userptr(fd, m, PAGE, DRM_STALEMATE_USERPTR_PROBE, 0) > 0);
	close(file);
	sfd = syscall(SYS_memfd_secret, 0);
	if (sfd >= 0) {
		CHECK(!ftruncate(sfd, PAGE));
		m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, sfd, 0);
		CHECK(userptr(fd, m, PAGE, DRM_STALEMATE_USERPTR_PROBE, 0) ==
		      -EPERM);
		close(sfd);
	}
	close(fd);
}

static void addresses_without_object(void)
{
	int fd = open_node(), h, other;
	char *p = anon(4 * PAGE);

	h = userptr(fd, p, PAGE, 0, VM_START);
	other = userptr(fd, p + 2 * PAGE, PAGE, 0, VM_START + PAGE);
	CHECK(other > 0);
	CHECK(fill(fd, h, VM_START, 2 * PAGE, 1) == -EFAULT);
	CHECK(*(__u64 *)(p + 2 * PAGE) == 0);
	CHECK(fill(fd, h, VM_START - PAGE, PAGE, 1) == -EFAULT);
	close(fd);
}

static void bindings_are_split(void)
{
	int fd = open_node(), a, b;
	__u64 *p = anon(8 * PAGE), *q = anon(PAGE);

	a = userptr(fd, p, 8 * PAGE, 0, VM_START);
	b = userptr(fd, q, PAGE, 0, VM_START + 3 * PAGE);
	CHECK(a > 0 && b > 0);
	CHECK(!fill(fd, b, VM_START + 3 * PAGE, PAGE, 2));
	CHECK(!fill(fd, a, VM_START, 3 * PAGE, 1));
	CHECK(!fill(fd, a, VM_START + 4 * PAGE, 4 * PAGE, 1));
	CHECK(q[0] == 2 && p[3 * 512] == 0 && p[4 * 512] == 1);
	CHECK(!bind_to(fd, 0, VM_START, 8 * PAGE));
	CHECK(fill(fd, a, VM_START, PAGE, 1) == -EFAULT);
	close(fd);
}

/* Bound again after a write: what was written stays, and what is stale goes. */
static void bound_again(void)
{
	int fd = open_node(), h;
	__u64 *p = anon(4 * PAGE);

	memset(p, 1, 4 * PAGE);
	h = userptr(fd, p, 4 * PAGE, 0, VM_START);
	/* To be forgotten, unless somebody writes to it. */
	CHECK(!madvise(p, 4 * PAGE, MADV_FREE));
	CHECK(!fill(fd, h, VM_START, 4 * PAGE, 7));
	CHECK(!bind_to(fd, h, VM_START + 4 * PAGE, 4 * PAGE));
	CHECK(!madvise(p, 4 * PAGE, MADV_PAGEOUT));
	CHECK(p[0] == 7 && p[3 * 512] == 7);
	CHECK(!fill(fd, h, VM_START + 4 * PAGE, 4 * PAGE, 8));
	CHECK(p[0] == 8 && p[3 * 512] == 8);
	CHECK(!bind_to(fd, h, VM_START + 8 * PAGE, 4 * PAGE));
	CHECK(snapshot(fd, VM_START) & PRESENT);
	CHECK(!madvise(p, PAGE, MADV_DONTNEED));
	take_free_pages();
	CHECK(!snapshot(fd, VM_START));
	CHECK(!snapshot(fd, VM_START + 4 * PAGE));
	close(fd);
}

/* 65536, whoever makes them: here one binding is split again and again. */
static void bindings_are_bounded(void)
{
	const __u64 size = (2 * 32767 + 8) * PAGE;
	int fd = open_node(), a, b, i, bad = 0;
	void *p = anon(size);

	a = userptr(fd, p, size, 0, VM_START);
	b = userptr(fd, p, PAGE, 0, 0);
	CHECK(a > 0 && b > 0);
	for (i = 0; i < 32767 && !bad; i++)
		bad = bind_to(fd, b, VM_START + (2 * i + 1) * PAGE, PAGE);
	CHECK(!bad);
	CHECK(bind_to(fd, b, VM_START + 2 * 32768 * PAGE, PAGE) == -ENOSPC);
	CHECK(!bind_to(fd, 0, VM_START + 2 * 32768 * PAGE, PAGE));
	CHECK(bind_to(fd, 0, VM_START + PAGE * (2 * 32768 + 3), PAGE) == -ENOSPC);
	CHECK(!bind_to(fd, 0, VM_START, size));
	close(fd);
}

/* The ring goes on after a job that hangs. */
static void a_job_that_hangs(void)
{
	int fd = open_node(), g;
	struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_WAIT, .src = RESULT, .value = 1,
		.mask = ~0ULL,
	};
	struct drm_stalemate_obj o;
	void *m;

	g = plain(fd, PAGE, RESULT, &m);
	o = (struct drm_stalemate_obj){ .handle = g };
	CHECK(run(fd, &c, 1, &o, 1) == -ETIME);
	CHECK(!fill(fd, g, RESULT, PAGE, 5));
	CHECK(*(__u64 *)m == 5);
	close(fd);
}

static void killed_in_mid_job(void)
{
	int i, pid, status;

	for (i = 0; i < 4; i++) {
		pid = fork();
		if (!pid) {
			int fd = open_node(), g, h, j;
			struct drm_stalemate_cmd c = {
				.op = DRM_STALEMATE_OP_WAIT, .src = RESULT,
				.value = 1, .mask = ~0ULL,
			};
			struct drm_stalemate_obj o[2];
			__u64 seqno;
			void *m;

			h = userptr(fd, anon(PAGE), PAGE, 0, VM_START);
			g = plain(fd, PAGE, RESULT, &m);
			o[0] = (struct drm_stalemate_obj){ .handle = g };
			o[1] = (struct drm_stalemate_obj){ .handle = h };
			for (j = 0; j < 20; j++)
				submit(fd, j % 4, &c, 1, o, 2, &seqno);
			if (i % 2)
				close(fd);
			raise(SIGKILL);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
	}
}

static void evicted_and_restored(void)
{
	int fd = open_node(), h;
	__u64 *p = anon(4 * PAGE);
	struct drm_stalemate_gem_evict e = {};

	h = userptr(fd, p, 4 * PAGE, 0, VM_START);
	CHECK(!fill(fd, h, VM_START, 4 * PAGE, 1));
	e.handle = h;
	CHECK(!call(fd, DRM_IOCTL_STALEMATE_GEM_EVICT, &e));
	CHECK(!snapshot(fd, VM_START));
	CHECK(!fill(fd, h, VM_START, PAGE, 2));
	CHECK(p[0] == 2 && p[512] == 1);
	CHECK(!call(fd, DRM_IOCTL_STALEMATE_GEM_EVICT, &e));
	CHECK(!madvise(p, PAGE, MADV_DONTNEED));
	take_free_pages();
	CHECK(!fill(fd, h, VM_START + 8, 8, 3));
	CHECK(p[0] == 0 && p[1] == 3);
	close(fd);
}

static __u64 pages_held(int fd)
{
	struct drm_stalemate_stats s;

	CHECK(!call(fd, DRM_IOCTL_STALEMATE_STATS, &s));
	return s.pages;
}

/* What no job uses goes when memory is short, and comes back as it was. */
static void evicted_by_the_kernel(void)
{
	int fd = open_node(), g;
	void *m;

	g = plain(fd, 8 * PAGE, VM_START, &m);
	CHECK(!fill(fd, g, VM_START, 8 * PAGE, 5));
	CHECK(pages_held(fd) == 8);
	CHECK(!system("echo 2 >/proc/sys/vm/drop_caches"));
	CHECK(!pages_held(fd) && !snapshot(fd, VM_START));
	CHECK(!fill(fd, g, VM_START, 8, 6));
	CHECK(((__u64 *)m)[0] == 6 && ((__u64 *)m)[1] == 5);
	CHECK(pages_held(fd) == 8);
	close(fd);
}

/* Is a line with both words in one of the files? */
static bool shown(const char *pattern, const char *word, const char *other)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "grep -h '%s' %s | grep -q '%s'", word,
		 pattern, other);

	return !system(cmd);
}

static void what_is_shown(void)
{
	int fd = open_node(), h;
	char *p = anon(64 * PAGE), info[64];

	h = userptr(fd, p, 64 * PAGE, 0, VM_START);
	snprintf(info, sizeof(info), "/proc/%d/fdinfo/%d", getpid(), fd);
	CHECK(shown(info, "^drm-engine-ring0:", "[[:space:]]0 ns"));
	CHECK(!fill(fd, h, VM_START, 64 * PAGE, 1));
	CHECK(shown(info, "^drm-engine-ring0:", "[1-9][0-9]* ns"));
	CHECK(shown(info, "^drm-resident-", "256 KiB"));
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	CHECK(shown("/sys/kernel/debug/dri/*/objects",
		    "userptr, 262144 bytes, valid", "[0-9] events"));
	CHECK(!madvise(p, PAGE, MADV_DONTNEED));
	CHECK(shown("/sys/kernel/debug/dri/*/objects",
		    "userptr, 262144 bytes, [0-9]", "[0-9] events"));
	close(fd);
}

/* The job ends, whoever has the file gets -ENODEV, and a new device works. */
static void unplugged_in_mid_job(void)
{
	int fd = open_node(), g;
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_WAIT, .src = RESULT, .value = 1,
		.mask = ~0ULL,
	};
	struct drm_stalemate_gem_create create = { .size = PAGE };
	struct drm_stalemate_obj o;
	__u64 seqno;
	void *m;

	g = plain(fd, PAGE, RESULT, &m);
	o = (struct drm_stalemate_obj){ .handle = g };
	CHECK(!submit(fd, 0, &c, 1, &o, 1, &seqno));
	plug("unbind");
	CHECK(call(fd, DRM_IOCTL_STALEMATE_GEM_CREATE, &create) == -ENODEV);
	CHECK(!*(__u64 *)m);
	close(fd);
	plug("bind");
	memory_is_written();
}

int main(void)
{
	static const struct kit_case cases[] = {
		KIT_CASE(memory_is_written),
		KIT_CASE(memory_that_goes_is_gone),
		KIT_CASE(refusals),
		KIT_CASE(addresses_without_object),
		KIT_CASE(bindings_are_split),
		KIT_CASE(bindings_are_bounded),
		KIT_CASE(bound_again),
		KIT_CASE(evicted_and_restored),
		KIT_CASE(killed_in_mid_job),
		KIT_CASE(a_job_that_hangs),
		KIT_CASE(evicted_by_the_kernel),
		KIT_CASE(what_is_shown),
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
