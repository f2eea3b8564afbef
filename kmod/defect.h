/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known bugs, seeded on purpose.
 *
 * A set of them comes from userspace as words, see SM_DEFECT_WORDS, and is kept in
 * a mirror as a bitmap of the kernel's. Which of them a discipline can have it says
 * in lists.
 */
#ifndef SM_DEFECT_H
#define SM_DEFECT_H

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/types.h>

#include "uapi/stalemate.h"

struct sm_discipline;

/* A list for sm_discipline.defects, of enum sm_defect. */
#define SM_DEFECT_LIST(...)	((const u8 []){ __VA_ARGS__, SM_DEFECT_NR })

/* What any mirror that drops ranges can get wrong. */
extern const u8 sm_defect_common[];
/* What those that hear of the kind of event can. */
extern const u8 sm_defect_event[];
/* What those can whose devices have TLBs. */
extern const u8 sm_defect_flush[];
/* What those can whose devices write, and need not pin for that. */
extern const u8 sm_defect_writes[];
/* What mirrors with a sequence can get wrong besides. */
extern const u8 sm_defect_seq[];

/* Is this bug seeded into this mirror? */
#define sm_defect(m, d)		unlikely(test_bit(SM_DEFECT_##d, (m)->defects))

/* Is there one with which an entry may be stale and yet not look old? */
static inline bool sm_defect_unproven(const unsigned long *defects)
{
	return test_bit(SM_DEFECT_LIVE_ARRAY, defects) ||
	       test_bit(SM_DEFECT_START_ONLY, defects) ||
	       test_bit(SM_DEFECT_NEWEST_RANGE_ONLY, defects) ||
	       test_bit(SM_DEFECT_FLAG_NOT_COUNT, defects) ||
	       test_bit(SM_DEFECT_NO_CANCEL, defects) ||
	       test_bit(SM_DEFECT_NO_NOTIFIER, defects);
}

/* Is @n in a set of userspace's? */
static inline bool sm_defect_in(const u64 *set, unsigned int n)
{
	return set[n / 64] >> n % 64 & 1;
}

bool sm_defect_may(void);
bool sm_defect_known(const u64 *set, unsigned int nr);
void sm_defect_tell(u64 *set);
int sm_defect_check(const struct sm_discipline *d, const u64 *set);
bool sm_defect_seed(unsigned long *defects, const u64 *set);

#endif /* SM_DEFECT_H */
