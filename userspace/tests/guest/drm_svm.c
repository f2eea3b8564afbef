// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared virtual memory of stalemate_drm.ko, by the kernel's drm_gpusvm: that the GPU
 * faults where it has to, finds what the process has there, and nothing where that is
 * gone. KTAP; 4 is skip, and so is a kernel without drm_gpusvm.
 */
#include <stdio.h>

#include "drm_kit.h"

#ifdef HAVE_DRM

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE		(2UL << 20)
#define AREA		(2 * HUGE)

static int open_svm(void)
{
	return open_as(DRM_STALEMATE_VM_SVM);
}

/* Memory at the start of the address space, which is the process's. */
static char *area(__u64 size)
{
	char *p = mmap((void *)VM_START, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		       0);

	CHECK(p == (void *)VM_START);
	return p;
}

static int fill_svm(int fd, const void *p, __u64 len, __u64 value)
{
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_FILL, .dst = (unsigned long)p,
		.len = len, .value = value,
	};

	return run(fd, &c, 1, NULL, 0);
}

static int read_svm(int fd, const void *p, __u64 value)
{
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_COMPARE, .src = (unsigned long)p,
		.value = value, .mask = ~0ULL,
	};
	struct drm_stalemate_wait w;
	__u64 seqno;

	CHECK(!submit(fd, 0, &c, 1, NULL, 0, &seqno));
	w = wait_for(fd, 0, seqno);
	CHECK(w.status || !w.miscompares);
	return w.status;
}

static struct drm_stalemate_stats stats(int fd)
{
	struct drm_stalemate_stats s;

	CHECK(!call(fd, DRM_IOCTL_STALEMATE_STATS, &s));
	return s;
}

static __u64 at(const void *p)
{
	return (unsigned long)p;
}

static void faults_anywhere(void)
{
	int fd = open_svm();
	char *p = area(AREA);
	struct drm_stalemate_stats s;

	CHECK(!snapshot(fd, VM_START));
	CHECK(!fill_svm(fd, p, AREA, 0x55));
	CHECK(p[0] == 0x55 && p[AREA - 8] == 0x55);
	CHECK(snapshot(fd, VM_START) & PRESENT);
	s = stats(fd);
	CHECK(s.svm_faults && s.svm_ranges && s.svm_notifiers);
	CHECK(!read_svm(fd, p + AREA - 8, 0x55));
	CHECK(fill_svm(fd, p + AREA, 8, 1) == -EFAULT);
	CHECK(fill_svm(fd, (void *)(VM_START + VM_SIZE), 8, 1) == -EFAULT);
	close(fd);
}

/* A page of zeroes is written to later: it is another one then. */
static void what_is_read_is_written(void)
{
	int fd = open_svm();
	char *p = area(AREA);

	CHECK(!read_svm(fd, p, 0));
	CHECK(!fill_svm(fd, p, 8, 0x66));
	CHECK(p[0] == 0x66 && !read_svm(fd, p, 0x66));
	CHECK(snapshot(fd, VM_START) & WRITABLE);
	close(fd);
}

static void what_goes_is_gone(void)
{
	int fd = open_svm();
	char *p = area(AREA);

	CHECK(!fill_svm(fd, p, 2 * PAGE, 1));
	CHECK(!madvise(p, PAGE, MADV_DONTNEED));
	CHECK(!snapshot(fd, VM_START));
	CHECK(!read_svm(fd, p, 0));
	CHECK(!read_svm(fd, p + PAGE, 1));
	close(fd);
}

/* What is left of a range that loses a page is had again, in smaller ones. */
static void unmapped_in_part(void)
{
	int fd = open_svm();
	char *p = area(AREA), *hole = p + HUGE / 2;
	__u64 collected = stats(fd).svm_collected;

	CHECK(!madvise(p, AREA, MADV_HUGEPAGE));
	memset(p, 0, AREA);
	CHECK(!fill_svm(fd, p, AREA, 2));
	CHECK(!munmap(hole, PAGE));
	CHECK(!snapshot(fd, at(hole)));
	CHECK(fill_svm(fd, hole, 8, 3) == -EFAULT);
	CHECK(!fill_svm(fd, hole - 8, 8, 4));
	CHECK(!fill_svm(fd, hole + PAGE, 8, 5));
	CHECK(hole[-8] == 4 && hole[PAGE] == 5 && hole[PAGE + 8] == 2);
	CHECK(stats(fd).svm_collected > collected);
	close(fd);
}

