// SPDX-License-Identifier: GPL-2.0-only
/*
 * The witness, fed by hand with what no kernel sends: its contract checker, its
 * counters, its ring. It is never registered, so no mm is needed.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../contract.c"
#include "../interval.c"
#include "../witness.c"
#include "race.h"

#define ARENA		0x10000000000UL
#define GRANULES	(2 * SM_WIDE_GRANULES)
#define RING_ORDER	6
#define EVENTS		500	/* of each racer */

/* ---- what witness.c wants of others ------------------------------------ */

struct sm_counts sm_counts;

int sm_ctx_mm_get(struct sm_ctx *ctx)
{
	return -ESRCH;
}

void sm_ctx_mm_put(struct sm_ctx *ctx)
{
}

static int core_event(void);

int sm_migrate_nothing(struct mm_struct *mm, unsigned long start,
		       unsigned long end, bool patient)
{
	return core_event();
}

struct sm_ctx *sm_ctx_alloc(void)
{
	struct sm_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return NULL;
	spin_lock_init(&ctx->report.lock);

	return ctx;
}

void sm_ctx_free(struct sm_ctx *ctx)
{
	kfree(ctx);
}

void sm_report_add(struct sm_report *r, struct sm_violation *v)
{
	spin_lock(&r->lock);
	if (r->nr_queued < SM_MAX_QUEUED)
		r->violation[r->nr_queued++] = *v;
	r->nr_violations++;
	spin_unlock(&r->lock);
}

/* ---- the fixture ------------------------------------------------------- */

static int witness_test_init(struct kunit *test)
{
	struct sm_witness *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	test->priv = w;
	w->start = ARENA;
	w->end = ARENA + GRANULES * SM_GRANULE_SIZE;
	w->ctx = sm_ctx_alloc();
	if (!w->ctx)
		return -ENOMEM;
	INIT_LIST_HEAD(&w->tables);
	sm_interval_init(&w->interval, w->ctx, &w->contract, w->start, w->end);

	return sm_witness_alloc(w, RING_ORDER);
}

static void witness_test_exit(struct kunit *test)
{
	struct sm_witness *w = test->priv;

	if (!w)
		return;
	sm_ctx_free(w->ctx);
	sm_witness_free(w);
}

static struct mmu_notifier_range range_of(unsigned long start,
					  unsigned long size)
{
	return (struct mmu_notifier_range){
		.start = start,
		.end = start + size,
		.flags = MMU_NOTIFIER_RANGE_BLOCKABLE,
		.event = MMU_NOTIFY_CLEAR,
	};
}

/* Exactly one finding since the last call, and this one. */
static void expect_blame(struct kunit *test, unsigned int what)
{
	struct sm_witness *w = test->priv;

	KUNIT_EXPECT_EQ(test, w->ctx->report.nr_violations, 1);
	KUNIT_EXPECT_EQ(test, w->ctx->report.violation[0].oracle, SM_ORACLE_CONTRACT);
	KUNIT_EXPECT_EQ(test, w->ctx->report.violation[0].detail, what);
	w->ctx->report.nr_violations = 0;
	w->ctx->report.nr_queued = 0;
}

/* ---- the contract ------------------------------------------------------ */

static void nesting_and_overlap_are_legal(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	struct mmu_notifier_range outer = range_of(ARENA, 4 * PAGE_SIZE);
	struct mmu_notifier_range inner = range_of(ARENA, PAGE_SIZE);
	struct mmu_notifier_range later = range_of(ARENA, 8 * PAGE_SIZE);
	struct mmu_notifier_range all = range_of(0, 0);

	all.end = ULONG_MAX;
	sm_witness_start(&w->mn, &outer);
	sm_witness_start(&w->mn, &inner);
	sm_witness_start(&w->mn, &later);
	sm_witness_end(&w->mn, &outer);
	sm_witness_end(&w->mn, &inner);
	sm_witness_end(&w->mn, &later);
	sm_witness_start(&w->mn, &all);
	sm_witness_end(&w->mn, &all);
	KUNIT_EXPECT_EQ(test, w->ctx->report.nr_violations, 0);
	KUNIT_EXPECT_EQ(test, w->hdr->contract, 0);
}

static void an_end_wants_its_start(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	struct mmu_notifier_range r = range_of(ARENA, PAGE_SIZE);
	struct mmu_notifier_range same = r;

	sm_witness_end(&w->mn, &r);
	expect_blame(test, SM_CONTRACT_UNPAIRED);
	/* It is the struct that counts, not what is in it. */
	sm_witness_start(&w->mn, &r);
	sm_witness_end(&w->mn, &same);
	expect_blame(test, SM_CONTRACT_UNPAIRED);
	sm_witness_end(&w->mn, &r);
	KUNIT_EXPECT_EQ(test, w->ctx->report.nr_violations, 0);
}

