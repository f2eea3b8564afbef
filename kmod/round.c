// SPDX-License-Identifier: GPL-2.0-only
/* Rounding, see round.h. */
#include "round.h"

/* All bits up to the highest that the two differ in. */
static __u64 sm_round_differ(struct sm_span s)
{
	__u64 differ = s.first ^ s.last;

	return differ ? ~0ULL >> __builtin_clzll(differ) : 0;
}

/*
 * The pages that may fall when @asked does: all of them inside @mirror if it is
 * rounded to what only a mirror has. Objects are @object pages long, a power of
 * two, and the first begins where the mirror does; one that sticks out of it ends
 * there. @asked touches the mirror.
 */
struct sm_span sm_round_span(enum sm_round how, struct sm_span asked,
			     struct sm_span mirror, __u64 object)
{
	struct sm_span s = asked;

	switch (how) {
	case SM_ROUND_NONE:
		break;
	case SM_ROUND_POW2:
		s.first &= ~sm_round_differ(asked);
		s.last |= sm_round_differ(asked);
		break;
	case SM_ROUND_OBJECT:
		if (s.first < mirror.first)
			s.first = mirror.first;
		if (s.last > mirror.last)
			s.last = mirror.last;
		s.first -= (s.first - mirror.first) & (object - 1);
		s.last += ~(s.last - mirror.first) & (object - 1);
		if (s.last > mirror.last)
			s.last = mirror.last;
		break;
	case SM_ROUND_PAGE_OR_ALL:
		if (s.first != s.last)
			s = mirror;
		break;
	}

	return s;
}
