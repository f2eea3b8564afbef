/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bindings that come and go while the storm is on, of cards that no lane has: one more to
 * this process, which is unbound again, and those of processes that exit while they are
 * bound.
 */
#ifndef SM_INTEL_SVA_COMERS_H
#define SM_INTEL_SVA_COMERS_H

#include "state.h"

#define SVA_SPARE	2U	/* cards that are left for it, where there are more */

/** sva_comers_step() - one of each kind. The worker's */
void sva_comers_step(struct sva_state *s);

#endif /* SM_INTEL_SVA_COMERS_H */