static void a_start_wants_its_end(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	struct mmu_notifier_range r = range_of(ARENA, PAGE_SIZE);

	sm_witness_start(&w->mn, &r);
	sm_witness_start(&w->mn, &r);
	expect_blame(test, SM_CONTRACT_UNENDED);
}

static void both_name_the_same_range(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	struct mmu_notifier_range r = range_of(ARENA, PAGE_SIZE);

	sm_witness_start(&w->mn, &r);
	r.end += PAGE_SIZE;
	sm_witness_end(&w->mn, &r);
	expect_blame(test, SM_CONTRACT_CHANGED);
}

static void ranges_have_a_shape(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	struct mmu_notifier_range empty = range_of(ARENA, 0);
	struct mmu_notifier_range odd = range_of(ARENA, PAGE_SIZE - 1);

	sm_witness_start(&w->mn, &empty);
	expect_blame(test, SM_CONTRACT_EMPTY);
	sm_witness_start(&w->mn, &odd);
	expect_blame(test, SM_CONTRACT_UNALIGNED);
}

/* More open events than it can follow: it says so, and blames nobody. */
static void a_full_house_blames_nobody(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	struct mmu_notifier_range *r;
	unsigned int i;

	r = kunit_kcalloc(test, SM_OPEN_MAX + 1, sizeof(*r), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, r);
	for (i = 0; i <= SM_OPEN_MAX; i++) {
		r[i] = range_of(ARENA, PAGE_SIZE);
		sm_witness_start(&w->mn, &r[i]);
	}
	KUNIT_EXPECT_EQ(test, w->hdr->untracked, 1);
	for (i = 0; i <= SM_OPEN_MAX; i++)
		sm_witness_end(&w->mn, &r[i]);
	KUNIT_EXPECT_EQ(test, w->ctx->report.nr_violations, 0);

	/* And when they have left, an end wants its start as before. */
	for (i = 0; i <= SM_OPEN_MAX; i++) {
		sm_witness_end(&w->mn, &r[i]);
		expect_blame(test, SM_CONTRACT_UNPAIRED);
	}
}

/* ---- counters ---------------------------------------------------------- */

static void granules_are_quiet_or_not(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	struct mmu_notifier_range r = range_of(ARENA, PAGE_SIZE);
	u64 before[2], after[2];

	KUNIT_EXPECT_TRUE(test, sm_witness_quiet(w, ARENA, before));
	sm_witness_start(&w->mn, &r);
	KUNIT_EXPECT_FALSE(test, sm_witness_quiet(w, ARENA, after));
	KUNIT_EXPECT_TRUE(test, sm_witness_quiet(w, ARENA + SM_GRANULE_SIZE,
						 after));
	sm_witness_end(&w->mn, &r);
	KUNIT_EXPECT_TRUE(test, sm_witness_quiet(w, ARENA, after));
	KUNIT_EXPECT_EQ(test, after[0], before[0] + 1);
	KUNIT_EXPECT_EQ(test, after[1], before[1]);
}

/* Wide events disturb every granule, strangers none. */
static void wide_and_foreign_events(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	struct mmu_notifier_range wide =
		range_of(ARENA, (SM_WIDE_GRANULES + 1) * SM_GRANULE_SIZE);
	struct mmu_notifier_range stranger = range_of(ARENA - PAGE_SIZE,
						      PAGE_SIZE);
	unsigned long last = w->end - PAGE_SIZE;
	u64 started[2];

	sm_witness_start(&w->mn, &stranger);
	KUNIT_EXPECT_TRUE(test, sm_witness_quiet(w, ARENA, started));
	KUNIT_EXPECT_EQ(test, w->hdr->foreign, 1);
	KUNIT_EXPECT_EQ(test, w->hdr->head, 0);
	sm_witness_end(&w->mn, &stranger);

	sm_witness_start(&w->mn, &wide);
	KUNIT_EXPECT_FALSE(test, sm_witness_quiet(w, last, started));
	KUNIT_EXPECT_EQ(test, w->granule[0].started, 0);
	sm_witness_end(&w->mn, &wide);
	KUNIT_EXPECT_TRUE(test, sm_witness_quiet(w, last, started));
	KUNIT_EXPECT_EQ(test, started[1], 1);
}

