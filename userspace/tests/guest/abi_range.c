// SPDX-License-Identifier: GPL-2.0-only
/* Ranges, identifiers, profiles, defects and limits that do not exist. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(4 * KSM_HUGE)
#define END	(KSM_ARENA + SIZE)
#define NO_BIT	SM_DEFECT_ROOM

struct range {
	__u64 start;
	__u64 end;
};

/* No mirror of an arena from KSM_ARENA to END has these. */
static const struct range bad_range[] = {
	{ KSM_ARENA, KSM_ARENA },			/* empty */
	{ KSM_ARENA + KSM_PAGE, KSM_ARENA },		/* inverted */
	{ KSM_ARENA + 1, KSM_ARENA + KSM_PAGE },	/* unaligned */
	{ KSM_ARENA, KSM_ARENA + KSM_PAGE + 8 },
	{ KSM_ARENA - KSM_PAGE, KSM_ARENA + KSM_PAGE },	/* sticks out */
	{ KSM_ARENA, END + KSM_PAGE },
	{ END, END + KSM_PAGE },			/* outside */
	{ 0, KSM_PAGE },
	{ 0, ~0ULL },
	{ KSM_ARENA, ~0ULL },
	{ KSM_ARENA, ~0ULL - KSM_PAGE + 1 },
	{ ~0ULL - KSM_PAGE + 1, KSM_ARENA },		/* wraps */
	{ ~0ULL - KSM_PAGE + 1, 0 },
	{ 0xffff888000000000, 0xffff888000001000 },
};

static struct ksm k;

/* A range outside of the mirror is -ERANGE, one that is none -EINVAL. */
static void expect_refused(const char *what, const struct range *r, int err)
{
	if (err != -EINVAL && err != -ERANGE)
		ksm_note("%s of %#llx-%#llx", what, r->start, r->end);
	EXPECT_EQ(err == -ERANGE ? -EINVAL : err, -EINVAL);
}

static int setup_range(int fd, __u64 start, __u64 end, __u32 order)
{
	struct sm_ioc_setup s = {
		.size = sizeof(s),
		.ring_order = order,
		.start = start,
		.end = end,
	};

	return ksm_ioctl(fd, SM_IOC_SETUP, &s);
}

