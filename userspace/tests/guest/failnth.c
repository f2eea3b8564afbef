// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every call with its first allocation (or copy from or to userspace) failing,
 * then its second, and so on until none is left to fail: see fail-nth in the
 * kernel's fault-injection.rst. Whatever fails, the module's counts are as
 * before, the same call works when it is made again, and the log is clean.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE		(2 * KSM_HUGE)
#define RW		(PROT_READ | PROT_WRITE)
#define PAGES		4

static struct ksm k;
static __u32 mirror;
static char *page;
static void *mapped;
static struct sm_ioc_agent_start agent;

/* ---- open, setup, mmap, close -------------------------------------------- */

static int call_open(void)
{
	k.fd = ksm_open();
	return k.fd < 0 ? k.fd : 0;
}

static void undo_open(int err)
{
	if (!err)
		close(k.fd);
}

static void prepare_setup(void)
{
	ASSERT_EQ(call_open(), 0);
	k.setup = (struct sm_ioc_setup){
		.size = sizeof(k.setup),
		.ring_order = 8,
		.start = KSM_ARENA,
		.end = KSM_ARENA + SIZE,
		.cookie = KSM_COOKIE,
	};
}

static int call_setup(void)
{
	return ksm_ioctl(k.fd, SM_IOC_SETUP, &k.setup);
}

/* An answer that got lost leaves a witness, which goes with the file. */
static void undo_setup(int err)
{
	(void)err;
	close(k.fd);
}

static void set_up_whole(void)
{
	prepare_setup();
	ASSERT_EQ(call_setup(), 0);
	k.start = KSM_ARENA;
	k.end = KSM_ARENA + SIZE;
	mirror = ksm_mirror(&k, SM_PROFILE_HMM);
	ASSERT_EQ(ksm_fault(&k, mirror, 0, page, KSM_PAGE), 0);
}

static int call_close(void)
{
	return close(k.fd) ? -errno : 0;
}

static void of_files(void)
{
	static const struct ksm_sweep sweeps[] = {
		{ .name = "open", .call = call_open, .undo = undo_open },
		{ .name = "setup", .prepare = prepare_setup,
		  .call = call_setup, .undo = undo_setup },
		{ .name = "close", .prepare = set_up_whole,
		  .call = call_close, .silent = true },
	};

	ksm_nth_start();
	k.start = KSM_ARENA;
	page = ksm_map(&k, 0, PAGES * KSM_PAGE, RW);
	ksm_fill(page, PAGES * KSM_PAGE);
	ksm_sweep(sweeps, ARRAY_SIZE(sweeps));
}

static int map_device(__u64 off, size_t size)
{
	mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, k.fd, off);
	return mapped == MAP_FAILED ? -errno : 0;
}

static int call_map_witness(void)
{
	return map_device(SM_MAP_WITNESS, k.setup.witness_size);
}

static void undo_map_witness(int err)
{
	if (!err)
		munmap(mapped, k.setup.witness_size);
}

static int call_map_tags(void)
{
	return map_device(SM_MAP_TAGS, k.setup.tags_size);
}

static void undo_map_tags(int err)
{
	if (!err)
		munmap(mapped, k.setup.tags_size);
}

static int call_query(void)
{
	struct sm_ioc_query q = { .size = sizeof(q) };

	return ksm_ioctl(k.fd, SM_IOC_QUERY, &q);
}

static int call_violations(void)
{
	struct sm_violation v[4];
	struct sm_ioc_violations q = {
		.size = sizeof(q), .nr = ARRAY_SIZE(v), .buf = (uintptr_t)v,
	};

	return ksm_ioctl(k.fd, SM_IOC_VIOLATIONS, &q);
}

static void of_contexts(void)
{
	static const struct ksm_sweep sweeps[] = {
		{ .name = "mmap witness", .call = call_map_witness,
		  .undo = undo_map_witness },
		{ .name = "mmap tags", .call = call_map_tags,
		  .undo = undo_map_tags },
		{ .name = "query", .call = call_query },
		{ .name = "violations", .call = call_violations },
	};

	ksm_nth_start();
	ksm_setup(&k, SIZE);
	ksm_sweep(sweeps, ARRAY_SIZE(sweeps));
}

