// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of unusual shape, before mirrors of every profile that this kernel can
 * do: [0, -1), nested in one thread, open in two threads at once.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(4 * KSM_HUGE)
#define PAGES	64
#define LEN	(PAGES * KSM_PAGE)
#define ROUNDS	400

static struct ksm k;
static __u32 mirror[SM_PROFILE_NR];
static __u64 profiles;

static bool has(unsigned int profile)
{
	return profiles >> profile & 1;
}

/* One mirror of each, all over the same memory. */
static void begin(void)
{
	struct sm_ioc_query q;
	unsigned int i;

	ASSERT_EQ(ksm_query(&q), 0);
	profiles = q.profiles;
	ksm_setup(&k, SIZE);
	for (i = 0; i < SM_PROFILE_NR; i++)
		if (has(i))
			mirror[i] = ksm_mirror(&k, i);
}

static void hold(const char *p, size_t len)
{
	unsigned int i;

	for (i = 0; i < SM_PROFILE_NR; i++)
		if (has(i))
			EXPECT_EQ(ksm_fault(&k, mirror[i],
					    sm_profiles[i].reads ?
					    0 : SM_FAULT_WRITE, p, len), 0);
}

/* What a mirror still has is true, but for those that may differ. */
static void expect_true(const char *p, size_t pages)
{
	unsigned int i;

	for (i = 0; i < SM_PROFILE_NR; i++)
		if (has(i) && !sm_profiles[i].pinned)
			ksm_expect_true_mirror(&k, mirror[i], p, pages);
}

/* An end that is not aligned, and a length that overflows when it is rounded. */
static void full_range(void)
{
	__u64 ent[PAGES];
	unsigned int i;
	char *p;
	int fd;

	begin();
	p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	ksm_fill(p, LEN);
	hold(p, LEN);
	fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, "4", 1), 1);
	close(fd);
	EXPECT_EQ(KSM_LOAD(k.witness->events[SM_EVENT_SOFT_DIRTY]), 1);
	for (i = 0; i < SM_PROFILE_NR; i++) {
		if (!has(i))
			continue;
		if (!EXPECT_EQ(ksm_snapshot(&k, mirror[i], p, PAGES, ent),
			       sm_profiles[i].unmap_only ? PAGES : 0))
			ksm_note("profile %s", sm_profiles[i].name);
	}
	hold(p, LEN);
	expect_true(p, PAGES);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_OVER), 0);
}

static const struct sm_record *record(__u64 n)
{
	const char *w = (const char *)k.witness + k.witness->record_off;

	n &= k.witness->record_slots - 1;
	return (const struct sm_record *)(w + n * k.witness->record_size);
}

/* How many starts came while another of the same thread was open? */
static unsigned int count_nested(__u64 first, __u64 head)
{
	unsigned int open = 0, nested = 0;
	__u64 n;

	for (n = first; n < head; n++) {
		if (record(n)->phase == SM_PHASE_START)
			nested += open++ > 0;
		else if (record(n)->phase == SM_PHASE_END)
			open--;
	}
	EXPECT_EQ(open, 0);
	return nested;
}

/* Dropping a part splits a huge page: an event inside an event. */
static void nested(void)
{
	__u64 head;
	char *p;

	begin();
	p = ksm_map_huge(&k, KSM_HUGE);
	hold(p, KSM_HUGE);
	head = KSM_LOAD(k.witness->head);
	ASSERT_EQ(madvise(p + 4 * KSM_PAGE, 8 * KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_GE(count_nested(head, KSM_LOAD(k.witness->head)), 1);
	expect_true(p, 512);
	hold(p, KSM_HUGE);
	expect_true(p, 512);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_CONTRACT), 0);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_OVER), 0);
}

static void *drops(void *arg)
{
	char *p = arg;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		p[0] = i;
		madvise(p, LEN, MADV_DONTNEED);
	}
	return NULL;
}

/* Two threads, events open at the same time, and faults between them. */
static void overlapping(void)
{
	pthread_t thread[2];
	unsigned int i;
	__u64 value;
	char *p;

	begin();
	p = ksm_map(&k, 0, 3 * LEN, PROT_READ | PROT_WRITE);
	ksm_fill(p, 3 * LEN);
	ASSERT_EQ(pthread_create(&thread[0], NULL, drops, p), 0);
	ASSERT_EQ(pthread_create(&thread[1], NULL, drops, p + LEN), 0);
	for (i = 0; i < ROUNDS; i++) {
		unsigned int profile = i % SM_PROFILE_NR;

		if (has(profile))
			ksm_read(&k, mirror[profile],
				 p + (i % (3 * PAGES)) * KSM_PAGE, &value);
	}
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	expect_true(p, 3 * PAGES);
	hold(p, 3 * LEN);
	expect_true(p, 3 * PAGES);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_CONTRACT), 0);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_LATE), 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(full_range),
		KSM_CASE(nested),
		KSM_CASE(overlapping),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