static void setup_ranges(void)
{
	static const struct range bad[] = {
		{ KSM_ARENA, KSM_ARENA },
		{ END, KSM_ARENA },
		{ KSM_ARENA + KSM_PAGE, END },
		{ KSM_ARENA, END - KSM_PAGE },
		{ KSM_ARENA, KSM_ARENA + SM_ARENA_MAX + SM_GRANULE_SIZE },
		{ KSM_ARENA, ~0ULL },
		{ KSM_ARENA, 0 },
		{ 0, 0 },
		{ 0 - SM_GRANULE_SIZE, 0 },
		{ 0 - 2 * SM_GRANULE_SIZE, 0 - SM_GRANULE_SIZE },
		{ 0xffff888000000000, 0xffff888000200000 },
	};
	int fd = ksm_open();
	unsigned int i;

	ASSERT_GE(fd, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(setup_range(fd, bad[i].start, bad[i].end, 10),
			  -EINVAL);
	EXPECT_EQ(setup_range(fd, KSM_ARENA, END, 5), -EINVAL);
	EXPECT_EQ(setup_range(fd, KSM_ARENA, END, 21), -EINVAL);
	EXPECT_EQ(setup_range(fd, KSM_ARENA, END, ~0U), -EINVAL);
	/* None of that has used the context up. */
	EXPECT_EQ(setup_range(fd, KSM_ARENA, END, 6), 0);
	EXPECT_EQ(setup_range(fd, KSM_ARENA, END, 6), -EBUSY);
}

static int create(__u32 profile, unsigned int bit, __u64 start, __u64 end,
		  __u32 amplify)
{
	struct sm_ioc_mirror_create c = {
		.size = sizeof(c),
		.profile = profile,
		.start = start,
		.end = end,
		.amplify_ns = amplify,
	};

	if (bit != NO_BIT)
		c.defects[bit / 64] = 1ULL << bit % 64;
	return ksm_ioctl(k.fd, SM_IOC_MIRROR_CREATE, &c);
}

static void mirror_ranges(void)
{
	unsigned int i;

	ksm_setup(&k, SIZE);
	for (i = 0; i < ARRAY_SIZE(bad_range); i++)
		EXPECT_EQ(create(ksm_profile, NO_BIT, bad_range[i].start,
				 bad_range[i].end, 0), -EINVAL);
	EXPECT_EQ(create(ksm_profile, NO_BIT, KSM_ARENA, END, 10000001), -EINVAL);
	EXPECT_EQ(create(ksm_profile, NO_BIT, KSM_ARENA, END, ~0U), -EINVAL);
	EXPECT_EQ(create(ksm_profile, NO_BIT, KSM_ARENA, END, 10000000), 0);
	/* One page, at both ends. */
	EXPECT_EQ(create(ksm_profile, NO_BIT, KSM_ARENA, KSM_ARENA + KSM_PAGE, 0), 0);
	EXPECT_EQ(create(ksm_profile, NO_BIT, END - KSM_PAGE, END, 0), 0);
}

static void profiles(void)
{
	static const __u32 bad[] = { SM_PROFILE_NR, 100, 0x80000000, ~0U };
	unsigned int i;

	ksm_setup(&k, SIZE);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(create(bad[i], NO_BIT, KSM_ARENA, END, 0), -EOPNOTSUPP);
	for (i = SM_DEFECT_NR; i < SM_DEFECT_ROOM; i++) {
		EXPECT_EQ(create(SM_PROFILE_KVM, i, KSM_ARENA, END, 0),
			  -EINVAL);
		EXPECT_EQ(create(SM_PROFILE_HMM, i, KSM_ARENA, END, 0),
			  -EINVAL);
	}
	/* An interval notifier has no release to forget. */
	EXPECT_EQ(create(SM_PROFILE_HMM, SM_DEFECT_NO_RELEASE,
			 KSM_ARENA, END, 0), -EOPNOTSUPP);
}

/* Each ioctl that names a range of a mirror. */
static void range_everywhere(__u32 id, const struct range *r)
{
	static __u64 buf[512];
	struct sm_ioc_fault f = {
		.size = sizeof(f), .id = id, .batch = 1, .start = r->start,
		.end = r->end,
	};
	struct sm_ioc_snapshot s = {
		.size = sizeof(s), .id = id, .buf = (uintptr_t)buf,
		.start = r->start, .end = r->end,
	};
	struct sm_ioc_check c = {
		.size = sizeof(c), .id = id, .start = r->start, .end = r->end,
	};
	struct sm_ioc_agent_start a = {
		.size = sizeof(a), .id = id, .flags = SM_AGENT_READ,
		.ring_order = 6, .start = r->start, .end = r->end,
	};

	expect_refused("fault", r, ksm_ioctl(k.fd, SM_IOC_FAULT, &f));
	expect_refused("snapshot", r, ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s));
	expect_refused("check", r, ksm_ioctl(k.fd, SM_IOC_CHECK, &c));
	expect_refused("agent", r, ksm_ioctl(k.fd, SM_IOC_AGENT_START, &a));
}

static int access_at(__u32 id, __u64 va, __u64 len)
{
	static char buf[8192];

	return ksm_access(&k, id, 0, (void *)(uintptr_t)va, buf, len, NULL);
}

