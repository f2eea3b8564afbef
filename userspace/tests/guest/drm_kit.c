// SPDX-License-Identifier: GPL-2.0-only
/* For tests of stalemate_drm.ko: see drm_kit.h. */
#ifdef HAVE_DRM

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drm_kit.h"

static const char *node;
int kit_failures;

int call(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret && (errno == EINTR || errno == EAGAIN));

	return ret ? -errno : 0;
}

/* It may have another name after it was plugged in again. */
static void find_node(void)
{
	static char path[32];
	char name[16];
	int i;

	node = NULL;
	for (i = 128; i < 192 && !node; i++) {
		struct drm_version v = {
			.name = name, .name_len = sizeof(name) - 1,
		};
		int fd;

		snprintf(path, sizeof(path), "/dev/dri/renderD%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		memset(name, 0, sizeof(name));
		if (!ioctl(fd, DRM_IOCTL_VERSION, &v) &&
		    !strcmp(name, "stalemate"))
			node = path;
		close(fd);
	}
}

/*
 * STALEMATE_DRM_DEFECTS, a bitmap of enum drm_stalemate_defect, is to show that a case
 * fails with them.
 */
int open_as(__u32 flags)
{
	struct drm_stalemate_vm_init init = {
		.flags = flags, .start = VM_START, .size = VM_SIZE,
	};
	struct drm_stalemate_defects broken;
	const char *mask = getenv("STALEMATE_DRM_DEFECTS");
	int fd;

	find_node();
	fd = open(node ? node : "", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(!call(fd, DRM_IOCTL_STALEMATE_VM_INIT, &init));
	if (mask) {
		broken.defects = strtoull(mask, NULL, 0);
		CHECK(!call(fd, DRM_IOCTL_STALEMATE_DEFECTS, &broken));
	}

	return fd;
}

int open_node(void)
{
	return open_as(0);
}

int bind_to(int fd, __u32 handle, __u64 va, __u64 size)
{
	struct drm_stalemate_vm_bind bind = {
		.op = handle ? DRM_STALEMATE_BIND_MAP : DRM_STALEMATE_BIND_UNMAP,
		.handle = handle, .va = va, .size = size,
	};

	return call(fd, DRM_IOCTL_STALEMATE_VM_BIND, &bind);
}

/* A user pointer, bound at @va. Returns the handle, or a negative errno. */
int userptr(int fd, void *p, __u64 size, __u32 flags, __u64 va)
{
	struct drm_stalemate_gem_userptr u = {
		.addr = (unsigned long)p, .size = size, .flags = flags,
	};
	int ret = call(fd, DRM_IOCTL_STALEMATE_GEM_USERPTR, &u);

	if (!ret && va)
		ret = bind_to(fd, u.handle, va, size);

	return ret ? ret : (int)u.handle;
}

int plain(int fd, __u64 size, __u64 va, void **map)
{
	struct drm_stalemate_gem_create c = { .size = size };
	struct drm_stalemate_gem_info info = {};

	CHECK(!call(fd, DRM_IOCTL_STALEMATE_GEM_CREATE, &c));
	info.handle = c.handle;
	CHECK(!call(fd, DRM_IOCTL_STALEMATE_GEM_INFO, &info));
	*map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    info.offset);
	CHECK(*map != MAP_FAILED);
	CHECK(!bind_to(fd, c.handle, va, size));

	return c.handle;
}

void *anon(__u64 size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);

	return p;
}

int submit(int fd, __u32 ring, const struct drm_stalemate_cmd *cmds,
	   unsigned int n, const struct drm_stalemate_obj *objs,
	   unsigned int nr_objs, __u64 *seqno)
{
	struct drm_stalemate_submit s = {
		.ring = ring, .nr_cmds = n, .nr_objs = nr_objs,
		.cmds = (unsigned long)cmds, .objs = (unsigned long)objs,
	};
	int ret = call(fd, DRM_IOCTL_STALEMATE_SUBMIT, &s);

	*seqno = s.seqno;

	return ret;
}

struct drm_stalemate_wait wait_for(int fd, __u32 ring, __u64 seqno)
{
	struct drm_stalemate_wait w = {
		.ring = ring, .seqno = seqno, .timeout_ns = NEVER,
	};

	CHECK(!call(fd, DRM_IOCTL_STALEMATE_WAIT, &w));

	return w;
}

/* Submit, and wait: the job's status, or a negative errno of submission. */
int run(int fd, const struct drm_stalemate_cmd *cmds, unsigned int n,
	const struct drm_stalemate_obj *objs, unsigned int nr_objs)
{
	__u64 seqno;
	int ret = submit(fd, 0, cmds, n, objs, nr_objs, &seqno);

	return ret ? ret : wait_for(fd, 0, seqno).status;
}

int fill(int fd, int handle, __u64 va, __u64 len, __u64 value)
{
	const struct drm_stalemate_cmd c = {
		.op = DRM_STALEMATE_OP_FILL, .dst = va, .len = len,
		.value = value,
	};
	const struct drm_stalemate_obj o = {
		.handle = handle, .flags = DRM_STALEMATE_OBJ_WRITE,
	};

	return run(fd, &c, 1, &o, 1);
}

__u64 snapshot(int fd, __u64 va)
{
	__u64 ent = 0;
	struct drm_stalemate_snapshot s = {
		.start = va, .end = va + PAGE, .buf = (unsigned long)&ent,
	};

	CHECK(!call(fd, DRM_IOCTL_STALEMATE_SNAPSHOT, &s));

	return ent;
}