/* ---- mirrors ------------------------------------------------------------- */

static int call_mirror(void)
{
	struct sm_ioc_mirror_create c = {
		.size = sizeof(c), .profile = ksm_profile,
		.start = k.start, .end = k.end,
	};
	int err = ksm_ioctl(k.fd, SM_IOC_MIRROR_CREATE, &c);

	mirror = c.id;
	return err;
}

static void undo_mirror(int err)
{
	if (!err)
		ASSERT_EQ(ksm_mirror_destroy(&k, mirror), 0);
}

/* An empty mirror and empty pages, so that all is to be done. */
static void prepare_empty(void)
{
	ASSERT_EQ(call_mirror(), 0);
	madvise(page, PAGES * KSM_PAGE, MADV_DONTNEED);
}

/* A filled one. */
static void prepare_full(void)
{
	ASSERT_EQ(call_mirror(), 0);
	ksm_fill(page, PAGES * KSM_PAGE);
	ASSERT_EQ(ksm_fault(&k, mirror, ksm_use(), page, PAGES * KSM_PAGE), 0);
}

static void undo_prepare(int err)
{
	(void)err;
	undo_mirror(0);
}

/* A call that failed to destroy did not: else this one would. */
static void undo_destroy(int err)
{
	if (err)
		undo_mirror(0);
}

static int call_destroy(void)
{
	return ksm_mirror_destroy(&k, mirror);
}

static int call_fault(void)
{
	struct sm_ioc_fault f = {
		.size = sizeof(f), .id = mirror, .flags = ksm_use(),
		.batch = PAGES, .start = (uintptr_t)page,
		.end = (uintptr_t)page + PAGES * KSM_PAGE,
	};

	return ksm_ioctl(k.fd, SM_IOC_FAULT, &f);
}

static char buffer[PAGES * KSM_PAGE];

static int call_read(void)
{
	return ksm_access(&k, mirror, 0, page, buffer, sizeof(buffer), NULL);
}

/* Some devices only read. */
static int call_write(void)
{
	return ksm_access(&k, mirror, ksm_info()->reads ? 0 : SM_ACCESS_WRITE,
			  page, buffer, sizeof(buffer), NULL);
}

static int call_snapshot(void)
{
	__u64 ent[PAGES];
	struct sm_ioc_snapshot s = {
		.size = sizeof(s), .id = mirror, .start = (uintptr_t)page,
		.end = (uintptr_t)page + sizeof(buffer),
		.buf = (uintptr_t)ent,
	};

	return ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s);
}

static int call_entry(void)
{
	struct sm_ioc_entry e = {
		.size = sizeof(e), .id = mirror, .va = (uintptr_t)page,
	};

	return ksm_ioctl(k.fd, SM_IOC_ENTRY, &e);
}

static int call_check(void)
{
	struct sm_ioc_check c = {
		.size = sizeof(c), .id = mirror, .start = k.start, .end = k.end,
	};

	return ksm_ioctl(k.fd, SM_IOC_CHECK, &c);
}

static int call_stats(void)
{
	struct sm_ioc_stats s = { .size = sizeof(s), .id = mirror };

	return ksm_ioctl(k.fd, SM_IOC_STATS, &s);
}

/* The CPU's side: a notification comes in whatever fails, if at all. */
static int call_munmap(void)
{
	return munmap(page + KSM_PAGE, KSM_PAGE) ? -errno : 0;
}

static void undo_munmap(int err)
{
	void *p = page + KSM_PAGE;

	if (!err)
		ASSERT_TRUE(mmap(p, KSM_PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS |
				 MAP_FIXED, -1, 0) == p);
	/* One mapping again, so that the next munmap() has to split it. */
	madvise(page, sizeof(buffer), MADV_NOHUGEPAGE);
	ksm_expect_true_mirror(&k, mirror, page, PAGES);
	undo_mirror(0);
}