static void use_ranges(void)
{
	struct sm_ioc_entry e = { .size = sizeof(e) };
	unsigned int i;
	__u32 id;

	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, ksm_profile);
	for (i = 0; i < ARRAY_SIZE(bad_range); i++)
		range_everywhere(id, &bad_range[i]);

	e.id = id;
	e.va = KSM_ARENA - 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_ENTRY, &e), -ERANGE);
	e.va = END;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_ENTRY, &e), -ERANGE);
	e.va = ~0ULL;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_ENTRY, &e), -ERANGE);
	e.va = END - 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_ENTRY, &e), 0);

	EXPECT_EQ(access_at(id, KSM_ARENA - 1, 1), -ERANGE);
	EXPECT_EQ(access_at(id, KSM_ARENA - 1, 2), -ERANGE);
	EXPECT_EQ(access_at(id, END, 1), -ERANGE);
	EXPECT_EQ(access_at(id, END - 8, 9), -ERANGE);
	EXPECT_EQ(access_at(id, ~0ULL - 7, 8), -ERANGE);
	EXPECT_EQ(access_at(id, ~0ULL, 4096), -ERANGE);
	EXPECT_EQ(access_at(id, KSM_ARENA, (1 << 20) + 1), -EINVAL);
	EXPECT_NE(access_at(id, KSM_ARENA, ~0ULL), 0);
	/* Nothing is mapped there: inside, but a hole. */
	EXPECT_EQ(access_at(id, END - 8, 8), -EFAULT);
}

/* A mirror smaller than the arena knows its own bounds. */
static void small_mirror(void)
{
	struct sm_ioc_mirror_create c = {
		.size = sizeof(c),
		.profile = ksm_profile,
		.start = KSM_ARENA + 3 * KSM_PAGE,
		.end = KSM_ARENA + 5 * KSM_PAGE,
	};
	char *p;

	ksm_setup(&k, SIZE);
	p = ksm_map(&k, 0, 16 * KSM_PAGE, PROT_READ | PROT_WRITE);
	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_MIRROR_CREATE, &c), 0);
	EXPECT_EQ(access_at(c.id, (uintptr_t)p + 3 * KSM_PAGE - 1, 1), -ERANGE);
	EXPECT_EQ(access_at(c.id, (uintptr_t)p + 5 * KSM_PAGE, 1), -ERANGE);
	EXPECT_EQ(access_at(c.id, c.start, 8192), 0);
	EXPECT_EQ(ksm_stats(&k, c.id).present, 2);
	EXPECT_EQ(munmap(p, 16 * KSM_PAGE), 0);
	EXPECT_EQ(ksm_stats(&k, c.id).present, 0);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_OVER), 0);
}

static void ids(void)
{
	static const __u32 bad[] = { 1, 63, 64, 65, 0x80000000, ~0U };
	unsigned int i;
	__u64 word;
	char *p;

	ksm_setup(&k, SIZE);
	p = ksm_map(&k, 0, KSM_PAGE, PROT_READ | PROT_WRITE);
	EXPECT_EQ(ksm_mirror(&k, ksm_profile), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sm_ioc_snapshot s = {
			.size = sizeof(s), .id = bad[i], .start = KSM_ARENA,
			.end = KSM_ARENA + KSM_PAGE, .buf = (uintptr_t)&word,
		};
		struct sm_ioc_entry e = {
			.size = sizeof(e), .id = bad[i], .va = KSM_ARENA,
		};
		struct sm_ioc_check c = {
			.size = sizeof(c), .id = bad[i], .start = KSM_ARENA,
			.end = KSM_ARENA + KSM_PAGE,
		};
		struct sm_ioc_stats st = { .size = sizeof(st), .id = bad[i] };
		struct sm_ioc_agent_start a = {
			.size = sizeof(a), .id = bad[i], .ring_order = 6,
			.flags = SM_AGENT_READ, .start = KSM_ARENA,
			.end = KSM_ARENA + KSM_PAGE,
		};
		struct sm_ioc_agent_stop stop = {
			.size = sizeof(stop), .agent = bad[i],
		};

		EXPECT_EQ(ksm_mirror_destroy(&k, bad[i]), -ENOENT);
		EXPECT_EQ(ksm_read(&k, bad[i], p, &word), -ENOENT);
		EXPECT_EQ(ksm_fault(&k, bad[i], 0, p, KSM_PAGE), -ENOENT);
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s), -ENOENT);
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_ENTRY, &e), -ENOENT);
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_CHECK, &c), -ENOENT);
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_STATS, &st), -ENOENT);
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &a), -ENOENT);
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_STOP, &stop), -ENOENT);
	}
	EXPECT_EQ(ksm_mirror_destroy(&k, 0), 0);
	EXPECT_EQ(ksm_mirror_destroy(&k, 0), -ENOENT);
	EXPECT_EQ(ksm_read(&k, 0, p, &word), -ENOENT);
}

