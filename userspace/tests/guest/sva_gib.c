// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel SVA: what a card has of two pages that were unmapped together, inside of a GiB
 * and on both sides of the end of one, or in the second GiB of a page table of the third
 * level that is freed with them, or is not: see docs/found/sva-gib.md. Where an IOMMU may
 * refuse what is flushed it says what it sees.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "backends/intel_sva/nic.h"
#include "backends/intel_sva/ring.h"
#include "base/util.h"
#include "uapi/stalemate_sva.h"

#define GIB	(1ULL << 30)
#define TABLE	(512 * GIB)	/* of the third level */
#define FAR	(2 * TABLE)
#define STAMP	0x5a5a5a5a5a5a5a5aULL

/* What the card reads there, in @value; zeroes if it faults. */
static bool reads(struct sva_nic *nic, uint64_t va, uint64_t *value)
{
	sva_nic_begin(nic);
	sva_nic_read(nic, va, va);
	if (sva_nic_go(nic))
		return false;
	*value = sva_nic_answer(nic, 0)->value;
	return true;
}

/* Two pages from @va on, of which the card has the first. Is that gone with them? */
static bool unmaps(struct sva_nic *nic, uint64_t va, bool *gone)
{
	uint64_t *p = mmap((void *)va, 2 * SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			   -1, 0);
	uint64_t before = 0, after = 0;
	bool had;

	if (p == MAP_FAILED)
		return false;
	p[0] = STAMP;
	p[SM_PAGE_WORDS] = STAMP;
	sm_fence();
	had = reads(nic, va, &before) && before == STAMP;
	munmap(p, 2 * SM_PAGE_SIZE);
	had &= reads(nic, va, &after);
	*gone = after != STAMP;
	return had;
}

/* So the table of the third level stays. */
static bool keeps(void)
{
	void *last = (void *)(FAR + TABLE - SM_PAGE_SIZE);

	return mmap(last, SM_PAGE_SIZE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		    0) == last;
}

static int judge(struct sva_nic *nic)
{
	bool inside = false, across = false, freed = false, kept = false;
	bool read[4];
	unsigned int i, wrong = 0;
	static const char *const what[] = {
		"inside_a_gib", "across_two_gib", "last_of_a_table",
		"not_last_of_a_table",
	};

	read[0] = unmaps(nic, FAR + GIB / 2, &inside) && inside;
	read[1] = unmaps(nic, FAR + GIB - SM_PAGE_SIZE, &across);
	read[2] = unmaps(nic, FAR + GIB + GIB / 2, &freed);
	read[3] = keeps() && unmaps(nic, FAR + GIB + GIB / 2, &kept) && kept;
	printf("1..4\n");
	for (i = 0; i < SM_ARRAY_SIZE(read); i++) {
		printf("%s %u - %s\n", read[i] ? "ok" : "not ok", i + 1,
		       what[i]);
		wrong += !read[i];
	}
	printf("# across two GiB: %s\n", across ? "gone" : "stale");
	printf("# last of a table: %s\n", freed ? "gone" : "stale");
	return wrong ? 1 : 0;
}

int main(void)
{
	struct sva_nic nic = { 0 };
	int ret = 4;

	printf("KTAP version 1\n");
	if (sva_nic_open(&nic))
		printf("1..0 # SKIP no card: %s\n", nic.why);
	else if (ioctl(nic.fd, SM_SVA_IOC_ALONE))
		printf("Bail out! a card cannot be at PASID 0 alone\n");
	else
		ret = judge(&nic);
	sva_nic_close(&nic);
	return ret;
}
