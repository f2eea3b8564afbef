// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table, in the kernel. What it does to entries is tested at length on the
 * host (userspace/tests/unit/test_tlb*.c); here it has the kernel's allocator,
 * memory model and debugging.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "../tlb.c"
#include "race.h"

#define FIRST		(0x10000000000ULL >> PAGE_SHIFT)
#define LEAVES		256
#define LAST		(FIRST + LEAVES * SM_LEAF_ENTRIES - 1)
#define ENT(pfn)	(SM_ENT_PRESENT | SM_ENT_WRITE | (pfn))
#define ROUNDS		5000

struct fixture {
	struct sm_tlb t;
	spinlock_t lock;	/* the table's, as the mirror's is in use */
	atomic_t leaves;
	atomic_t wrong;
	bool done;		/* the writer is */
};

static int tlb_test_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	spin_lock_init(&f->lock);
	test->priv = f;

	return sm_tlb_init(&f->t, FIRST, LAST);
}

static void tlb_test_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (f)
		sm_tlb_destroy(&f->t);
}

static void prepare_all(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int leaves = 0;

	KUNIT_ASSERT_EQ(test, sm_tlb_prepare(&f->t, FIRST, LAST, &leaves), 0);
	KUNIT_ASSERT_EQ(test, leaves, LEAVES);
}

static void leaves_are_made_once(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int leaves = 0;

	KUNIT_EXPECT_EQ(test, sm_tlb_destroy(&f->t), 0);
	KUNIT_ASSERT_EQ(test, sm_tlb_init(&f->t, FIRST, LAST), 0);
	prepare_all(test);
	KUNIT_EXPECT_EQ(test, sm_tlb_prepare(&f->t, FIRST, LAST, &leaves), 0);
	KUNIT_EXPECT_EQ(test, leaves, 0);
	KUNIT_EXPECT_EQ(test, sm_tlb_destroy(&f->t), LEAVES);
	KUNIT_EXPECT_EQ(test, sm_tlb_destroy(&f->t), 0);
}

static void entries_come_and_go(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sm_drop drop = {};

	prepare_all(test);
	KUNIT_EXPECT_EQ(test, sm_tlb_peek(&f->t, LAST), 0);
	sm_tlb_install(&f->t, FIRST, ENT(7), 0, 1);
	sm_tlb_install(&f->t, LAST, ENT(9), 0, 1);
	KUNIT_EXPECT_EQ(test, sm_tlb_peek(&f->t, FIRST), ENT(7));
	KUNIT_EXPECT_EQ(test, f->t.present, 2);

	sm_tlb_drop(&f->t, 0, ~0ULL, 0, ~0ULL, 0, &drop);
	KUNIT_EXPECT_EQ(test, drop.dropped, 2);
	KUNIT_EXPECT_EQ(test, drop.over, 0);
	KUNIT_EXPECT_EQ(test, sm_tlb_peek(&f->t, LAST), 0);
	KUNIT_EXPECT_STREQ(test, sm_tlb_validate(&f->t) ?: "", "");
}

static void huge_entries_fall_whole(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sm_drop drop = {};

	prepare_all(test);
	sm_tlb_install(&f->t, FIRST + 5, ENT(0x1005), SM_LEAF_SHIFT, 1);
	KUNIT_EXPECT_EQ(test, f->t.present, SM_LEAF_ENTRIES);
	KUNIT_EXPECT_EQ(test, sm_tlb_peek(&f->t, FIRST) & SM_ENT_PFN, 0x1000);
	sm_tlb_drop(&f->t, FIRST + 9, FIRST + 9, FIRST + 9, FIRST + 9, 0,
		    &drop);
	KUNIT_EXPECT_EQ(test, drop.dropped, SM_LEAF_ENTRIES);
	KUNIT_EXPECT_EQ(test, drop.over, 0);
	KUNIT_EXPECT_EQ(test, f->t.present, 0);
}

/* One entry too many is seen, and named. */
static void overreach_is_seen(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sm_drop drop = {};

	prepare_all(test);
	sm_tlb_install(&f->t, FIRST, ENT(7), 0, 1);
	sm_tlb_install(&f->t, FIRST + 1, ENT(8), 0, 1);
	sm_tlb_drop(&f->t, FIRST, FIRST + 1, FIRST, FIRST, 0, &drop);
	KUNIT_EXPECT_EQ(test, drop.over, 1);
	KUNIT_EXPECT_EQ(test, drop.over_pgno, FIRST + 1);
	KUNIT_EXPECT_EQ(test, drop.over_ent, ENT(8));
}

/* An event excuses what vanishes in its own leaves, and the next one's not. */
static void excuses_go_by_leaf(struct kunit *test)
{
	struct fixture *f = test->priv;
	__u64 next = FIRST + SM_LEAF_ENTRIES;

	prepare_all(test);
	sm_tlb_excuse(&f->t, next - 1, next - 1);
	KUNIT_EXPECT_EQ(test, sm_tlb_excuses(&f->t, FIRST), 1);
	KUNIT_EXPECT_EQ(test, sm_tlb_excuses(&f->t, next), 0);
	sm_tlb_excuse(&f->t, 0, ~0ULL);
	KUNIT_EXPECT_EQ(test, sm_tlb_excuses(&f->t, FIRST), 2);
	KUNIT_EXPECT_EQ(test, sm_tlb_excuses(&f->t, LAST), 1);
}