static int agent_start(struct sm_ioc_agent_start *a)
{
	struct sm_ioc_agent_start args = *a;
	int err = ksm_ioctl(k.fd, SM_IOC_AGENT_START, &args);

	a->agent = args.agent;
	return err;
}

static void agent_args(void)
{
	const struct sm_ioc_agent_start good = {
		.size = sizeof(good), .flags = SM_AGENT_READ, .ring_order = 6,
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_PAGE,
		.interval_ns = 1000000, .read_word = 511, .write_word = 511,
	};
	struct sm_ioc_agent_start a = good;

	ksm_setup(&k, SIZE);
	ksm_mirror(&k, ksm_profile);
	a.flags = 0;
	EXPECT_EQ(agent_start(&a), -EINVAL);
	a = good;
	a.ring_order = 5;
	EXPECT_EQ(agent_start(&a), -EINVAL);
	a.ring_order = 19;
	EXPECT_EQ(agent_start(&a), -EINVAL);
	a = good;
	a.read_word = 512;
	EXPECT_EQ(agent_start(&a), -EINVAL);
	a = good;
	a.write_word = 0xffff;
	EXPECT_EQ(agent_start(&a), -EINVAL);
	a = good;
	EXPECT_EQ(agent_start(&a), 0);
}

static void batches(void)
{
	struct sm_ioc_fault f = {
		.size = sizeof(f), .start = KSM_ARENA,
		.end = KSM_ARENA + SIZE,
	};
	char *p;

	ksm_setup(&k, SIZE);
	p = ksm_map(&k, 0, SIZE, PROT_READ | PROT_WRITE);
	f.id = ksm_mirror(&k, ksm_profile);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_FAULT, &f), -EINVAL);
	f.batch = 513;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_FAULT, &f), -EINVAL);
	f.batch = ~0U;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_FAULT, &f), -EINVAL);
	/* A batch that does not divide the range. */
	f.batch = 511;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_FAULT, &f), 0);
	EXPECT_EQ(f.done, SIZE);
	EXPECT_EQ(ksm_stats(&k, f.id).present, SIZE / KSM_PAGE);
	munmap(p, SIZE);
}

static void sixty_four_mirrors(void)
{
	unsigned int i;

	ksm_setup(&k, SIZE);
	for (i = 0; i < 64; i++)
		ASSERT_EQ(create(i & 1, 0, KSM_ARENA, END, 0), 0);
	EXPECT_EQ(create(0, NO_BIT, KSM_ARENA, END, 0), -ENOSPC);
	EXPECT_EQ(ksm_mirror_destroy(&k, 17), 0);
	EXPECT_EQ(ksm_mirror(&k, SM_PROFILE_HMM), 17);
	EXPECT_EQ(create(0, NO_BIT, KSM_ARENA, END, 0), -ENOSPC);
}

static void sixteen_agents(void)
{
	struct sm_ioc_agent_start a = {
		.size = sizeof(a), .flags = SM_AGENT_READ, .ring_order = 6,
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_PAGE,
		.interval_ns = 1000000,
	};
	struct sm_ioc_agent_stop stop = { .size = sizeof(stop), .agent = 5 };
	unsigned int i;

	ksm_setup(&k, SIZE);
	a.id = ksm_mirror(&k, ksm_profile);
	for (i = 0; i < 16; i++)
		ASSERT_EQ(agent_start(&a), 0);
	EXPECT_EQ(agent_start(&a), -ENOSPC);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_STOP, &stop), 0);
	EXPECT_EQ(agent_start(&a), 0);
	EXPECT_EQ(a.agent, 5);
	EXPECT_EQ(agent_start(&a), -ENOSPC);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(setup_ranges),
		KSM_EACH(mirror_ranges),
		KSM_CASE(profiles),
		KSM_EACH(use_ranges),
		KSM_EACH(small_mirror),
		KSM_CASE(ids),
		KSM_CASE(agent_args),
		KSM_EACH(batches),
		KSM_CASE(sixty_four_mirrors),
		KSM_CASE(sixteen_agents),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
