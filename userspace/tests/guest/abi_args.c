// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every ioctl against the rules that all of them share: size, tail, reserved
 * members, bad pointers, unknown commands, SM_IOC_SETUP first.
 */
#include <string.h>
#include <sys/mman.h>

#include "ksm.h"

#define BUF	(KSM_ARENA + 0x10000)	/* where the arguments' buffers are */

union abi_arg {
	__u32 size;
	struct sm_ioc_query query;
	struct sm_ioc_setup setup;
	struct sm_ioc_mirror_create create;
	struct sm_ioc_mirror_destroy destroy;
	struct sm_ioc_access access;
	struct sm_ioc_fault fault;
	struct sm_ioc_snapshot snapshot;
	struct sm_ioc_entry entry;
	struct sm_ioc_check check;
	struct sm_ioc_agent_start start;
	struct sm_ioc_agent_stop stop;
	struct sm_ioc_violations violations;
	struct sm_ioc_stats stats;
	struct sm_ioc_sabotage sabotage;
	struct sm_ioc_peek peek;
	struct sm_ioc_migrate migrate;
	char room[2 * KSM_PAGE];
};

/* In the order of the contract, with arguments that are right in abi_begin(). */
static const struct abi_row {
	const char *name;
	unsigned int cmd;
	int result;		/* of a right call */
	union abi_arg arg;
} abi_rows[] = {
	{ "QUERY", SM_IOC_QUERY, 0, { .query = {
		.size = sizeof(struct sm_ioc_query) } } },
	{ "SETUP", SM_IOC_SETUP, -EBUSY, { .setup = {
		.size = sizeof(struct sm_ioc_setup), .ring_order = 6,
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_HUGE,
		.cookie = KSM_COOKIE } } },
	{ "MIRROR_CREATE", SM_IOC_MIRROR_CREATE, 0, { .create = {
		.size = sizeof(struct sm_ioc_mirror_create),
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_PAGE } } },
	{ "MIRROR_DESTROY", SM_IOC_MIRROR_DESTROY, 0, { .destroy = {
		.size = sizeof(struct sm_ioc_mirror_destroy) } } },
	{ "ACCESS", SM_IOC_ACCESS, 0, { .access = {
		.size = sizeof(struct sm_ioc_access), .va = KSM_ARENA,
		.len = 8, .buf = BUF } } },
	{ "FAULT", SM_IOC_FAULT, 0, { .fault = {
		.size = sizeof(struct sm_ioc_fault), .batch = 1,
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_PAGE } } },
	{ "SNAPSHOT", SM_IOC_SNAPSHOT, 0, { .snapshot = {
		.size = sizeof(struct sm_ioc_snapshot), .start = KSM_ARENA,
		.end = KSM_ARENA + KSM_PAGE, .buf = BUF } } },
	{ "ENTRY", SM_IOC_ENTRY, 0, { .entry = {
		.size = sizeof(struct sm_ioc_entry), .va = KSM_ARENA } } },
	{ "CHECK", SM_IOC_CHECK, 0, { .check = {
		.size = sizeof(struct sm_ioc_check), .start = KSM_ARENA,
		.end = KSM_ARENA + KSM_PAGE } } },
	{ "AGENT_START", SM_IOC_AGENT_START, 0, { .start = {
		.size = sizeof(struct sm_ioc_agent_start),
		.flags = SM_AGENT_READ, .ring_order = 6, .start = KSM_ARENA,
		.end = KSM_ARENA + KSM_PAGE } } },
	{ "AGENT_STOP", SM_IOC_AGENT_STOP, 0, { .stop = {
		.size = sizeof(struct sm_ioc_agent_stop) } } },
	{ "VIOLATIONS", SM_IOC_VIOLATIONS, 0, { .violations = {
		.size = sizeof(struct sm_ioc_violations), .nr = 1,
		.buf = BUF } } },
	{ "STATS", SM_IOC_STATS, 0, { .stats = {
		.size = sizeof(struct sm_ioc_stats) } } },
	/* Without a defect, as it can be armed only once: see sabotage.c. */
	{ "SABOTAGE", SM_IOC_SABOTAGE, -EOPNOTSUPP, { .sabotage = {
		.size = sizeof(struct sm_ioc_sabotage) } } },
	/* Without a machine: see peek_kvm.c. */
	{ "PEEK", SM_IOC_PEEK, -EBADF, { .peek = {
		.size = sizeof(struct sm_ioc_peek), .fd = -1,
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_PAGE,
		.buf = BUF } } },
	/* A range outside the arena, as not all kernels can: see migrate.c. */
	{ "MIGRATE", SM_IOC_MIGRATE, -ERANGE, { .migrate = {
		.size = sizeof(struct sm_ioc_migrate), .end = KSM_PAGE } } },
};

static struct ksm k;

static void abi_expect(const struct abi_row *row, union abi_arg *arg, int err)
{
	__u32 size = arg->size;

	if (!EXPECT_EQ(ksm_ioctl(k.fd, row->cmd, arg), err))
		ksm_note("  at %s, size %u", row->name, size);
}

