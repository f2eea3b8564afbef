// SPDX-License-Identifier: GPL-2.0-only
/* The witness: counters by granule, the record ring, the contract. */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define GRANULES	160		/* 320 MiB of address space */
#define SIZE		(GRANULES * SM_GRANULE_SIZE)
#define RW		(PROT_READ | PROT_WRITE)

static struct ksm k;

static __u64 started(unsigned int granule)
{
	const char *p = (const char *)(uintptr_t)KSM_ARENA;

	return KSM_LOAD(ksm_granule(&k, p + granule * SM_GRANULE_SIZE)->started);
}

static void expect_rest(void)
{
	const char *p = (const char *)(uintptr_t)KSM_ARENA;
	unsigned int i;

	for (i = 0; i < GRANULES; i++) {
		const struct sm_granule *g;

		g = ksm_granule(&k, p + i * SM_GRANULE_SIZE);
		ASSERT_EQ(KSM_LOAD(g->started), KSM_LOAD(g->ended));
	}
	EXPECT_EQ(KSM_LOAD(k.witness->wide.started),
		  KSM_LOAD(k.witness->wide.ended));
	EXPECT_EQ(KSM_LOAD(k.witness->contract), 0);
	EXPECT_EQ(KSM_LOAD(k.witness->untracked), 0);
}

/* Map, touch and unmap @nr granules from @first on: one event. */
static void one_event(unsigned int first, unsigned int nr)
{
	char *p = ksm_map(&k, first * SM_GRANULE_SIZE, nr * SM_GRANULE_SIZE,
			  RW);

	p[0] = 1;
	ASSERT_EQ(munmap(p, nr * SM_GRANULE_SIZE), 0);
}

static void by_granule(void)
{
	__u64 before[GRANULES], gen;
	unsigned int i;

	ksm_setup(&k, SIZE);
	expect_rest();
	gen = KSM_LOAD(k.witness->gen);
	for (i = 0; i < GRANULES; i++)
		before[i] = started(i);
	one_event(3, 2);
	for (i = 0; i < GRANULES; i++) {
		if (i == 3 || i == 4)
			EXPECT_GT(started(i), before[i]);
		else
			ASSERT_EQ(started(i), before[i]);
	}
	EXPECT_GT(KSM_LOAD(k.witness->gen), gen);
	EXPECT_EQ(KSM_LOAD(k.witness->wide.started), 0);
	expect_rest();
}

/* The widest event that counts by granule, and one granule more. */
static void wide(void)
{
	__u64 low, high;

	ksm_setup(&k, SIZE);
	low = started(2);
	high = started(2 + SM_WIDE_GRANULES - 1);
	one_event(2, SM_WIDE_GRANULES);
	EXPECT_GT(started(2), low);
	EXPECT_GT(started(2 + SM_WIDE_GRANULES - 1), high);
	EXPECT_EQ(KSM_LOAD(k.witness->wide.started), 0);

	low = started(2);
	high = started(2 + SM_WIDE_GRANULES);
	one_event(2, SM_WIDE_GRANULES + 1);
	EXPECT_EQ(started(2), low);
	EXPECT_EQ(started(2 + SM_WIDE_GRANULES), high);
	EXPECT_GE(KSM_LOAD(k.witness->wide.started), 1);
	expect_rest();
}

