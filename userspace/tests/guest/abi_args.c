// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every ioctl against the rules that all of them share: size, tail, reserved
 * members, bad pointers, unknown commands, SM_IOC_SETUP first.
 */
#include <stddef.h>
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
	struct sm_ioc_age age;
	char room[2 * KSM_PAGE];
};

#define ABI_ROW(n, type, member, err, ...) {				\
	.name = #n,							\
	.cmd = SM_IOC_##n,						\
	.result = err,							\
	.reserved = offsetof(struct sm_ioc_##type, reserved),		\
	.room = sizeof(((struct sm_ioc_##type *)0)->reserved),		\
	.arg.member = { .size = sizeof(struct sm_ioc_##type), __VA_ARGS__ }, \
}

/* In the order of the contract, with arguments that are right in abi_begin(). */
static const struct abi_row {
	const char *name;
	unsigned int cmd;
	int result;		/* of a right call */
	unsigned int reserved;	/* where its reserved bytes are */
	unsigned int room;	/* how many */
	union abi_arg arg;
} abi_rows[] = {
	ABI_ROW(QUERY, query, query, 0),
	ABI_ROW(SETUP, setup, setup, -EBUSY, .ring_order = 6,
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_HUGE,
		.cookie = KSM_COOKIE),
	ABI_ROW(MIRROR_CREATE, mirror_create, create, 0,
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_PAGE),
	ABI_ROW(MIRROR_DESTROY, mirror_destroy, destroy, 0),
	ABI_ROW(ACCESS, access, access, 0, .va = KSM_ARENA, .len = 8,
		.buf = BUF),
	ABI_ROW(FAULT, fault, fault, 0, .batch = 1, .start = KSM_ARENA,
		.end = KSM_ARENA + KSM_PAGE),
	ABI_ROW(SNAPSHOT, snapshot, snapshot, 0, .start = KSM_ARENA,
		.end = KSM_ARENA + KSM_PAGE, .buf = BUF),
	ABI_ROW(ENTRY, entry, entry, 0, .va = KSM_ARENA),
	ABI_ROW(CHECK, check, check, 0, .start = KSM_ARENA,
		.end = KSM_ARENA + KSM_PAGE),
	ABI_ROW(AGENT_START, agent_start, start, 0, .flags = SM_AGENT_READ,
		.ring_order = 6, .start = KSM_ARENA,
		.end = KSM_ARENA + KSM_PAGE),
	ABI_ROW(AGENT_STOP, agent_stop, stop, 0),
	ABI_ROW(VIOLATIONS, violations, violations, 0, .nr = 1, .buf = BUF),
	ABI_ROW(STATS, stats, stats, 0),
	/* Without a defect, as it can be armed only once: see sabotage.c. */
	ABI_ROW(SABOTAGE, sabotage, sabotage, -EINVAL),
	/* Without a machine: see peek_kvm.c. */
	ABI_ROW(PEEK, peek, peek, -EBADF, .fd = -1, .start = KSM_ARENA,
		.end = KSM_ARENA + KSM_PAGE, .buf = BUF),
	/* A range outside the arena, as not all kernels can: see migrate.c. */
	ABI_ROW(MIGRATE, migrate, migrate, -ERANGE, .end = KSM_PAGE),
	ABI_ROW(AGE, age, age, -ERANGE, .va = KSM_PAGE),	/* likewise: young.c */
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

	EXPECT_EQ(ARRAY_SIZE(abi_rows), 17);
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

/* There is nothing older: all members are the least a caller must know. */
static void too_short(void)
{
	unsigned int i;

	abi_begin();
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		union abi_arg arg = abi_rows[i].arg;
		__u32 size = arg.size;

		arg.size = 0;
		abi_expect(&abi_rows[i], &arg, -EINVAL);
		arg.size = sizeof(arg.size);
		abi_expect(&abi_rows[i], &arg, -EINVAL);
		arg.size = size - 1;
		abi_expect(&abi_rows[i], &arg, -EINVAL);
		EXPECT_EQ(arg.size, size - 1);
	}
}

/* A caller gets what it knows of, and nothing behind that. */
static void no_more_than_asked(void)
{
	unsigned int i;

	abi_begin();
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		const struct abi_row *row = &abi_rows[i];
		union abi_arg arg = row->arg;
		__u32 size = arg.size;

		memset(arg.room + size, 0xa5, 64);
		abi_expect(row, &arg, row->result);
		EXPECT_EQ(arg.size, size);
		EXPECT_EQ((unsigned char)arg.room[size], 0xa5);
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

/* Any bit of what must be zero; and an answer leaves all of them so. */
static void reserved(void)
{
	unsigned int i, byte;

	abi_begin();
	for (i = 0; i < ARRAY_SIZE(abi_rows); i++) {
		const struct abi_row *row = &abi_rows[i];
		union abi_arg arg;

		for (byte = 0; byte < row->room; byte++) {
			arg = row->arg;
			arg.room[row->reserved + byte] = 1 << byte % 8;
			abi_expect(row, &arg, -EINVAL);
		}
		arg = row->arg;
		abi_expect(row, &arg, row->result);
		for (byte = 0; byte < row->room; byte++)
			EXPECT_EQ(arg.room[row->reserved + byte], 0);
		if (!row->result)
			abi_undo(row, &arg);
	}
}

static void unknown_flags(void)
{
	union abi_arg arg;

	abi_begin();
	arg = abi_rows[4].arg;
	arg.access.flags = SM_ACCESS_WRITE << 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_ACCESS, &arg), -EINVAL);
	arg = abi_rows[5].arg;
	arg.fault.flags = SM_FAULT_DRY << 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_FAULT, &arg), -EINVAL);
	arg = abi_rows[9].arg;
	arg.start.flags = SM_AGENT_READ | SM_AGENT_EVICT << 1;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &arg), -EINVAL);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(list_is_complete),
		KSM_CASE(too_short),
		KSM_CASE(no_more_than_asked),
		KSM_CASE(long_enough),
		KSM_CASE(dirty_tail),
		KSM_CASE(huge_size),
		KSM_CASE(bad_pointer),
		KSM_CASE(read_only),
		KSM_CASE(before_setup),
		KSM_CASE(reserved),
		KSM_CASE(unknown_flags),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