static void abi_make(unsigned int cmd)
{
	union abi_arg arg = abi_rows[_IOC_NR(cmd) - 0x80].arg;

	ASSERT_EQ(ksm_ioctl(k.fd, cmd, &arg), 0);
}

/* A witness, mirror 0, agent 0, and memory behind all addresses. */
static void abi_begin(void)
{
	ksm_setup(&k, KSM_HUGE);
	ksm_map(&k, 0, 0x20000, PROT_READ | PROT_WRITE);
	abi_make(SM_IOC_MIRROR_CREATE);
	abi_make(SM_IOC_AGENT_START);
}

/* Bring mirror 0 and agent 0, and nothing else, back after a right call. */
static void abi_undo(const struct abi_row *row, const union abi_arg *arg)
{
	struct sm_ioc_agent_stop stop = { .size = sizeof(stop) };

	if (row->cmd == SM_IOC_MIRROR_CREATE) {
		EXPECT_EQ(ksm_mirror_destroy(&k, arg->create.id), 0);
	} else if (row->cmd == SM_IOC_AGENT_START) {
		stop.agent = arg->start.agent;
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_STOP, &stop), 0);
	} else if (row->cmd == SM_IOC_MIRROR_DESTROY) {
		abi_make(SM_IOC_MIRROR_CREATE);
		abi_make(SM_IOC_AGENT_START);
	} else if (row->cmd == SM_IOC_AGENT_STOP) {
		abi_make(SM_IOC_AGENT_START);
	}
}

/* The list above is the module's, no more and no less. */
static void list_is_complete(void)
{
	union abi_arg arg;
	unsigned int nr;

	EXPECT_EQ(ARRAY_SIZE(abi_rows), 16);
	abi_begin();
	for (nr = 0; nr < 256; nr++) {
		unsigned int i = nr - 0x80;

		if (i < ARRAY_SIZE(abi_rows)) {
			ASSERT_EQ(abi_rows[i].cmd, _IO(0xE5, nr));
			continue;
		}
		arg = abi_rows[0].arg;
		ASSERT_EQ(ksm_ioctl(k.fd, _IO(0xE5, nr), &arg), -ENOTTY);
	}
	arg = abi_rows[0].arg;
	EXPECT_EQ(ksm_ioctl(k.fd, _IO(0xE6, 0x80), &arg), -ENOTTY);
	EXPECT_EQ(ksm_ioctl(k.fd, _IOWR(0xE5, 0x80, struct sm_ioc_query), &arg),
		  -ENOTTY);
	EXPECT_EQ(ksm_ioctl(k.fd, 0xffffffff, &arg), -ENOTTY);
}

/* What API 1 began with; members were added behind that. */
static __u32 abi_min(const struct abi_row *row)
{
	if (row->cmd == SM_IOC_QUERY)
		return offsetof(struct sm_ioc_query, broken);
	if (row->cmd == SM_IOC_STATS)
		return offsetof(struct sm_ioc_stats, change_pte);
	return row->arg.size;
}

/* API 1 is the oldest: all of its members are the least a caller must know. */
static void too_short(void)
{
	unsigned int i;

	abi_begin();
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		union abi_arg arg = abi_rows[i].arg;
		__u32 size = abi_min(&abi_rows[i]);

		arg.size = 0;
		abi_expect(&abi_rows[i], &arg, -EINVAL);
		arg.size = sizeof(arg.size);
		abi_expect(&abi_rows[i], &arg, -EINVAL);
		arg.size = size - 1;
		abi_expect(&abi_rows[i], &arg, -EINVAL);
		EXPECT_EQ(arg.size, size - 1);
	}
}

/* A program of API 1 gets what it knows of, and nothing behind that. */
static void old_caller(void)
{
	unsigned int i;

	abi_begin();
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		const struct abi_row *row = &abi_rows[i];
		union abi_arg arg = row->arg;
		__u32 min = abi_min(row);

		memset(arg.room + min, 0xa5, 64);
		arg.size = min;
		abi_expect(row, &arg, row->result);
		EXPECT_EQ(arg.size, min);
		EXPECT_EQ((unsigned char)arg.room[min], 0xa5);
		if (!row->result)
			abi_undo(row, &arg);
	}
}

/* As long as the module's, and longer with nothing in it. */
static void long_enough(void)
{
	static const unsigned int more[] = { 0, 1, 8, 64, 1024 };
	unsigned int i, j;

	abi_begin();
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		const struct abi_row *row = &abi_rows[i];

		for (j = 0; j < ARRAY_SIZE(more); j++) {
			union abi_arg arg = row->arg;

			arg.size += more[j];
			abi_expect(row, &arg, row->result);
			EXPECT_EQ(arg.size, row->arg.size + more[j]);
			if (!row->result)
				abi_undo(row, &arg);
		}
	}
}

static void dirty_tail(void)
{
	unsigned int i;

	abi_begin();
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		const struct abi_row *row = &abi_rows[i];
		union abi_arg arg = row->arg;

		arg.size += 64;
		arg.room[row->arg.size] = 1;
		abi_expect(row, &arg, -E2BIG);
		arg.room[row->arg.size] = 0;
		arg.room[arg.size - 1] = 1;
		abi_expect(row, &arg, -E2BIG);
	}
}

