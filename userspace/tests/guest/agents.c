// SPDX-License-Identifier: GPL-2.0-only
/* Agents: what they do, what they say of it, and how they end. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(2 * KSM_HUGE)
#define PAGES	16
#define LEN	(PAGES * KSM_PAGE)
#define STAMP	0xabcdULL
#define AGENT_MS	30000

static struct ksm k;
static struct sm_ioc_agent_start args;
static struct sm_agent_ring *ring;
static char *p;

static void begin(void)
{
	ksm_setup(&k, SIZE);
	p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	ksm_fill(p, LEN);
	memset(&args, 0, sizeof(args));
	args.size = sizeof(args);
	args.id = ksm_mirror(&k, ksm_profile);
	args.start = k.start;
	args.end = k.start + LEN;
	args.ring_order = 6;
	args.seed = 1;
	args.write_word = 2;
	args.stamp = STAMP;
}

static void agent_start(__u32 flags)
{
	void *map;

	args.flags = flags;
	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &args), 0);
	map = mmap(NULL, args.map_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   k.fd, SM_MAP_AGENT(args.agent));
	ASSERT_TRUE(map != MAP_FAILED);
	ring = map;
}

static int agent_stop(void)
{
	struct sm_ioc_agent_stop s = { .size = sizeof(s), .agent = args.agent };

	return ksm_ioctl(k.fd, SM_IOC_AGENT_STOP, &s);
}

static bool reached(void *arg)
{
	return KSM_LOAD(ring->head) >= *(__u64 *)arg;
}

static void wait_for_head(__u64 head)
{
	ASSERT_TRUE(ksm_wait_until(reached, &head, AGENT_MS));
}

static bool stalled(void *arg)
{
	return KSM_LOAD(ring->stalled) > *(__u64 *)arg;
}

static void expect_sample(const struct sm_sample *s)
{
	__u64 pgno = (s->va - k.start) / KSM_PAGE;
	bool write = s->flags & SM_SAMPLE_WRITE;

	EXPECT_GE(s->va, k.start);
	EXPECT_LT(s->va, k.start + LEN);
	EXPECT_EQ(s->va % KSM_PAGE,
		  8 * (write ? args.write_word : args.read_word));
	EXPECT_EQ(s->error, 0);
	EXPECT_NE(s->t_ns, 0);
	if (write) {
		EXPECT_EQ(s->value >> 48, STAMP);
		EXPECT_EQ(s->value >> 24 & 0xffffff, pgno);
	} else {
		EXPECT_EQ(s->value, ksm_word(p + pgno * KSM_PAGE));
	}
	/* Nobody changes the tags here. */
	EXPECT_EQ(s->before, 2 * pgno);
	EXPECT_EQ(s->after, 2 * pgno + 1);
}

static void set_tags(void)
{
	__u64 i;

	for (i = 0; i < PAGES; i++) {
		KSM_STORE(k.tags[i].committed, 2 * i);
		KSM_STORE(k.tags[i].announced, 2 * i + 1);
	}
}

/* A ring of samples, all of them right; returns how many were writes. */
static unsigned int one_ring(__u32 flags)
{
	unsigned int i, writes = 0;

	set_tags();
	agent_start(flags);
	EXPECT_EQ(ring->slots, 64);
	wait_for_head(64);
	for (i = 0; i < 64; i++) {
		expect_sample(&ring->samples[i]);
		writes += ring->samples[i].flags & SM_SAMPLE_WRITE;
	}
	EXPECT_EQ(KSM_LOAD(ring->refused), 0);
	EXPECT_EQ(agent_stop(), 0);
	return writes;
}

static void reads(void)
{
	begin();
	EXPECT_EQ(one_ring(SM_AGENT_READ), 0);
	EXPECT_GE(ksm_stats(&k, args.id).reads, 64);
	EXPECT_EQ(ksm_stats(&k, args.id).writes, 0);
}

static void writes(void)
{
	unsigned int i;

	ksm_need_writes();
	begin();
	EXPECT_EQ(one_ring(SM_AGENT_WRITE), 64);
	/* The last write to each page is what is in memory. */
	for (i = 0; i < 64; i++) {
		const struct sm_sample *s = &ring->samples[i];
		__u64 now = *(__u64 *)(uintptr_t)s->va;

		EXPECT_EQ(now >> 24, s->value >> 24);
		EXPECT_GE(now & 0xffffff, s->value & 0xffffff);
	}
	ksm_expect_true_mirror(&k, args.id, p, PAGES);
}

static void reads_and_writes(void)
{
	unsigned int n;

	ksm_need_writes();
	begin();
	n = one_ring(SM_AGENT_READ | SM_AGENT_WRITE);
	EXPECT_GT(n, 0);
	EXPECT_LT(n, 40);
}

