// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device may be refused: no correct mirror is accused of it. The first
 * three the page table allows, and the table in kmod/denied.c excuses; all others
 * it does not have.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

/* Headers of Linux 5.10 have no number for it. */
#ifndef SYS_memfd_secret
#define SYS_memfd_secret	447
#endif

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102	/* Linux 6.13 */
#endif
#ifndef UFFDIO_POISON
#define UFFDIO_POISON		_IOWR(UFFDIO, 0x08, struct uffdio_poison)
struct uffdio_poison {			/* Linux 6.6 */
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};
#endif

#define SIZE	(4 * KSM_HUGE)
#define LEN	(4 * KSM_PAGE)
#define RW	(PROT_READ | PROT_WRITE)
#define FIXED	MAP_FIXED
#define POOL	"/proc/sys/vm/nr_hugepages"

static struct ksm k;
static __u32 id;

static void begin(void)
{
	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, ksm_profile);
}

static bool is_refusal(int err)
{
	return err == -EFAULT || err == -EPERM || err == -EACCES;
}

/* Refused, or not; but nobody is accused. */
static void expect_silent(void)
{
	struct sm_violation v[64];

	EXPECT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 0);
}

static void expect_no_read(const char *p)
{
	__u64 value;

	EXPECT_TRUE(is_refusal(ksm_read(&k, id, p, &value)));
	expect_silent();
}

static void expect_no_write(const char *p)
{
	int err = ksm_write(&k, id, p + 8, 1);

	if (ksm_info()->reads)
		EXPECT_EQ(err, ksm_wrote(-EPERM));
	else
		EXPECT_TRUE(is_refusal(err));
	expect_silent();
}

static char *map_file(int fd, size_t size)
{
	char *p = (char *)k.start;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(ftruncate(fd, size), 0);
	ASSERT_TRUE(mmap(p, LEN, RW, MAP_SHARED | FIXED, fd, 0) == p);
	close(fd);
	return p;
}

/* ---- what the page table has, and a driver may refuse -------------------------- */

static void secret(void)
{
	int fd = syscall(SYS_memfd_secret, 0);
	char *p;

	if (fd < 0)
		ksm_skip("no memfd_secret()");
	begin();
	p = map_file(fd, LEN);
	memset(p, 1, LEN);
	expect_no_read(p);
	expect_no_write(p);
}

/* Before Linux 6.5 it is pinned. */
static void file_written(void)
{
	char name[] = "/var/tmp/denied-XXXXXX";
	char *p;
	int fd;

	fd = mkstemp(name);
	if (fd < 0)
		ksm_skip("no /var/tmp");
	unlink(name);
	begin();
	p = map_file(fd, LEN);
	memset(p, 1, LEN);
	ksm_write(&k, id, p + 8, 1);
	expect_silent();
}

/* Before Linux 6.0 it is pinned without a copy. */
static void huge_shared(void)
{
	char *p;
	__u64 value;
	int pid;

	if (ksm_set(POOL, "1"))
		ksm_skip("no huge pages");
	begin();
	p = mmap((char *)k.start, KSM_HUGE, RW, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_HUGETLB | MAP_NORESERVE | FIXED, -1, 0);
	if (p == MAP_FAILED)
		ksm_skip("no huge pages");
	*p = 1;
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	ksm_read(&k, id, p, &value);
	expect_silent();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	munmap(p, KSM_HUGE);
	ksm_set(POOL, "0");
}

/* ---- what it does not have ------------------------------------------------------ */

static void no_mapping(void)
{
	char *p;

	begin();
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	ASSERT_EQ(munmap(p + KSM_PAGE, KSM_PAGE), 0);
	expect_no_read(p + KSM_PAGE);
	expect_no_write(p + KSM_PAGE);
}

static void protected(void)
{
	char *p;

	begin();
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	ASSERT_EQ(mprotect(p, KSM_PAGE, PROT_READ), 0);
	expect_no_write(p);
	ASSERT_EQ(mprotect(p, KSM_PAGE, PROT_NONE), 0);
	if (!ksm_info()->unmap_only)
		expect_no_read(p);
	expect_no_write(p);
}

static void end_of_file(void)
{
	int fd = syscall(SYS_memfd_create, "denied", 0);
	char *p;

	begin();
	p = map_file(fd, KSM_PAGE);
	*p = 1;
	expect_no_read(p + KSM_PAGE);
	expect_no_write(p + KSM_PAGE);
}

static void guarded(void)
{
	char *p;

	begin();
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	if (madvise(p, KSM_PAGE, MADV_GUARD_INSTALL))
		ksm_skip("no guard pages");
	expect_no_read(p);
	expect_no_write(p);
}

/*
 * ---- a userfaultfd that nobody serves -------------------------------------------
 *
 * It refuses: without UFFD_FEATURE_SIGBUS a walk that lets go of mmap_lock, as those
 * of hmm and umem-odp since 7.x, waits for a handler.
 */

static int serve(const char *p, __u64 features, __u64 mode)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register r = {
		.range = { .start = (uintptr_t)p, .len = LEN },
		.mode = mode,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &r))
		ksm_skip("no such userfaultfd");
	return fd;
}

static void missing(void)
{
	char *p;
	int fd;

	begin();
	p = ksm_map(&k, 0, LEN, RW);
	fd = serve(p, UFFD_FEATURE_SIGBUS, UFFDIO_REGISTER_MODE_MISSING);
	expect_no_read(p);
	expect_no_write(p);
	close(fd);
}

static void write_protected(void)
{
	struct uffdio_writeprotect wp = {
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	char *p;
	int fd;

	begin();
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	fd = serve(p, UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_SIGBUS,
		   UFFDIO_REGISTER_MODE_WP);
	wp.range.start = (uintptr_t)p;
	wp.range.len = LEN;
	ASSERT_EQ(ioctl(fd, UFFDIO_WRITEPROTECT, &wp), 0);
	expect_no_write(p);
	close(fd);
}

static void poisoned(void)
{
	struct uffdio_poison poison = { .mode = 0 };
	char *p;
	int fd;

	begin();
	p = ksm_map(&k, 0, LEN, RW);
	fd = serve(p, 0, UFFDIO_REGISTER_MODE_MISSING);
	poison.range.start = (uintptr_t)p;
	poison.range.len = KSM_PAGE;
	if (ioctl(fd, UFFDIO_POISON, &poison))
		ksm_skip("no UFFDIO_POISON");
	expect_no_read(p);
	expect_no_write(p);
	close(fd);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH(secret),
		KSM_EACH(file_written),
		KSM_EACH_ALONE(huge_shared),
		KSM_EACH(no_mapping),
		KSM_EACH(protected),
		KSM_EACH(end_of_file),
		KSM_EACH(guarded),
		KSM_EACH(missing),
		KSM_EACH(write_protected),
		KSM_EACH(poisoned),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
