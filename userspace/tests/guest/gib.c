// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GiB of shared hugetlb in one piece: the kernel has one page table for all mappings of
 * it, and parts them. A storm's arena, which is full of pages, has none: see
 * runner/actors/gib.h.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/symbols.h"
#include "base/util.h"
#include "ksm.h"
#include "module/witness.h"

#define GIB	(512 * KSM_HUGE)
#define EMITTER	"hugetlb_unshare_pmds"
#define FREE	"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
#define PIECES	4	/* that are touched */

static struct ksm k;

static int open_gib(void)
{
	int fd;

	if (sm_util_read_u64(FREE, 0) < PIECES)
		ksm_skip("no free hugetlb pages of 2 MiB");
	fd = memfd_create("gib", MFD_CLOEXEC | MFD_HUGETLB |
				 SM_GRANULE_SHIFT << MAP_HUGE_SHIFT);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(ftruncate(fd, GIB), 0);
	return fd;
}

/* All of it in one piece, most of which is never touched. */
static char *map_gib(__u64 va, int fd)
{
	char *p = mmap((void *)va, GIB, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_NORESERVE | MAP_FIXED_NOREPLACE, fd, 0);
	unsigned int i;

	ASSERT_TRUE(p != MAP_FAILED);
	for (i = 0; i < PIECES; i++)
		*(__u64 *)(p + i * KSM_HUGE) = i + 1;
	return p;
}

static __u64 emitted(const struct sm_symbols *symbols)
{
	static struct sm_witness w;
	struct sm_device d = {
		.fd = k.fd,
		.arena_start = k.start,
		.arena_end = k.end,
		.witness = k.witness,
		.records = (const void *)((const char *)k.witness +
					  k.witness->record_off),
	};
	unsigned int i;

	sm_witness_init(&w, &d, symbols);
	sm_witness_drain(&w);
	for (i = 0; i < w.nr_emitters; i++)
		if (!strcmp(w.emitters[i].name, EMITTER))
			return w.emitters[i].count;
	return 0;
}

/*
 * The page table of the GiB belongs to both mappings. One is split, and for that it gets
 * a table of its own: the event is about all of it, also where nothing is touched.
 */
static void shared_page_tables_part(void)
{
	const struct sm_symbols *symbols;
	char *p;
	__u32 id;
	__u64 value;
	int fd;

	ksm_setup(&k, GIB);
	ASSERT_EQ(sm_symbols_load(&symbols), 0);
	if (!symbols || !sm_symbols_has(symbols, EMITTER))
		ksm_skip("no " EMITTER "() (Linux 5.13)");
	fd = open_gib();
	id = ksm_mirror(&k, ksm_profile);
	p = map_gib(k.start, fd);
	map_gib(k.end, fd);
	EXPECT_EQ(ksm_fault(&k, id, ksm_use(), p, KSM_HUGE), 0);
	EXPECT_EQ(emitted(symbols), 0);
	ASSERT_EQ(madvise(p + GIB / 2, KSM_HUGE, MADV_DONTFORK), 0);
	EXPECT_EQ(emitted(symbols), 1);
	if (!ksm_info()->unmap_only && !ksm_info()->pinned)
		EXPECT_EQ(ksm_stats(&k, id).present, 0);
	/* What it holds is what it held, wherever it is found from now on. */
	*(__u64 *)p = 77;
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_EQ(value, 77);
	EXPECT_EQ(ksm_check(&k, id).violations, 0);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_OVER), 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH(shared_page_tables_part),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