/* The validator, on which the host's tests rest, does find a torn block. */
static void a_torn_table_is_invalid(struct kunit *test)
{
	struct fixture *f = test->priv;

	prepare_all(test);
	sm_tlb_install(&f->t, FIRST, ENT(0x1000), 3, 1);
	KUNIT_EXPECT_TRUE(test, !sm_tlb_validate(&f->t));
	f->t.dir[0].leaf->ent[2]++;
	KUNIT_EXPECT_FALSE(test, !sm_tlb_validate(&f->t));
}

static void prepare_racer(void *arg, unsigned int racer)
{
	struct fixture *f = arg;
	unsigned int leaves = 0;

	if (sm_tlb_prepare(&f->t, FIRST, LAST, &leaves))
		atomic_inc(&f->wrong);
	atomic_add(leaves, &f->leaves);
}

/* Each leaf has one maker, and who lost the race frees his own. */
static void leaves_are_raced_for(struct kunit *test)
{
	struct fixture *f = test->priv;

	sm_test_race(test, prepare_racer, f);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->wrong), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->leaves), LEAVES);
	KUNIT_EXPECT_EQ(test, sm_tlb_destroy(&f->t), LEAVES);
}

/* A page's entry is absent, or all that was installed for it. */
static bool is_whole(const struct fixture *f, unsigned int i)
{
	u64 ent = sm_tlb_peek(&f->t, FIRST + i) & ~SM_ENT_ORDER;

	return !ent || ent == ENT(0x1000 + i);
}

/* One racer changes a block under the lock; the others look at it. */
static void peek_racer(void *arg, unsigned int racer)
{
	struct fixture *f = arg;
	unsigned int i;

	for (i = 0; racer && !READ_ONCE(f->done); i++) {
		if (!is_whole(f, i % 8))
			atomic_inc(&f->wrong);
		cond_resched();
	}
	for (i = 0; !racer && i < ROUNDS; i++) {
		u64 pgno = FIRST + i % 8;
		struct sm_drop drop = {};

		spin_lock(&f->lock);
		sm_tlb_install(&f->t, pgno, ENT(0x1000 + i % 8), i & 8 ? 3 : 0,
			       i);
		sm_tlb_drop(&f->t, pgno, pgno, pgno, pgno, 0, &drop);
		spin_unlock(&f->lock);
		sm_tlb_stamp(&f->t, pgno, pgno, i);
		if (!drop.dropped || drop.over)
			atomic_inc(&f->wrong);
		cond_resched();
	}
	WRITE_ONCE(f->done, true);
}

static void readers_need_no_lock(struct kunit *test)
{
	struct fixture *f = test->priv;

	prepare_all(test);
	sm_test_race(test, peek_racer, f);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->wrong), 0);
	KUNIT_EXPECT_STREQ(test, sm_tlb_validate(&f->t) ?: "", "");
}

static void stamp_racer(void *arg, unsigned int racer)
{
	struct fixture *f = arg;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		u64 gen = 1 + i * SM_RACERS + racer;

		sm_tlb_stamp(&f->t, FIRST, FIRST + 1, gen);
		sm_tlb_stamp(&f->t, FIRST + SM_LEAF_ENTRIES,
			     FIRST + 2 * SM_LEAF_ENTRIES - 1, gen);
		if (sm_tlb_last_inval(&f->t, FIRST) < gen ||
		    sm_tlb_last_inval(&f->t, FIRST + SM_LEAF_ENTRIES) < gen)
			atomic_inc(&f->wrong);
	}
}

/* Whoever has noted an event finds it noted, or a younger one. */
static void notes_only_rise(struct kunit *test)
{
	struct fixture *f = test->priv;

	prepare_all(test);
	sm_test_race(test, stamp_racer, f);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->wrong), 0);
	KUNIT_EXPECT_EQ(test, sm_tlb_last_inval(&f->t, FIRST + 1),
			ROUNDS * SM_RACERS);
}

static struct kunit_case tlb_test_cases[] = {
	KUNIT_CASE(leaves_are_made_once),
	KUNIT_CASE(entries_come_and_go),
	KUNIT_CASE(huge_entries_fall_whole),
	KUNIT_CASE(overreach_is_seen),
	KUNIT_CASE(excuses_go_by_leaf),
	KUNIT_CASE(a_torn_table_is_invalid),
	KUNIT_CASE(leaves_are_raced_for),
	KUNIT_CASE(readers_need_no_lock),
	KUNIT_CASE(notes_only_rise),
	{}
};

static struct kunit_suite tlb_test_suite = {
	.name = "stalemate_tlb",
	.init = tlb_test_init,
	.exit = tlb_test_exit,
	.test_cases = tlb_test_cases,
};

kunit_test_suite(tlb_test_suite);

MODULE_DESCRIPTION("stalemate: unit tests of the module");
MODULE_LICENSE("GPL");
