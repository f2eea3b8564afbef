// SPDX-License-Identifier: GPL-2.0-only
/* What is said of a module that is not there, or not the right one, or refuses. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "module/device.h"
#include "module/load.h"
#include "module/profiles.h"
#include "wrap_device.h"

#define ARENA	0x10000000000ULL

static struct {
	int open_error;		/* of SM_DEVICE_PATH */
	int error;		/* of ioctls, but for those below */
	unsigned int interrupted;	/* that often first */
	uint64_t profiles;
	uint64_t magic;
	unsigned int calls;
	unsigned long last;
} module;

static struct sm_device dev;
static char why[256];

int __wrap_open(const char *path, int flags, ...)
{
	if (strcmp(path, SM_DEVICE_PATH))
		return __real_open(path, flags, 0);
	errno = module.open_error;
	return errno ? -1 : memfd_create("device", MFD_CLOEXEC);
}

static void answer_query(struct sm_ioc_query *q)
{
	assert_int_equal(q->size, sizeof(*q));
	q->profiles = module.profiles;
}

/* The mapping that follows finds this. */
static void answer_setup(int fd, struct sm_ioc_setup *s)
{
	struct sm_witness_header w = {
		.magic = module.magic,
		.version = SM_WITNESS_VERSION,
		.record_size = sizeof(struct sm_record),
		.granule_size = sizeof(struct sm_granule),
		.tag_size = sizeof(struct sm_tag),
	};

	assert_int_equal(s->start, ARENA);
	assert_int_equal(s->end, ARENA + SM_GRANULE_SIZE);
	s->witness_size = SM_PAGE_SIZE;
	s->tags_size = SM_PAGE_SIZE;
	assert_int_equal(ftruncate(fd, SM_MAP_TAGS + SM_PAGE_SIZE), 0);
	assert_int_equal(pwrite(fd, &w, sizeof(w), 0), sizeof(w));
}

int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	va_list args;
	void *arg;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	module.calls++;
	module.last = cmd;
	errno = module.interrupted ? EINTR : module.error;
	if (module.interrupted)
		module.interrupted--;
	if (errno)
		return -1;
	if (cmd == SM_IOC_QUERY)
		answer_query(arg);
	if (cmd == SM_IOC_SETUP)
		answer_setup(fd, arg);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&module, 0, sizeof(module));
	module.magic = SM_WITNESS_MAGIC;
	why[0] = '\0';
	assert_int_equal(sm_device_open(&dev, why, sizeof(why)), 0);
	module.calls = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sm_device_close(&dev);
	return 0;
}

static void expect_refused(int open_error, const char *text)
{
	struct sm_device d;

	module.open_error = open_error;
	assert_int_equal(sm_device_open(&d, why, sizeof(why)), -open_error);
	assert_int_equal(d.fd, -1);
	if (!strstr(why, text))
		fail_msg("%d: %s", open_error, why);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	sm_load_forbid();
	expect_refused(EACCES, "needs root (CAP_SYS_ADMIN");
	expect_refused(EPERM, "needs root (CAP_SYS_ADMIN");
	expect_refused(ENODEV, "is left over: no module behind it");
	expect_refused(ENXIO, "is left over: no module behind it");
	expect_refused(EMFILE, "cannot open /dev/stalemate: Too many open");
	expect_refused(ENOENT, "");
	assert_true(why[0]);
}

static void another_version_is_named(void **state)
{
	struct sm_device d;

	(void)state;
	module.error = EINVAL;
	assert_int_equal(sm_device_open(&d, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "from one version"));
	assert_int_equal(d.fd, -1);
	module.error = E2BIG;
	assert_int_equal(sm_device_open(&d, why, sizeof(why)), -E2BIG);
	assert_non_null(strstr(why, "from one version"));
	module.error = EIO;
	assert_int_equal(sm_device_open(&d, why, sizeof(why)), -EIO);
	assert_non_null(strstr(why, "does not answer: Input/output error"));
	assert_null(strstr(why, "version"));
	assert_int_equal(d.fd, -1);
}

static void a_profile_that_is_missing_is_named(void **state)
{
	(void)state;
	module.profiles = SM_BIT(SM_PROFILE_KVM);
	assert_true(sm_device_has_profile(&dev, SM_PROFILE_KVM, why,
					  sizeof(why)));
	assert_false(sm_device_has_profile(&dev, SM_PROFILE_HMM, why,
					   sizeof(why)));
	assert_non_null(strstr(why, "this kernel has no "));
	/* Who is not answered does not know. */
	module.error = EIO;
	assert_true(sm_device_has_profile(&dev, SM_PROFILE_HMM, why,
					  sizeof(why)));
}

