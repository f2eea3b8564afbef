// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device faults on pages that a userfaultfd has to serve: missing ones, and those that
 * are in the page cache and not in the page table (minor).
 *
 * A walk that lets go of mmap_lock, as those of hmm and umem-odp since 7.x, waits until
 * they are there. All others are refused, as nobody can be served while the lock is held;
 * they find what is there when the processor has asked. Either way the device sees what
 * was served. Where nobody serves, its access ends with the userfaultfd, or the process.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/minor.h"
#include "base/util.h"
#include "ksm.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd	438
#endif

#define SIZE	(4 * KSM_HUGE)
#define LEN	(4 * KSM_PAGE)
#define RW	(PROT_READ | PROT_WRITE)
#define POOL	"/proc/sys/vm/nr_hugepages"
#define WAIT_MS	60000
#define UNLOAD_MS	30000

static struct ksm k;
static __u32 id;

/*
 * Memory under a userfaultfd: @len bytes at @p in pages of @step. @fd is -1 while there
 * is none, @image what is to be put there, in its place; NULL: it is there already.
 */
static struct {
	char *p;
	size_t len;
	size_t step;
	int fd;
	const char *image;
	int stop[2];
	pthread_t thread;
	unsigned int asked;
} u;

static void begin(void)
{
	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, ksm_profile);
}

static void expect_silent(void)
{
	struct sm_violation v[64];

	EXPECT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 0);
}

/* ---- who serves ------------------------------------------------------------------- */

/* One that can be polled does not block. */
static bool pool_filled;

static void empty_pool(void)
{
	if (pool_filled)
		ksm_set(POOL, "0");
}

static void watch(__u64 features, __u64 mode)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register r = {
		.range = { .start = (uintptr_t)u.p, .len = u.len },
		.mode = mode,
	};

	u.fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (u.fd < 0 || ioctl(u.fd, UFFDIO_API, &api) ||
	    ioctl(u.fd, UFFDIO_REGISTER, &r)) {
		empty_pool();
		ksm_skip("no such userfaultfd");
	}
}