/* One page of a range is not all of it. */
static void permissions_of_a_page(void)
{
	int fd = open_svm();
	char *p = area(AREA), *page = p + 5 * PAGE;

	memset(p, 0, AREA);
	CHECK(!fill_svm(fd, p, 16 * PAGE, 1));
	CHECK(!mprotect(page, PAGE, PROT_READ));
	CHECK(!(snapshot(fd, at(page)) & WRITABLE));
	CHECK(!fill_svm(fd, page - 8, 8, 2) && page[-8] == 2);
	CHECK(!fill_svm(fd, page + PAGE, 8, 2) && page[PAGE] == 2);
	CHECK(!read_svm(fd, page, 1));
	CHECK(fill_svm(fd, page, 8, 2) == -EACCES && page[0] == 1);
	CHECK(!mprotect(page, PAGE, PROT_NONE));
	CHECK(!snapshot(fd, at(page)));
	CHECK(read_svm(fd, page, 1) == -EFAULT);
	CHECK(!mprotect(page, PAGE, PROT_READ | PROT_WRITE));
	CHECK(!fill_svm(fd, page, 8, 3) && page[0] == 3);
	close(fd);
}

static int submit_elsewhere(int fd)
{
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_WRITE, .dst = VM_START,
	};
	int status, pid;
	__u64 seqno;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(-submit(fd, 0, &c, 1, NULL, 0, &seqno));
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void refusals(void)
{
	int fd = open_svm(), secret = syscall(SYS_memfd_secret, 0);
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_WRITE, .dst = VM_START,
	};
	struct drm_stalemate_gem_create create = { .size = PAGE };
	struct drm_stalemate_obj o = {};
	char *p = area(AREA), *s;
	__u64 seqno;

	CHECK(submit_elsewhere(fd) == -EPERM);
	CHECK(!call(fd, DRM_IOCTL_STALEMATE_GEM_CREATE, &create));
	CHECK(bind_to(fd, create.handle, VM_START, PAGE) == -EOPNOTSUPP);
	o.handle = create.handle;
	CHECK(submit(fd, 0, &c, 1, &o, 1, &seqno) == -EINVAL);
	if (secret >= 0 && !ftruncate(secret, PAGE)) {
		s = mmap(p, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, secret, 0);
		CHECK(s == p);
		*s = 1;
		CHECK(read_svm(fd, s, 1) == -EFAULT);
		CHECK(!snapshot(fd, VM_START));
	}
	CHECK(!fill_svm(fd, p + PAGE, 8, 1) && p[PAGE] == 1);
	close(fd);
}

/*
 * A fault waits for a userfaultfd that nobody answers. Whoever closes the GPU's file is
 * not held up: it may be the one to close the other.
 */
static void closed_while_it_faults(void)
{
	int fd = open_svm(), uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { VM_START, AREA },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_WRITE, .dst = VM_START,
	};
	struct pollfd waits = { .fd = uffd, .events = POLLIN };
	__u64 seqno;

	area(AREA);
	CHECK(uffd >= 0 && !ioctl(uffd, UFFDIO_API, &api) &&
	      !ioctl(uffd, UFFDIO_REGISTER, &reg));
	CHECK(!submit(fd, 0, &c, 1, NULL, 0, &seqno));
	CHECK(poll(&waits, 1, 60000) == 1);
	close(fd);
	close(uffd);
}

/* As a process goes, whose jobs fault. */
static void gone_in_mid_fault(void)
{
	static struct drm_stalemate_cmd c[DRM_STALEMATE_MAX_CMDS];
	int fd = open_svm();
	__u64 seqno;
	unsigned int i;

	area(256 * HUGE);
	for (i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = (struct drm_stalemate_cmd){
			.op = DRM_STALEMATE_OP_WRITE,
			.dst = VM_START + i * HUGE,
		};
	for (i = 0; i < 64; i++)
		CHECK(!submit(fd, i % 4, c, ARRAY_SIZE(c), NULL, 0, &seqno));
}

int main(void)
{
	static const struct kit_case cases[] = {
		KIT_CASE(faults_anywhere),
		KIT_CASE(what_is_read_is_written),
		KIT_CASE(what_goes_is_gone),
		KIT_CASE(unmapped_in_part),
		KIT_CASE(permissions_of_a_page),
		KIT_CASE(refusals),
		KIT_CASE(closed_while_it_faults),
		KIT_CASE(gone_in_mid_fault),
	};

	return kit_main_if(DRM_STALEMATE_HAS_SVM, cases, ARRAY_SIZE(cases));
}

#else /* HAVE_DRM */

int main(void)
{
	printf(KIT_SKIP);

	return 4;
}

#endif /* HAVE_DRM */