/* The device forgets all within 10 s. */
static void nothing_is_left(void)
{
	struct drm_stalemate_stats s;
	int fd, tries;

	find_node();
	fd = open(node ? node : "", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	for (tries = 0; tries < 1000; tries++) {
		CHECK(!call(fd, DRM_IOCTL_STALEMATE_STATS, &s));
		if (!s.files && !s.objects && !s.userptrs && !s.bindings &&
		    !s.jobs && !s.pages && !s.svm_ranges && !s.svm_notifiers)
			break;
		usleep(10000);
	}
	if (tries == 1000)
		printf("# left: %llu files %llu objects %llu bindings %llu jobs %llu ranges\n",
		       s.files, s.objects, s.bindings, s.jobs, s.svm_ranges);
	CHECK(tries < 1000);
	printf("# submitted %llu failed %llu raced %llu events %llu waited %llu\n",
	       s.submitted, s.failed, s.raced, s.events, s.waited);
	printf("# preempted %llu rebound %llu timeouts %llu\n", s.preempted,
	       s.rebound, s.timeouts);
	printf("# retries %llu walked %llu restored %llu hits %llu misses %llu\n",
	       s.retries, s.faulted, s.restored, s.tlb_hits, s.tlb_misses);
	close(fd);
}

/* In a process of its own, whose mappings and files go with it. */
static void run_alone(const struct kit_case *c)
{
	int status = 0, pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		c->run();
		fflush(stdout);
		_exit(!!kit_failures);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status);
}

/* Fences hold it, too, and are freed after a grace period. */
static bool goes(void)
{
	int tries = 0;

	while (system("rmmod stalemate_drm 2>/dev/null") && ++tries < 1000)
		usleep(10000);
	return tries < 1000;
}

/* The module stays as long as a file is open, and then it goes. */
static void refuses_to_go(void)
{
	int fd;

	find_node();
	fd = open(node ? node : "", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(system("rmmod stalemate_drm 2>/dev/null"));
	close(fd);
	CHECK(goes());
}

/* Run the cases, and after them see that the device has forgotten all. */
void plug(const char *how)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/stalemate/%s",
		 how);
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0 && write(fd, "stalemate", 9) == 9);
	close(fd);
}

static void *unmap_it(void *arg)
{
	struct unmapper *u = arg;

	__atomic_store_n(&u->tid, gettid(), __ATOMIC_RELEASE);
	CHECK(!munmap(u->p, PAGE));
	__atomic_store_n(&u->done, true, __ATOMIC_RELEASE);

	return NULL;
}

/* Is the thread in that function, inside of the invalidation? */
static bool is_inside(int tid, const char *function)
{
	char path[64], stack[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stack", tid);
	fd = open(path, O_RDONLY);
	n = read(fd, stack, sizeof(stack) - 1);
	close(fd);
	stack[n > 0 ? n : 0] = 0;

	return strstr(stack, function) &&
	       (strstr(stack, "sm_userptr_invalidate") ||
		strstr(stack, "sm_userptr_finish"));	/* in two passes */
}

/* munmap() begins in a thread, and is seen to wait in a function of that name. */
pthread_t unmap_under(struct unmapper *u, const char *function)
{
	pthread_t thread;
	int looks = 0;

	CHECK(!pthread_create(&thread, NULL, unmap_it, u));
	while (!__atomic_load_n(&u->tid, __ATOMIC_ACQUIRE) ||
	       (!is_inside(u->tid, function) &&
		!__atomic_load_n(&u->done, __ATOMIC_ACQUIRE) &&
		++looks < 1000000))
		sched_yield();
	CHECK(is_inside(u->tid, function));
	CHECK(!__atomic_load_n(&u->done, __ATOMIC_ACQUIRE));

	return thread;
}

static bool offers(__u32 features)
{
	struct drm_stalemate_query q = {};
	int fd = open(node, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0 && !call(fd, DRM_IOCTL_STALEMATE_QUERY, &q));
	close(fd);

	return (q.features & features) == features;
}

/* ... if the device has these DRM_STALEMATE_HAS_*. */
int kit_main_if(__u32 features, const struct kit_case *cases, unsigned int n)
{
	unsigned int i;
	int bad = 0;

	/* A job that hangs is to be short. Gone before: others reload stalemate. */
	(void)!system("rmmod stalemate_drm 2>/dev/null");
	if (system("modprobe stalemate_drm job_timeout_ms=3000 2>/dev/null"))
		printf("# modprobe stalemate_drm failed\n");
	find_node();
	printf("KTAP version 1\n");
	if (!node) {
		printf("1..0 # SKIP no render node of stalemate_drm\n");
		return 4;
	}
	if (!offers(features)) {
		printf("1..0 # SKIP not on this kernel\n");
		return goes() ? 4 : 1;
	}
	printf("1..%u\n", n);
	for (i = 0; i < n; i++) {
		kit_failures = 0;
		run_alone(&cases[i]);
		nothing_is_left();
		printf("%sok %u - %s\n", kit_failures ? "not " : "", i + 1,
		       cases[i].name);
		fflush(stdout);
		bad += !!kit_failures;
	}
	kit_failures = 0;
	refuses_to_go();
	bad += !!kit_failures;

	return bad ? 1 : 0;
}

int kit_main(const struct kit_case *cases, unsigned int n)
{
	return kit_main_if(0, cases, n);
}

#endif /* HAVE_DRM */