static bool is_asked(void)
{
	struct pollfd p = { .fd = u.fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents == POLLIN;
}

static int put(char *va)
{
	struct uffdio_continue c = {
		.range = { .start = (uintptr_t)va, .len = u.step },
	};
	struct uffdio_copy copy = {
		.dst = (uintptr_t)va,
		.src = (uintptr_t)u.image + (va - u.p),
		.len = u.step,
	};

	if (u.image)
		return ioctl(u.fd, UFFDIO_COPY, &copy) ? -errno : 0;
	return ioctl(u.fd, UFFDIO_CONTINUE, &c) ? -errno : 0;
}

/* Two may ask for the same page: who comes second is woken all the same. */
static void serve_one(void)
{
	struct uffdio_range r = { .len = u.step };
	struct uffd_msg m;
	int err;

	if (read(u.fd, &m, sizeof(m)) != sizeof(m) ||
	    m.event != UFFD_EVENT_PAGEFAULT)
		return;
	KSM_STORE(u.asked, u.asked + 1);
	r.start = m.arg.pagefault.address & ~(u.step - 1);
	do
		err = put((char *)(uintptr_t)r.start);
	while (err == -EAGAIN);
	if (err == -EEXIST)
		ioctl(u.fd, UFFDIO_WAKE, &r);
	else
		EXPECT_EQ(err, 0);
}

static void *serve(void *arg)
{
	struct pollfd p[] = {
		{ .fd = u.stop[0], .events = POLLIN },
		{ .fd = u.fd, .events = POLLIN },
	};

	while (poll(p, ARRAY_SIZE(p), -1) > 0 && !p[0].revents)
		serve_one();
	return arg;
}

static void start_serving(void)
{
	ASSERT_EQ(pipe(u.stop), 0);
	ASSERT_EQ(pthread_create(&u.thread, NULL, serve, NULL), 0);
}

static void stop_serving(void)
{
	close(u.stop[1]);
	pthread_join(u.thread, NULL);
	close(u.stop[0]);
	close(u.fd);
}

/* ---- served ----------------------------------------------------------------------- */

/* As the processor does, each time. */
static __u64 look(const char *va)
{
	return KSM_LOAD(*(const __u64 *)va);
}

static void touch_all(void)
{
	size_t off;

	for (off = 0; off < u.len; off += u.step)
		EXPECT_EQ(look(u.p + off), ksm_word(u.p + off));
}

/* A window of pages that are pinned together wants all of them. */
static void expect_served(const char *va)
{
	__u64 value;
	int err = ksm_read(&k, id, va, &value);

	if (err) {
		EXPECT_EQ(err, -EFAULT);
		expect_silent();
		touch_all();
		err = ksm_read(&k, id, va, &value);
	}
	EXPECT_GT(KSM_LOAD(u.asked), 0);
	EXPECT_EQ(err, 0);
	EXPECT_EQ(value, ksm_word(va));
}

/* Where all is one page, that is there by now. */
static void expect_served_for_writing(char *va)
{
	int err = ksm_write(&k, id, va + 8, 1);

	EXPECT_EQ(err, ksm_wrote(0));
	EXPECT_EQ(look(va), ksm_word(va));
	EXPECT_EQ(look(va + 8), !err);
}

static void serve_a_device(void)
{
	start_serving();
	expect_served(u.p);
	if (u.len > u.step)
		expect_served(u.p + u.step);
	expect_served_for_writing(u.p + u.len - u.step);
	ksm_expect_true_mirror(&k, id, u.p, u.len / KSM_PAGE);
	expect_silent();
	stop_serving();
}

/* Filled where it is not looked at, for where the device will look. */
static char *image_of(char *p, size_t len, int fd)
{
	char *image = mmap(NULL, len, RW, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS :
						   MAP_SHARED, fd, 0);
	size_t off;

	ASSERT_TRUE(image != MAP_FAILED);
	for (off = 0; off < len; off += KSM_PAGE) {
		*(__u64 *)(image + off) = ksm_word(p + off);
		*(__u64 *)(image + off + KSM_PAGE - 8) = KSM_COOKIE;
	}
	return image;
}

/* Shared memory in the arena, of which no page is mapped there. */
static void map_shared(int fd, size_t len)
{
	ASSERT_GE(fd, 0);
	ASSERT_EQ(ftruncate(fd, len), 0);
	u.p = mmap((void *)k.start, len, RW, MAP_SHARED | MAP_FIXED, fd, 0);
	ASSERT_TRUE(u.p == (char *)k.start);
	u.len = len;
	u.step = KSM_PAGE;
}

static int small_file(void)
{
	return syscall(SYS_memfd_create, "uffd", 0);
}

static void missing_anon(void)
{
	begin();
	u.p = ksm_map(&k, 0, LEN, RW);
	u.len = LEN;
	u.step = KSM_PAGE;
	u.image = image_of(u.p, LEN, -1);
	watch(0, UFFDIO_REGISTER_MODE_MISSING);
	serve_a_device();
}

static void missing_shmem(void)
{
	begin();
	map_shared(small_file(), LEN);
	u.image = image_of(u.p, LEN, -1);
	watch(0, UFFDIO_REGISTER_MODE_MISSING);
	serve_a_device();
}

static void minor_shmem(void)
{
	int fd = small_file();

	begin();
	map_shared(fd, LEN);
	image_of(u.p, LEN, fd);
	watch(UFFD_FEATURE_MINOR_SHMEM, UFFDIO_REGISTER_MODE_MINOR);
	serve_a_device();
}

static void serve_huge(void)
{
	int fd = syscall(SYS_memfd_create, "uffd", MFD_HUGETLB);
	char *image;

	if (fd < 0) {
		empty_pool();
		ksm_skip("no huge pages");
	}
	begin();
	map_shared(fd, KSM_HUGE);
	u.step = KSM_HUGE;
	image = image_of(u.p, KSM_HUGE, fd);
	watch(UFFD_FEATURE_MINOR_HUGETLBFS, UFFDIO_REGISTER_MODE_MINOR);
	serve_a_device();
	munmap(image, KSM_HUGE);
	munmap(u.p, KSM_HUGE);
	close(fd);
}

/* A pool that somebody has filled is left alone. */
static void minor_hugetlb(void)
{
	if (!sm_util_read_u64(POOL, 0)) {
		pool_filled = true;
		if (ksm_set(POOL, "1"))
			ksm_skip("no huge pages");
	}
	serve_huge();
	empty_pool();
}

/* ---- not served ------------------------------------------------------------------- */

struct access {
	bool ended;
	int err;
	__u64 value;
};

static void *access_page(void *arg)
{
	struct access *a = arg;

	a->err = ksm_read(&k, id, u.p, &a->value);
	KSM_STORE(a->ended, true);
	return NULL;
}

static bool is_asked_or_ended(void *arg)
{
	struct access *a = arg;

	return KSM_LOAD(a->ended) || is_asked();
}

static void watch_unserved(void)
{
	begin();
	u.p = ksm_map(&k, 0, LEN, RW);
	u.len = LEN;
	u.step = KSM_PAGE;
	watch(0, UFFDIO_REGISTER_MODE_MISSING);
}

/* Who waits finds what is there without a userfaultfd, and so does who asks later. */
static void closed(void)
{
	struct access a = {};
	pthread_t thread;

	watch_unserved();
	ASSERT_EQ(pthread_create(&thread, NULL, access_page, &a), 0);
	EXPECT_TRUE(ksm_wait_until(is_asked_or_ended, &a, WAIT_MS));
	ksm_note("%s", KSM_LOAD(a.ended) ? "is refused" : "waits");
	close(u.fd);
	ASSERT_EQ(pthread_join(thread, NULL), 0);
	if (a.err) {
		EXPECT_EQ(a.err, -EFAULT);
		a.err = ksm_read(&k, id, u.p, &a.value);
	}
	EXPECT_EQ(a.err, 0);
	EXPECT_EQ(a.value, 0);
	ksm_expect_true_mirror(&k, id, u.p, LEN / KSM_PAGE);
	expect_silent();
}

/* Tells of its userfaultfd when it waits, or has been refused. */
static _Noreturn void wait_unserved(int tell)
{
	struct access a = {};
	pthread_t thread;

	watch_unserved();
	ASSERT_EQ(pthread_create(&thread, NULL, access_page, &a), 0);
	EXPECT_TRUE(ksm_wait_until(is_asked_or_ended, &a, WAIT_MS));
	ASSERT_EQ(write(tell, &u.fd, sizeof(u.fd)), sizeof(u.fd));
	for (;;)
		pause();
}

/* We have the userfaultfd, too: nothing but the signal ends the access. */
static void killed(void)
{
	int pid, pidfd, fds[2], fd;

	ASSERT_EQ(pipe(fds), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		wait_unserved(fds[1]);
	close(fds[1]);
	if (read(fds[0], &fd, sizeof(fd)) != sizeof(fd)) {
		ksm_child(pid);
		ksm_skip("no such userfaultfd");
	}
	pidfd = ksm_pidfd(pid);
	fd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	ASSERT_GE(fd, 0);
	close(pidfd);
	ASSERT_EQ(kill(pid, SIGKILL), 0);
	EXPECT_EQ(ksm_child(pid), 128 + SIGKILL);
	close(fd);
}

/* ---- and after all that ----------------------------------------------------------- */

static bool is_unloaded(void *arg)
{
	*(int *)arg = ksm_module_unload();
	return !*(int *)arg;
}

static void unloads(void)
{
	int err = 0;

	ksm_wait_until(is_unloaded, &err, UNLOAD_MS);
	ASSERT_EQ(err, 0);
	ASSERT_EQ(ksm_module_load(), 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH(missing_anon),
		KSM_EACH(missing_shmem),
		KSM_EACH(minor_shmem),
		KSM_EACH_ALONE(minor_hugetlb),
		KSM_EACH(closed),
		KSM_EACH(killed),
		KSM_CASE(unloads),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
