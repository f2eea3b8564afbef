// SPDX-License-Identifier: GPL-2.0-only
/* The shared mappings: sizes, offsets, protections, what fork makes of them. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(2 * KSM_HUGE)
#define RO	PROT_READ
#define RW	(PROT_READ | PROT_WRITE)

static struct ksm k;

/* Returns 0 (and unmaps it again) or a negative errno. */
static int map(size_t size, int prot, int flags, __u64 off)
{
	void *p = mmap(NULL, size, prot, flags, k.fd, off);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, size);
	return 0;
}

static void before_setup(void)
{
	k.fd = ksm_open();
	ASSERT_GE(k.fd, 0);
	EXPECT_LT(map(KSM_PAGE, RO, MAP_SHARED, SM_MAP_WITNESS), 0);
	EXPECT_LT(map(KSM_PAGE, RW, MAP_SHARED, SM_MAP_TAGS), 0);
	EXPECT_LT(map(KSM_PAGE, RW, MAP_SHARED, SM_MAP_AGENT(0)), 0);
}

static void offsets(void)
{
	static const __u64 bad[] = {
		KSM_PAGE, SM_MAP_TAGS - KSM_PAGE, SM_MAP_TAGS + KSM_PAGE,
		SM_MAP_AGENT(0), SM_MAP_AGENT(15), SM_MAP_AGENT(16),
		SM_MAP_AGENT(0) + KSM_PAGE, SM_MAP_AGENT(1000),
		1ULL << 62,
	};
	unsigned int i;

	ksm_setup(&k, SIZE);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_LT(map(KSM_PAGE, RO, MAP_SHARED, bad[i]), 0);
}

static void sizes(void)
{
	size_t witness, tags;

	ksm_setup(&k, SIZE);
	witness = k.setup.witness_size;
	tags = k.setup.tags_size;
	EXPECT_EQ(witness % KSM_PAGE, 0);
	EXPECT_EQ(tags, SIZE / KSM_PAGE * sizeof(struct sm_tag));
	EXPECT_EQ(map(witness, RO, MAP_SHARED, SM_MAP_WITNESS), 0);
	EXPECT_LT(map(witness + KSM_PAGE, RO, MAP_SHARED, SM_MAP_WITNESS), 0);
	EXPECT_LT(map(1ULL << 32, RO, MAP_SHARED, SM_MAP_WITNESS), 0);
	EXPECT_EQ(map(tags, RW, MAP_SHARED, SM_MAP_TAGS), 0);
	EXPECT_LT(map(tags + KSM_PAGE, RW, MAP_SHARED, SM_MAP_TAGS), 0);
}

/* Nobody but the witness writes to the witness. */
static void witness_is_read_only(void)
{
	void *p;

	ksm_setup(&k, SIZE);
	EXPECT_LT(map(k.setup.witness_size, RW, MAP_SHARED, SM_MAP_WITNESS), 0);
	EXPECT_LT(map(k.setup.witness_size, PROT_WRITE, MAP_SHARED,
		      SM_MAP_WITNESS), 0);
	p = (void *)k.witness;
	EXPECT_EQ(mprotect(p, KSM_PAGE, RW), -1);
	EXPECT_EQ(errno, EACCES);
	EXPECT_EQ(mprotect(p, KSM_PAGE, PROT_NONE), 0);
	EXPECT_EQ(mprotect(p, KSM_PAGE, RO), 0);
	EXPECT_EQ(KSM_LOAD(k.witness->magic), SM_WITNESS_MAGIC);
}

static void header(void)
{
	const struct sm_witness_header *h;

	ksm_setup(&k, SIZE);
	h = k.witness;
	EXPECT_EQ(h->magic, SM_WITNESS_MAGIC);
	EXPECT_EQ(h->version, SM_WITNESS_VERSION);
	EXPECT_EQ(h->header_size, sizeof(*h));
	EXPECT_EQ(h->arena_start, k.start);
	EXPECT_EQ(h->arena_end, k.end);
	EXPECT_GE(h->granule_off, sizeof(*h));
	EXPECT_EQ(h->granule_nr, SIZE / SM_GRANULE_SIZE);
	EXPECT_EQ(h->record_size, sizeof(struct sm_record));
	EXPECT_EQ(h->record_slots, 1ULL << k.setup.ring_order);
	EXPECT_EQ(h->granule_size, sizeof(struct sm_granule));
	EXPECT_EQ(h->tag_size, sizeof(struct sm_tag));
	EXPECT_GE(h->record_off, h->granule_off +
		  h->granule_nr * sizeof(struct sm_granule));
	EXPECT_GE(k.setup.witness_size, h->record_off +
		  h->record_slots * h->record_size);
	EXPECT_EQ(h->granule_off % 8, 0);
	EXPECT_EQ(h->record_off % 8, 0);
}

/* To the last byte, and no further. */
static void no_growing(void)
{
	size_t size;

	ksm_setup(&k, SIZE);
	size = k.setup.witness_size;
	EXPECT_EQ(((const char *)k.witness)[size - 1], 0);
	KSM_STORE(k.tags[SIZE / KSM_PAGE - 1].announced, 1);
	EXPECT_TRUE(mremap((void *)k.witness, size, size + KSM_PAGE,
			   MREMAP_MAYMOVE) == MAP_FAILED);
	EXPECT_TRUE(mremap(k.tags, k.setup.tags_size,
			   k.setup.tags_size + KSM_PAGE,
			   MREMAP_MAYMOVE) == MAP_FAILED);
}

static bool mapped(const void *p)
{
	unsigned char vec;

	return !mincore((void *)p, KSM_PAGE, &vec);
}

/* A child gets the file, but none of its mappings. */
static void not_inherited(void)
{
	int pid;

	ksm_setup(&k, SIZE);
	EXPECT_TRUE(mapped(k.witness));
	EXPECT_TRUE(mapped(k.tags));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		EXPECT_FALSE(mapped(k.witness));
		EXPECT_FALSE(mapped(k.tags));
		EXPECT_LT(map(k.setup.witness_size, RO, MAP_SHARED,
			      SM_MAP_WITNESS), 0);
		EXPECT_LT(map(k.setup.tags_size, RW, MAP_SHARED, SM_MAP_TAGS),
			  0);
		ksm_end();
	}
	ksm_child(pid);
	EXPECT_TRUE(mapped(k.witness));
}

/* A mapping is a user: the context outlives its file descriptor. */
static void mapping_keeps_context(void)
{
	struct sm_ioc_query q;
	__u64 gen;
	char *p;

	ksm_setup(&k, SIZE);
	p = ksm_map(&k, 0, KSM_PAGE, RW);
	close(k.fd);
	ksm_query(&q);
	EXPECT_EQ(q.contexts, 1);
	gen = KSM_LOAD(k.witness->gen);
	munmap(p, KSM_PAGE);
	EXPECT_GT(KSM_LOAD(k.witness->gen), gen);
	ksm_unmap_device(&k);
	ksm_query(&q);
	EXPECT_EQ(q.contexts, 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(before_setup),
		KSM_CASE(offsets),
		KSM_CASE(sizes),
		KSM_CASE(witness_is_read_only),
		KSM_CASE(header),
		KSM_CASE(no_growing),
		KSM_CASE(not_inherited),
		KSM_CASE(mapping_keeps_context),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