static void release_is_an_event(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	u64 gen = sm_witness_gen(w), started[2];

	sm_witness_release(&w->mn, NULL);
	KUNIT_EXPECT_TRUE(test, w->ctx->dead);
	KUNIT_EXPECT_EQ(test, sm_witness_gen(w), gen + 1);
	KUNIT_EXPECT_EQ(test, w->record[0].phase, SM_PHASE_RELEASE);
	KUNIT_EXPECT_TRUE(test, sm_witness_quiet(w, ARENA, started));
}

/* ---- the ring ---------------------------------------------------------- */

static void the_oldest_are_overwritten(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	u64 n, slots = w->hdr->record_slots, total = 3 * slots + 2;
	struct mmu_notifier_range r = range_of(ARENA, PAGE_SIZE);

	for (n = 0; n < total / 2; n++) {
		sm_witness_start(&w->mn, &r);
		sm_witness_end(&w->mn, &r);
	}
	KUNIT_EXPECT_EQ(test, w->hdr->head, total);
	KUNIT_EXPECT_EQ(test, w->hdr->dropped, 0);
	for (n = total - slots; n < total; n++) {
		const struct sm_record *rec = &w->record[n % slots];

		KUNIT_EXPECT_EQ(test, rec->seq, 2 * n + 2);
		KUNIT_EXPECT_EQ(test, rec->phase,
				n % 2 ? SM_PHASE_END : SM_PHASE_START);
		KUNIT_EXPECT_EQ(test, rec->pair, (unsigned long)&r);
		KUNIT_EXPECT_EQ(test, rec->tid, task_pid_nr(current));
	}
}

/* A slot that a lapped writer still has, or a later one, is left alone. */
static void a_busy_slot_is_left_alone(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	struct mmu_notifier_range r = range_of(ARENA, PAGE_SIZE);
	u64 later = 2 * w->hdr->record_slots + 4;

	w->record[0].seq = 1;
	w->record[1].seq = later;
	sm_witness_start(&w->mn, &r);
	KUNIT_EXPECT_EQ(test, w->hdr->dropped, 1);
	sm_witness_end(&w->mn, &r);
	KUNIT_EXPECT_EQ(test, w->hdr->dropped, 2);
	KUNIT_EXPECT_EQ(test, w->record[0].seq, 1);
	KUNIT_EXPECT_EQ(test, w->record[1].seq, later);
	KUNIT_EXPECT_EQ(test, w->record[0].start, 0);
	KUNIT_EXPECT_EQ(test, w->hdr->head, 2);
}

static unsigned long racer_start(unsigned int racer)
{
	return ARENA + racer * SM_GRANULE_SIZE;
}

static void event_racer(void *arg, unsigned int racer)
{
	struct sm_witness *w = arg;
	unsigned int i;

	for (i = 0; i < EVENTS; i++) {
		struct mmu_notifier_range r = range_of(racer_start(racer),
						       (i + 1) * PAGE_SIZE);

		sm_witness_start(&w->mn, &r);
		sm_witness_end(&w->mn, &r);
	}
}

/* A slot holds one record of one racer, whole; true if it is a late one. */
static bool check_slot(struct kunit *test, unsigned int slot, u32 tid[])
{
	const struct sm_witness *w = test->priv;
	const struct sm_record *rec = &w->record[slot];
	u64 n = rec->seq / 2 - 1, slots = w->hdr->record_slots;
	unsigned int racer = (rec->start - ARENA) / SM_GRANULE_SIZE;

	KUNIT_EXPECT_EQ(test, rec->seq % 2, 0);
	KUNIT_EXPECT_EQ(test, n % slots, slot);
	KUNIT_ASSERT_LT(test, racer, SM_RACERS);
	KUNIT_EXPECT_EQ(test, rec->start, racer_start(racer));
	KUNIT_EXPECT_LE(test, rec->end, rec->start + EVENTS * PAGE_SIZE);
	KUNIT_EXPECT_LT(test, rec->start, rec->end);
	if (!tid[racer])
		tid[racer] = rec->tid;
	KUNIT_EXPECT_EQ(test, rec->tid, tid[racer]);

	return n + slots < w->hdr->head;
}

static void many_write_the_ring(struct kunit *test)
{
	struct sm_witness *w = test->priv;
	u64 late = 0, started[2];
	u32 tid[SM_RACERS] = {};
	unsigned int i;

	sm_test_race(test, event_racer, w);
	KUNIT_EXPECT_EQ(test, w->ctx->report.nr_violations, 0);
	KUNIT_EXPECT_EQ(test, w->hdr->head, 2 * EVENTS * SM_RACERS);
	KUNIT_EXPECT_EQ(test, w->hdr->events[SM_EVENT_CLEAR],
			EVENTS * SM_RACERS);
	KUNIT_EXPECT_EQ(test, sm_witness_gen(w), EVENTS * SM_RACERS);
	for (i = 0; i < SM_RACERS; i++) {
		KUNIT_EXPECT_TRUE(test, sm_witness_quiet(w, racer_start(i),
							 started));
		KUNIT_EXPECT_EQ(test, started[0], EVENTS);
	}
	for (i = 0; i < w->hdr->record_slots; i++)
		late += check_slot(test, i, tid);
	/* Whatever the last lap left out is accounted for. */
	KUNIT_EXPECT_LE(test, late, w->hdr->dropped);
}

