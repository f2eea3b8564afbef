// SPDX-License-Identifier: GPL-2.0-only
/* The oracles that there are. */
#include <string.h>

#include "base/util.h"
#include "oracles.h"
#include "wire.h"

const struct sm_oracle_info sm_oracles[] = {
	{ "pagemap", "user", "wrong or left-over PFN" },
	{ "content", "user", "stale data read, lost or misplaced write" },
	{ "perm", "kernel", "a mirror more permissive than the page table" },
	{ "late", "kernel",
	  "the device touches a page after its invalidation returned" },
	{ "over", "kernel", "entries dropped that nobody asked to drop" },
	{ "coverage", "kernel", "a mirror that forgets" },
	{ "denied", "user", "refused for ever, although the process may" },
	{ "blocking", "kernel", "sleep or refusal in the wrong context" },
	{ "dirty", "user", "a write that reclaim, write-back or a dirty log misses" },
	{ "young", "user", "a use that whoever ages pages misses, or is told of by mistake" },
	{ "refs", "user", "page references that are not returned" },
	{ "fence", "user",
	  "a job that never ends, ends before its writes are visible, or loses its pages" },
	{ "flush", "user",
	  "an IOMMU that is not told of what the CPU's TLB was flushed of" },
	{ "contract", "kernel",
	  "an emitter that breaks the start/end contract" },
	{ "kernel", "user", "WARN, BUG, KASAN, lockdep, hung task, new taint" },
	{ NULL, NULL, NULL }
};

bool sm_oracles_muted(uint64_t muted, const char *oracle)
{
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (!strcmp(sm_oracles[i].name, oracle))
			return muted >> i & 1;
	return false;
}

_Static_assert(SM_ARRAY_SIZE(sm_oracles) - 1 <= SM_MAX_ORACLES,
	       "more oracles than SM_MAX_ORACLES");
_Static_assert(SM_MAX_ORACLES <= 64,
	       "sets of oracles are masks of 64 bits: make them a struct sm_set");