static int call_agent(void)
{
	agent = (struct sm_ioc_agent_start){
		.size = sizeof(agent), .id = mirror,
		.flags = SM_AGENT_READ | SM_AGENT_WRITE, .ring_order = 6,
		.start = k.start, .end = k.start + sizeof(buffer),
		.write_word = 1,
	};
	return ksm_ioctl(k.fd, SM_IOC_AGENT_START, &agent);
}

static int call_agent_stop(void)
{
	struct sm_ioc_agent_stop s = {
		.size = sizeof(s), .agent = agent.agent,
	};

	return ksm_ioctl(k.fd, SM_IOC_AGENT_STOP, &s);
}

static void prepare_agent(void)
{
	prepare_full();
	ASSERT_EQ(call_agent(), 0);
}

/* An agent that was not stopped would not let its mirror go. */
static void undo_agent_stop(int err)
{
	if (err)
		ASSERT_EQ(call_agent_stop(), 0);
	undo_mirror(0);
}

static void undo_agent(int err)
{
	if (!err)
		ASSERT_EQ(call_agent_stop(), 0);
	undo_mirror(0);
}

static int call_map_agent(void)
{
	return map_device(SM_MAP_AGENT(agent.agent), agent.map_size);
}

static void undo_map_agent(int err)
{
	if (!err)
		munmap(mapped, agent.map_size);
	undo_agent(0);
}

/* What each profile does in its own way ... */
static const struct ksm_sweep profile_sweeps[] = {
	{ .name = "create", .call = call_mirror, .undo = undo_mirror },
	{ .name = "destroy", .prepare = prepare_full, .call = call_destroy,
	  .undo = undo_destroy },
	{ .name = "fault", .prepare = prepare_empty, .call = call_fault,
	  .undo = undo_prepare },
	{ .name = "write", .prepare = prepare_empty, .call = call_write,
	  .undo = undo_prepare },
	{ .name = "munmap", .prepare = prepare_full, .call = call_munmap,
	  .undo = undo_munmap },
};

/* ... and what is the same for all. */
static const struct ksm_sweep mirror_sweeps[] = {
	{ .name = "read", .prepare = prepare_empty, .call = call_read,
	  .undo = undo_prepare },
	{ .name = "snapshot", .prepare = prepare_full, .call = call_snapshot,
	  .undo = undo_prepare },
	{ .name = "entry", .prepare = prepare_full, .call = call_entry,
	  .undo = undo_prepare },
	{ .name = "check", .prepare = prepare_full, .call = call_check,
	  .undo = undo_prepare },
	{ .name = "stats", .prepare = prepare_full, .call = call_stats,
	  .undo = undo_prepare },
	{ .name = "agent start", .prepare = prepare_full, .call = call_agent,
	  .undo = undo_agent },
	{ .name = "agent mmap", .prepare = prepare_agent,
	  .call = call_map_agent, .undo = undo_map_agent },
	{ .name = "agent stop", .prepare = prepare_agent,
	  .call = call_agent_stop, .undo = undo_agent_stop },
};

static void set_up_arena(void)
{
	ksm_nth_start();
	ksm_setup(&k, SIZE);
	page = ksm_map(&k, 0, sizeof(buffer), RW);
	memset(buffer, 1, sizeof(buffer));
}

static void of_mirrors(void)
{
	set_up_arena();
	ksm_profile = SM_PROFILE_HMM;
	ksm_sweep(mirror_sweeps, ARRAY_SIZE(mirror_sweeps));
}

static void of_profiles(void)
{
	struct sm_ioc_query q;

	set_up_arena();
	ASSERT_EQ(ksm_query(&q), 0);
	for (ksm_profile = 0; ksm_profile < 64 && !ksm_failed(); ksm_profile++) {
		if (!(q.profiles & (1ULL << ksm_profile)))
			continue;
		ksm_note("profile %u", ksm_profile);
		ksm_sweep(profile_sweeps, ARRAY_SIZE(profile_sweeps));
	}
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_LATE), 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(of_files),
		KSM_CASE(of_contexts),
		KSM_CASE(of_mirrors),
		KSM_CASE(of_profiles),
	};

	return ksm_nth_main(cases, ARRAY_SIZE(cases));
}
