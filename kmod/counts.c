// SPDX-License-Identifier: GPL-2.0-only
/* Of all contexts together. */
#include "counts.h"

struct sm_counts sm_counts;

/*
 * Is nothing left of any context? (Pages are not asked for: there are defects that
 * forget some.)
 */
bool sm_counts_idle(void)
{
	return !(atomic64_read(&sm_counts.contexts) |
		 atomic64_read(&sm_counts.mirrors) |
		 atomic64_read(&sm_counts.leaves) |
		 atomic64_read(&sm_counts.agents) |
		 atomic64_read(&sm_counts.mms) |
		 atomic64_read(&sm_counts.broken));
}
