/* SPDX-License-Identifier: GPL-2.0-only */
/* Known bugs, seeded on purpose. */
#ifndef SM_DEFECT_H
#define SM_DEFECT_H

#include "mirror.h"

#define SM_DEFECT_BIT(d)	BIT_ULL(SM_DEFECT_##d)

/* What any mirror that drops ranges can get wrong. */
#define SM_DEFECTS_COMMON	(SM_DEFECT_BIT(NO_RETRY) | \
				 SM_DEFECT_BIT(IGNORE_MPROTECT) | \
				 SM_DEFECT_BIT(SHORT_RANGE) | \
				 SM_DEFECT_BIT(THP_HEAD_ONLY) | \
				 SM_DEFECT_BIT(PUBLISH_AFTER_UNLOCK) | \
				 SM_DEFECT_BIT(LONG_RANGE) | \
				 SM_DEFECT_BIT(FORGET) | \
				 SM_DEFECT_BIT(SPLAT))

/* Is this bug seeded into this mirror? */
#define sm_defect(m, d)		(unlikely((m)->defects & SM_DEFECT_BIT(d)))

u64 sm_defect_allowed(void);
int sm_defect_arm(const struct sm_discipline *d, u64 defects);

#endif /* SM_DEFECT_H */
