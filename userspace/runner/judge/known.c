// SPDX-License-Identifier: GPL-2.0-only
/* Findings in real drivers, and in the core, that are written up in docs/found. */
#include <string.h>

#include "base/util.h"
#include "known.h"

_Static_assert(SM_KNOWN_NR <= 64,
	       "sm_run_spec.avoid is a mask of 64 bits: make it a struct sm_set");

const struct sm_known_info sm_known[SM_KNOWN_NR] = {
	[SM_KNOWN_RXE_COPY] = {
		.name = "rxe-copy",
		.backend = "verbs",
		.about = "rxe on demand: a transfer inside a page goes to the page's start",
		.avoided = "packets that begin inside a page or cross into the next",
		.page = "docs/found/rxe-copy.md",
	},
	[SM_KNOWN_RXE_RACE] = {
		.name = "rxe-race",
		.backend = "verbs",
		.about = "rxe on demand: a page that went away during a fault stays mapped",
		.avoided = "faults whose outcome others might use before it is certain",
		.page = "docs/found/rxe-race.md",
	},
	[SM_KNOWN_RXE_DIRTY] = {
		.name = "rxe-dirty",
		.backend = "verbs",
		.about = "rxe on demand: pages that it wrote to are not marked dirty",
		.avoided = "writes of the device to pages that are clean and stay writable",
		.page = "docs/found/rxe-dirty.md",
	},
	[SM_KNOWN_RXE_IOVA] = {
		.name = "rxe-iova",
		.backend = "verbs",
		.about = "rxe on demand: a region at addresses of its own is misplaced",
		.avoided = "regions whose addresses are not those of the memory",
		.page = "docs/found/rxe-iova.md",
	},
	[SM_KNOWN_GNTDEV_PIN] = {
		.name = "gntdev-pin",
		.backend = "gntdev",
		.about = "gntdev: a grant that is unmapped while its page is pinned stays",
		.avoided = "unmaps of pages that somebody has pinned",
		.page = "docs/found/gntdev-pin.md",
	},
	[SM_KNOWN_GNTDEV_DOFORK] = {
		.name = "gntdev-dofork",
		.backend = "gntdev",
		.about = "gntdev: after MADV_DOFORK a child keeps what its parent unmaps",
		.avoided = "forks after MADV_DOFORK",
		.page = "docs/found/gntdev-dofork.md",
	},
	[SM_KNOWN_GNTDEV_NOTICE] = {
		.name = "gntdev-notice",
		.backend = "gntdev",
		.about = "gntdev: a notice for a page that cannot be written is an oops",
		.avoided = "notices for pages that are read-only, or fail to be mapped",
		.page = "docs/found/gntdev-notice.md",
	},
	[SM_KNOWN_GNTDEV_PRIVATE] = {
		.name = "gntdev-private",
		.backend = "gntdev",
		.about = "gntdev: a private map can be written to",
		.avoided = "forced writes to private maps",
		.mended = "6.12.117 and later",
		.page = "docs/found/gntdev-private.md",
	},
	[SM_KNOWN_RADEON_PIN] = {
		.name = "radeon-pin",
		.backend = "radeon",
		.about = "radeon: a job goes on with the pages of memory that it cannot get",
		.avoided = "jobs with memory that cannot be had for writing, as one mapping",
		.page = "docs/found/radeon-pin.md",
	},
	[SM_KNOWN_RADEON_RACE] = {
		.name = "radeon-race",
		.backend = "radeon",
		.about = "radeon: a page that went away while a job was submitted stays bound",
		.avoided = "submitting jobs while memory of theirs changes",
		.page = "docs/found/radeon-race.md",
	},
	[SM_KNOWN_REFUSED_START] = {
		.name = "refused-start",
		.backend = "mock",
		.about = "the notifier core leaves a refused start open",
		.mended = "6.12.118 and later of 6.12; not 7.3.4",
		.page = "docs/found/refused-start.md",
	},
	[SM_KNOWN_ZAP_DIRTY] = {
		.name = "zap-dirty",
		.about = "the core: an unmapped huge page of shared memory forgets a write",
		.avoided = "writes to such pages that were only read before (op dirty-alias)",
		.mended = "6.12.115, 6.1.192 and later; 7.3.4",
		.page = "docs/found/zap-dirty.md",
	},
	[SM_KNOWN_MPROTECT_DIRTY] = {
		.name = "mprotect-dirty",
		.about = "x86: a huge page that is write protected forgets a write",
		.avoided = "protecting what was written to after MADV_FREE (op dirty-protect)",
		.mended = "6.12.111 and later; 7.3.4",
		.page = "docs/found/mprotect-dirty.md",
	},
	[SM_KNOWN_KSM_SOFT_DIRTY] = {
		.name = "ksm-soft-dirty",
		.about = "KSM: a page that is merged is no longer soft-dirty",
		.avoided = "op ksm-soft-dirty",
		.mended = "6.12.118 and later of 6.12; not 7.3.4",
		.page = "docs/found/ksm-soft-dirty.md",
	},
	[SM_KNOWN_KSM_FREE] = {
		.name = "ksm-free",
		.about = "KSM: MADV_FREE of one mapping frees a merged page under all",
		.avoided = "op ksm-free",
		.mended = "6.12.118 and later of 6.12; not 7.3.4",
		.page = "docs/found/ksm-free.md",
	},
	[SM_KNOWN_UPROBE_RANGE] = {
		.name = "uprobe-range",
		.about = "uprobes: half of the page that is replaced is told, and half of the next",
		.avoided = "op uprobe",
		.mended = "6.12 and 7.3; not 6.1.192",
		.gone = "6.12",
		.page = "docs/found/uprobe-range.md",
	},
	[SM_KNOWN_DAX_WAIT] = {
		.name = "dax-wait",
		.about = "DAX: who takes blocks waits for ever for a page that was mapped again",
		.avoided = "waiting long: a signal has it begin again",
		.since = "6.15",
		.page = "docs/found/dax-wait.md",
	},
	[SM_KNOWN_KVM_SLOT] = {
		.name = "kvm-slot",
		.backend = "kvm",
		.about = "KVM: a fault that found no slot meets one that was made meanwhile",
		.avoided = "slots that come and go, of which the dirty log alone is left",
		.page = "docs/found/kvm-slot.md",
	},
	[SM_KNOWN_HUGETLB_RANGE] = {
		.name = "hugetlb-range",
		.about = "hugetlb: the mapping behind a hole is told, too, of an empty range",
		.avoided = "holes in shared hugetlb (ops punch, remove, truncate)",
		.mended = "5.17 and later; not 5.10.262",
		.gone = "5.17",
		.page = "docs/found/hugetlb-range.md",
	},
	[SM_KNOWN_MIGRATE_LEAK] = {
		.name = "migrate-leak",
		.about = "migrate_vma_setup() keeps a huge page that somebody else has locked",
		.avoided = "op migrate-huge",
		.mended = "7.3.4; not 6.12.117",
		.gone = "7.3",
		.page = "docs/found/migrate-leak.md",
	},
	[SM_KNOWN_DAX_WRITE] = {
		.name = "dax-write",
		.about = "DAX: who writes to a hole forgets a page that is mapped there",
		.avoided = "writing to a file on DAX by its descriptor (op direct-write)",
		.since = "6.15",
		.page = "docs/found/dax-write.md",
	},
	[SM_KNOWN_HUGETLB_FORK] = {
		.name = "hugetlb-fork",
		.about = "hugetlb: a page that is pinned goes to a child, and not to its parent",
		.avoided = "forks of private hugetlb with a profile that pins (op fork-cow)",
		.mended = "5.13 and later; not 5.10.262",
		.gone = "5.13",
		.page = "docs/found/hugetlb-fork.md",
	},
};

uint64_t sm_known_gone(const char *release)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < SM_KNOWN_NR; i++) {
		const struct sm_known_info *k = &sm_known[i];

		if ((k->gone && strverscmp(release, k->gone) >= 0) ||
		    (k->since && strverscmp(release, k->since) < 0))
			mask |= SM_BIT(i);
	}
	return mask;
}