/* Somewhere else in the address space. */
static void foreign(void)
{
	__u64 gen, head, seen;
	char *p;

	ksm_setup(&k, SIZE);
	p = mmap(NULL, KSM_PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	p[0] = 1;
	gen = KSM_LOAD(k.witness->gen);
	head = KSM_LOAD(k.witness->head);
	seen = KSM_LOAD(k.witness->foreign);
	munmap(p, KSM_PAGE);
	EXPECT_GT(KSM_LOAD(k.witness->foreign), seen);
	EXPECT_EQ(KSM_LOAD(k.witness->gen), gen);
	EXPECT_EQ(KSM_LOAD(k.witness->head), head);
}

static const struct sm_record *record(__u64 n)
{
	const char *w = (const char *)k.witness + k.witness->record_off;

	n &= k.witness->record_slots - 1;
	return (const struct sm_record *)(w + n * k.witness->record_size);
}

/* Where they are no use (without CONFIG_KALLSYMS), there may be none. */
static bool has_callers(void)
{
	struct sm_ioc_query q;

	ASSERT_EQ(ksm_query(&q), 0);
	return q.features & SM_FEATURE_STACKS;
}

static void expect_record(__u64 n, __u64 since)
{
	const struct sm_record *r = record(n);

	EXPECT_EQ(r->seq, 2 * n + 2);
	/* Not EXPECT_LT(): the end may be ULONG_MAX, and that compares signed. */
	EXPECT_TRUE(r->start < k.end && r->end > k.start);
	EXPECT_TRUE(r->start < r->end);
	EXPECT_EQ(r->start % KSM_PAGE, 0);
	EXPECT_LT(r->event, SM_EVENT_NR);
	EXPECT_LT(r->phase, SM_PHASE_NR);
	EXPECT_LE(r->nr_ips, SM_RECORD_IPS);
	if (has_callers())
		EXPECT_EQ(r->nr_ips > 0, r->phase == SM_PHASE_START);
	EXPECT_EQ(r->reserved, 0);
	EXPECT_NE(r->tid, 0);
	EXPECT_GE(r->t_ns / 1000000, since);
	EXPECT_LE(r->t_ns / 1000000, ksm_now_ms());
}

/* Each start has its end, later, from the same thread and of the same range. */
static void expect_paired(__u64 first, __u64 head)
{
	__u64 n, m;

	for (n = first; n < head; n++) {
		const struct sm_record *s = record(n), *e = NULL;

		if (s->phase != SM_PHASE_START)
			continue;
		for (m = n + 1; m < head; m++) {
			e = record(m);
			if (e->tid == s->tid && e->pair == s->pair)
				break;
		}
		ASSERT_TRUE(m < head);
		EXPECT_EQ(e->phase, SM_PHASE_END);
		EXPECT_EQ(e->start, s->start);
		EXPECT_EQ(e->end, s->end);
		EXPECT_EQ(e->event, s->event);
		EXPECT_GE(e->t_ns, s->t_ns);
		EXPECT_GE((__s32)(e->gen - s->gen), 0);
	}
}

static void records(void)
{
	__u64 n, head, since = ksm_now_ms();
	char *p;

	ksm_setup(&k, SIZE);
	p = ksm_map(&k, 0, 8 * KSM_PAGE, RW);
	ksm_fill(p, 8 * KSM_PAGE);
	madvise(p, KSM_PAGE, MADV_DONTNEED);
	mprotect(p + 2 * KSM_PAGE, KSM_PAGE, PROT_READ);
	munmap(p, 8 * KSM_PAGE);
	head = KSM_LOAD(k.witness->head);
	ASSERT_GE(head, 6);
	ASSERT_TRUE(head <= k.witness->record_slots);
	for (n = 0; n < head; n++)
		expect_record(n, since);
	expect_paired(0, head);
	EXPECT_EQ(record(0)->start, k.start);
	EXPECT_EQ(record(0)->end, k.start + KSM_PAGE);
	EXPECT_EQ(record(0)->event, SM_EVENT_CLEAR);
	EXPECT_EQ(record(0)->flags, SM_RECORD_BLOCKABLE);
	EXPECT_EQ(record(0)->tid, gettid());
	/* Flushes come between, and have no generation of their own. */
	for (n = 1; n < head - 1 && record(n)->phase != SM_PHASE_START; n++)
		;
	EXPECT_GT(record(n)->gen, record(0)->gen);
	expect_rest();
}

/* A ring of 64 under 400 records: the newest are there, whole. */
static void ring_wraps(void)
{
	__u64 n, head, since = ksm_now_ms();
	unsigned int i;

	ksm_setup_ring(&k, SIZE, 6);
	EXPECT_EQ(k.witness->record_slots, 64);
	for (i = 0; i < 200; i++)
		one_event(i % GRANULES, 1);
	head = KSM_LOAD(k.witness->head);
	ASSERT_GE(head, 400);
	for (n = head - 64; n < head; n++)
		expect_record(n, since);
	expect_paired(head - 64, head);
	expect_rest();
}

static void *storm(void *arg)
{
	unsigned int i, granule = (uintptr_t)arg;

	for (i = 0; i < 200; i++)
		one_event(granule, 1 + i % 3);
	return NULL;
}

/* Four threads, each in its own granules. */
static void threads(void)
{
	__u64 n, head, since = ksm_now_ms();
	pthread_t t[4];
	uintptr_t i;

	ksm_setup(&k, SIZE);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		ASSERT_EQ(pthread_create(&t[i], NULL, storm, (void *)(i * 8)),
			  0);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		pthread_join(t[i], NULL);
	head = KSM_LOAD(k.witness->head);
	ASSERT_GE(head, 1600);
	ASSERT_TRUE(head <= k.witness->record_slots);
	for (n = 0; n < head; n++)
		expect_record(n, since);
	expect_paired(0, head);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		EXPECT_GE(started(i * 8), 200);
	expect_rest();
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(by_granule),
		KSM_CASE(wide),
		KSM_CASE(foreign),
		KSM_CASE(records),
		KSM_CASE(ring_wraps),
		KSM_CASE(threads),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