/* A full ring stops the agent; room lets it go on, and no sample is lost. */
static void full_ring(void)
{
	__u64 seen, round;

	begin();
	set_tags();
	agent_start(SM_AGENT_READ);
	for (round = 1; round <= 20; round++) {
		wait_for_head(64 * round);
		seen = KSM_LOAD(ring->stalled);
		ASSERT_TRUE(ksm_wait_until(stalled, &seen, AGENT_MS));
		EXPECT_EQ(KSM_LOAD(ring->head), 64 * round);
		EXPECT_EQ(KSM_LOAD(ring->accesses), 64 * round);
		KSM_STORE(ring->tail, 64 * round);
	}
	EXPECT_EQ(agent_stop(), 0);
}

/* Userspace may write anything into its side of the ring. */
static void wild_tail(void)
{
	static const __u64 tail[] = { ~0ULL, 1ULL << 63, 1, 1000000 };
	unsigned int i;

	begin();
	agent_start(SM_AGENT_READ);
	for (i = 0; i < ARRAY_SIZE(tail); i++) {
		KSM_STORE(ring->tail, tail[i]);
		KSM_STORE(ring->slots, tail[i]);
		KSM_STORE(ring->head, tail[i]);
		ksm_pause();
	}
	EXPECT_EQ(agent_stop(), 0);
	EXPECT_EQ(ksm_check(&k, args.id).violations, 0);
}

/* Where nothing is mapped it is refused, and says so. */
static void refused(void)
{
	unsigned int i;

	begin();
	ASSERT_EQ(munmap(p, LEN), 0);
	agent_start(SM_AGENT_READ);
	wait_for_head(64);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(ring->samples[i].error, -EFAULT);
	EXPECT_EQ(KSM_LOAD(ring->refused), 64);
	EXPECT_EQ(agent_stop(), 0);
}

static void expect_stopped(void)
{
	__u64 head = KSM_LOAD(ring->head);
	unsigned int i;

	KSM_STORE(ring->tail, head);
	for (i = 0; i < 20; i++)
		ksm_pause();
	EXPECT_EQ(KSM_LOAD(ring->head), head);
}

static void stop(void)
{
	struct sm_ioc_query q;

	begin();
	agent_start(SM_AGENT_READ);
	wait_for_head(1);
	EXPECT_EQ(agent_stop(), 0);
	expect_stopped();
	EXPECT_EQ(agent_stop(), -ENOENT);
	EXPECT_EQ(ksm_query(&q), 0);
	EXPECT_EQ(q.agents, 0);
}

/* However long it means to wait. */
static void stop_a_slow_one(void)
{
	__u64 before;

	begin();
	args.interval_ns = 100ULL * 1000000000;
	agent_start(SM_AGENT_READ);
	wait_for_head(1);
	before = ksm_now_ms();
	EXPECT_EQ(agent_stop(), 0);
	EXPECT_LT(ksm_now_ms() - before, 20000);
}

static void destroy_mirror(void)
{
	struct sm_ioc_query q;

	begin();
	agent_start(SM_AGENT_READ | SM_AGENT_WRITE);
	wait_for_head(1);
	EXPECT_EQ(ksm_mirror_destroy(&k, args.id), 0);
	expect_stopped();
	EXPECT_EQ(ksm_query(&q), 0);
	EXPECT_EQ(q.agents, 0);
	EXPECT_EQ(q.mirrors, 0);
	EXPECT_EQ(q.leaves, 0);
	EXPECT_EQ(agent_stop(), -ENOENT);
}

static void close_file(void)
{
	struct sm_ioc_query q;

	begin();
	agent_start(SM_AGENT_READ | SM_AGENT_WRITE);
	wait_for_head(1);
	/* Our three mappings hold the file, so it goes on. */
	close(k.fd);
	KSM_STORE(ring->tail, KSM_LOAD(ring->head));
	wait_for_head(KSM_LOAD(ring->tail) + 1);
	ksm_unmap_device(&k);
	EXPECT_EQ(ksm_query(&q), 0);
	EXPECT_EQ(q.agents, 1);
	munmap(ring, args.map_size);
	EXPECT_EQ(ksm_query(&q), 0);
	EXPECT_EQ(q.agents | q.mirrors | q.contexts | q.leaves, 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH(reads),
		KSM_EACH(writes),
		KSM_EACH(reads_and_writes),
		KSM_EACH(full_ring),
		KSM_EACH(wild_tail),
		KSM_EACH(refused),
		KSM_EACH_ALONE(stop),
		KSM_EACH(stop_a_slow_one),
		KSM_EACH_ALONE(destroy_mirror),
		KSM_EACH_ALONE(close_file),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