static void mappings_are_checked(void **state)
{
	const uint64_t end = ARENA + SM_GRANULE_SIZE;

	(void)state;
	assert_int_equal(sm_device_setup(&dev, ARENA, end, 10, 1), 0);
	assert_int_equal(dev.arena_start, ARENA);
	assert_int_equal(dev.arena_end, end);
	assert_non_null(dev.tags);
	dev.tags[0].announced = 1;
	sm_device_close(&dev);
	assert_null(dev.witness);
	assert_int_equal(sm_device_open(&dev, why, sizeof(why)), 0);
	module.magic++;
	assert_int_equal(sm_device_setup(&dev, ARENA, end, 10, 1), -EPROTO);
}

static void an_interrupted_call_is_made_again(void **state)
{
	const struct sm_set none = { { 0 } };
	struct sm_ioc_check check;
	uint32_t id;

	(void)state;
	module.interrupted = 2;
	assert_int_equal(sm_device_setup(&dev, ARENA, ARENA + SM_GRANULE_SIZE,
					 10, 1), 0);
	assert_int_equal(module.calls, 3);
	module.calls = 0;
	module.interrupted = 2;
	assert_int_equal(sm_device_mirror(&dev, SM_PROFILE_KVM, &none, ARENA,
					  ARENA + SM_PAGE_SIZE, 0, &id), 0);
	assert_int_equal(module.calls, 3);
	module.calls = 0;
	module.interrupted = 2;
	assert_int_equal(sm_device_check(&dev, 0, ARENA, ARENA + SM_PAGE_SIZE,
					 &check), 0);
	assert_int_equal(module.calls, 3);
}

/* The caller decides about these, as he may have been told to stop. */
static void an_interrupted_access_is_told(void **state)
{
	uint64_t word, done;

	(void)state;
	module.interrupted = 1;
	assert_int_equal(sm_device_access(&dev, 0, true, ARENA, &word,
					  sizeof(word), NULL), -EINTR);
	assert_int_equal(module.calls, 1);
	module.interrupted = 1;
	assert_int_equal(sm_device_fault(&dev, 0, 0, 1, ARENA,
					 ARENA + SM_PAGE_SIZE, &done), -EINTR);
	assert_int_equal(module.calls, 2);
}

static void refusals_are_told(void **state)
{
	const struct sm_set one = sm_set_of(0);
	struct sm_violation v[2];
	struct sm_ioc_entry entry;
	struct sm_ioc_stats stats;
	uint64_t done = 5;
	uint32_t nr = 5;

	(void)state;
	module.error = ENOENT;
	assert_int_equal(sm_device_mirror_destroy(&dev, 9), -ENOENT);
	assert_int_equal(module.last, SM_IOC_MIRROR_DESTROY);
	assert_int_equal(sm_device_stats(&dev, 9, &stats), -ENOENT);
	assert_int_equal(stats.id, 9);
	assert_int_equal(sm_device_entry(&dev, 9, ARENA, &entry), -ENOENT);
	assert_int_equal(entry.va, ARENA);
	assert_int_equal(sm_device_violations(&dev, v, 2, &nr, NULL), -ENOENT);
	assert_int_equal(nr, 0);
	module.error = EPERM;
	assert_int_equal(sm_device_sabotage(&dev, &one), -EPERM);
	assert_int_equal(sm_device_migrate(&dev, 0, ARENA, ARENA, &done),
			 -EPERM);
	assert_int_equal(done, 0);
}

/* No ring, no agent: it is not left running. */
static void an_agent_without_a_ring_is_stopped(void **state)
{
	const struct sm_ioc_agent_start how = { .ring_order = 6 };
	struct sm_device_agent a;

	(void)state;
	/* Of a size that nobody set: nothing can be mapped. */
	assert_int_equal(sm_device_agent_start(&dev, &how, &a), -EINVAL);
	assert_int_equal(module.last, SM_IOC_AGENT_STOP);
	assert_null(a.ring);
	sm_device_agent_unmap(&a);
	module.error = ENOSPC;
	assert_int_equal(sm_device_agent_start(&dev, &how, &a), -ENOSPC);
	assert_int_equal(module.last, SM_IOC_AGENT_START);
}

#define DEVICE_TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DEVICE_TEST(what_is_missing_is_named),
		DEVICE_TEST(another_version_is_named),
		DEVICE_TEST(a_profile_that_is_missing_is_named),
		DEVICE_TEST(mappings_are_checked),
		DEVICE_TEST(an_interrupted_call_is_made_again),
		DEVICE_TEST(an_interrupted_access_is_told),
		DEVICE_TEST(refusals_are_told),
		DEVICE_TEST(an_agent_without_a_ring_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
