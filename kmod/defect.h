/* SPDX-License-Identifier: GPL-2.0-only */
/* Known bugs, seeded on purpose. */
#ifndef SM_DEFECT_H
#define SM_DEFECT_H

#include "mirror.h"

#define SM_DEFECT_BIT(d)	BIT_ULL(SM_DEFECT_##d)

/* What any mirror that drops ranges can get wrong. */
#define SM_DEFECTS_COMMON	(SM_DEFECT_BIT(SHORT_RANGE) | \
				 SM_DEFECT_BIT(LONG_RANGE) | \
				 SM_DEFECT_BIT(FIRST_PAGE_ONLY) | \
				 SM_DEFECT_BIT(FORGET) | \
				 SM_DEFECT_BIT(SPLAT))

/* What those that hear of the kind of event can. */
#define SM_DEFECTS_EVENT	(SM_DEFECT_BIT(IGNORE_MPROTECT) | \
				 SM_DEFECT_BIT(IGNORE_FORK) | \
				 SM_DEFECT_BIT(IGNORE_CLEAR) | \
				 SM_DEFECT_BIT(IGNORE_MIGRATE) | \
				 SM_DEFECT_BIT(IGNORE_SOFT_DIRTY))

/* What mirrors with a sequence can get wrong besides. */
#define SM_DEFECTS_SEQ		(SM_DEFECT_BIT(NO_RETRY) | \
				 SM_DEFECT_BIT(LATE_SEQ) | \
				 SM_DEFECT_BIT(PUBLISH_AFTER_UNLOCK))

/* With these an entry may be stale and yet not look old. */
#define SM_DEFECTS_UNPROVEN	(SM_DEFECT_BIT(START_ONLY) | \
				 SM_DEFECT_BIT(FLAG_NOT_COUNT) | \
				 SM_DEFECT_BIT(NO_CANCEL) | \
				 SM_DEFECT_BIT(NO_NOTIFIER))

/* Is this bug seeded into this mirror? */
#define sm_defect(m, d)		(unlikely((m)->defects & SM_DEFECT_BIT(d)))

u64 sm_defect_allowed(void);
int sm_defect_arm(const struct sm_discipline *d, u64 defects);

#endif /* SM_DEFECT_H */