static void huge_size(void)
{
	static const __u32 size[] = { 1 << 20, 0x80000000, 0xffffffff };
	unsigned int i, j;

	abi_begin();
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		for (j = 0; j < ARRAY_SIZE(size); j++) {
			union abi_arg arg = abi_rows[i].arg;

			arg.size = size[j];
			abi_expect(&abi_rows[i], &arg, -E2BIG);
		}
	}
}

static void bad_pointer(void)
{
	static const __u64 bad[] = {
		0, 1, KSM_ARENA - KSM_PAGE, 1ULL << 47, 0xdead000000000000,
		0xffff888000000000, 0xffffffff81000000, ~0ULL, ~0ULL - 7,
	};
	unsigned int i, j;
	char *p;

	abi_begin();
	p = ksm_map(&k, 0x100000, 2 * KSM_PAGE, PROT_READ | PROT_WRITE);
	ASSERT_EQ(munmap(p + KSM_PAGE, KSM_PAGE), 0);
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		const struct abi_row *row = &abi_rows[i];
		char *half = p + KSM_PAGE - sizeof(row->arg.size);

		for (j = 0; j < ARRAY_SIZE(bad); j++)
			EXPECT_EQ(ksm_ioctl(k.fd, row->cmd,
					    (void *)(uintptr_t)bad[j]),
				  -EFAULT);
		/* The size can be read, the rest cannot. */
		memcpy(half, &row->arg.size, sizeof(row->arg.size));
		EXPECT_EQ(ksm_ioctl(k.fd, row->cmd, half), -EFAULT);
	}
	ASSERT_EQ(mprotect(p, KSM_PAGE, PROT_NONE), 0);
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++)
		EXPECT_EQ(ksm_ioctl(k.fd, abi_rows[i].cmd, p), -EFAULT);
}

/* A caller that cannot be told the answer is left with nothing new. */
static void read_only(void)
{
	struct sm_ioc_query before, after;
	unsigned int i;
	char *p;

	abi_begin();
	p = ksm_map(&k, 0x100000, sizeof(union abi_arg),
		    PROT_READ | PROT_WRITE);
	ASSERT_EQ(ksm_query(&before), 0);
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		const struct abi_row *row = &abi_rows[i];

		memcpy(p, &row->arg, sizeof(row->arg));
		mprotect(p, sizeof(row->arg), PROT_READ);
		EXPECT_EQ(ksm_ioctl(k.fd, row->cmd, p), -EFAULT);
		mprotect(p, sizeof(row->arg), PROT_READ | PROT_WRITE);
	}
	ASSERT_EQ(ksm_query(&after), 0);
	EXPECT_EQ(after.mirrors, before.mirrors);
	EXPECT_EQ(after.agents, before.agents);
}

static void before_setup(void)
{
	unsigned int i;

	k.fd = ksm_open();
	ASSERT_GE(k.fd, 0);
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		union abi_arg arg = abi_rows[i].arg;

		if (abi_rows[i].cmd == SM_IOC_QUERY)
			abi_expect(&abi_rows[i], &arg, 0);
		else if (abi_rows[i].cmd != SM_IOC_SETUP)
			abi_expect(&abi_rows[i], &arg, -EBADFD);
	}
}

/* Members that must be zero, and flags that do not exist. */
static void reserved(void)
{
	union abi_arg arg = abi_rows[1].arg;

	k.fd = ksm_open();
	ASSERT_GE(k.fd, 0);
	arg.setup.reserved = 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SETUP, &arg), -EINVAL);

	abi_begin();
	arg = abi_rows[2].arg;
	arg.create.reserved = 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_MIRROR_CREATE, &arg), -EINVAL);
	arg = abi_rows[2].arg;
	arg.create.reserved2 = 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_MIRROR_CREATE, &arg), -EINVAL);
	arg = abi_rows[4].arg;
	arg.access.reserved = 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_ACCESS, &arg), -EINVAL);
	arg = abi_rows[4].arg;
	arg.access.flags = SM_ACCESS_WRITE << 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_ACCESS, &arg), -EINVAL);
	arg = abi_rows[5].arg;
	arg.fault.flags = SM_FAULT_DRY << 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_FAULT, &arg), -EINVAL);
	arg = abi_rows[9].arg;
	arg.start.reserved = 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &arg), -EINVAL);
	arg = abi_rows[9].arg;
	arg.start.reserved2 = 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &arg), -EINVAL);
	arg = abi_rows[9].arg;
	arg.start.flags = SM_AGENT_READ | SM_AGENT_EVICT << 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &arg), -EINVAL);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(list_is_complete),
		KSM_CASE(too_short),
		KSM_CASE(old_caller),
		KSM_CASE(long_enough),
		KSM_CASE(dirty_tail),
		KSM_CASE(huge_size),
		KSM_CASE(bad_pointer),
		KSM_CASE(read_only),
		KSM_CASE(before_setup),
		KSM_CASE(reserved),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