/* ---- starts that were refused ------------------------------------------ */

/* The core's side of it: see interval.c. */
static struct {
	struct sm_witness *w;
	unsigned int active;
	unsigned long seq;
} core;

static void core_init(struct kunit *test)
{
	core.w = test->priv;
	core.active = 0;
	core.seq = 2;
	core.w->interval.inserted = true;
	core.w->ctx->mm = (struct mm_struct *)&core;	/* not ours */
}

static void core_tell(const struct mmu_notifier_range *r)
{
	core.active++;
	core.seq |= 1;
	core.w->interval.mni.ops = &sm_interval_ops;
	core.w->interval.mni.ops->invalidate(&core.w->interval.mni, r, core.seq);
}

static void core_end(const struct mmu_notifier_range *r)
{
	if (!--core.active)
		core.seq++;
	sm_witness_end(&core.w->mn, r);
}

static int core_event(void)
{
	struct mmu_notifier_range r = range_of(ARENA, PAGE_SIZE);

	core_tell(&r);
	sm_witness_start(&core.w->mn, &r);
	core_end(&r);

	return 0;
}

/* Another interval notifier takes its time over it, while one was refused. */
static void an_event_that_lasts_is_not_left_open(struct kunit *test)
{
	struct mmu_notifier_range lasts = range_of(ARENA, PAGE_SIZE);
	struct sm_witness *w = test->priv;

	core_init(test);
	core_event();
	core_tell(&lasts);
	w->interval.refused++;
	sm_interval_judge(&w->interval);
	KUNIT_EXPECT_EQ(test, w->ctx->report.nr_violations, 0);
	KUNIT_EXPECT_FALSE(test, w->ctx->poisoned);
	sm_witness_start(&w->mn, &lasts);
	core_end(&lasts);
	sm_interval_judge(&w->interval);
	KUNIT_EXPECT_FALSE(test, sm_interval_suspect(&w->interval));
	KUNIT_EXPECT_EQ(test, w->interval.closed, w->interval.refused);
	KUNIT_EXPECT_EQ(test, w->ctx->report.nr_violations, 0);
}

/* Not as far as to be accused: the module of this test would have to stay. */
static void a_start_left_open_shows(struct kunit *test)
{
	struct mmu_notifier_range late = range_of(ARENA, PAGE_SIZE);
	struct mmu_notifier_range death = range_of(ARENA, PAGE_SIZE);
	struct sm_witness *w = test->priv;
	unsigned int i;

	core_init(test);
	sm_witness_start(&w->mn, &late);	/* began before we were inserted */
	core_event();
	sm_witness_end(&w->mn, &late);
	core_event();
	core.active++;
	w->interval.refused++;
	death.event = MMU_NOTIFY_RELEASE;
	core_tell(&death);	/* the last chance: it comes as release() */
	for (i = 0; i <= SM_JUDGE_SAME; i++)
		KUNIT_EXPECT_EQ(test, sm_interval_round(&w->interval, true), 1);
	KUNIT_EXPECT_TRUE(test, sm_interval_suspect(&w->interval));
}

static struct kunit_case witness_test_cases[] = {
	KUNIT_CASE(nesting_and_overlap_are_legal),
	KUNIT_CASE(an_end_wants_its_start),
	KUNIT_CASE(a_start_wants_its_end),
	KUNIT_CASE(both_name_the_same_range),
	KUNIT_CASE(ranges_have_a_shape),
	KUNIT_CASE(a_full_house_blames_nobody),
	KUNIT_CASE(granules_are_quiet_or_not),
	KUNIT_CASE(wide_and_foreign_events),
	KUNIT_CASE(release_is_an_event),
	KUNIT_CASE(the_oldest_are_overwritten),
	KUNIT_CASE(a_busy_slot_is_left_alone),
	KUNIT_CASE(many_write_the_ring),
	KUNIT_CASE(an_event_that_lasts_is_not_left_open),
	KUNIT_CASE(a_start_left_open_shows),
	{}
};

static struct kunit_suite witness_test_suite = {
	.name = "stalemate_witness",
	.init = witness_test_init,
	.exit = witness_test_exit,
	.test_cases = witness_test_cases,
};

kunit_test_suite(witness_test_suite);
