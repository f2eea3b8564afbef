// SPDX-License-Identifier: GPL-2.0-only
/* What a mirror may legally differ in: see legal.h. */
#include "legal.h"
#include "memory/source.h"
#include "module/profiles.h"

#define EVERYWHERE	((unsigned int)SM_BIT(SM_MEM_NR) - 1)

static bool legal_pinned(const struct sm_profile_info *p)
{
	return p->pinned;
}

static bool legal_kept(const struct sm_profile_info *p)
{
	return p->unmap_only;
}

static bool legal_flushed(const struct sm_profile_info *p)
{
	return p->flushed;
}

const struct sm_legal_info sm_legals[SM_LEGAL_NR] = {
	[SM_LEGAL_ABSENT] = {
		.name = "absent",
		.about = "the page table has a page, and the mirror none, or for reading alone",
		.why = "of what appears nobody is told: a mirror faults when its device asks",
		.place = "mm/memory.c:4838 do_anonymous_page",
		.memory = EVERYWHERE,
		.judged = "coverage: an entry that goes, and no event was there",
	},
	[SM_LEGAL_UNMAPPING] = {
		.name = "unmapping",
		.about = "the page table has a hole, where the mirror has a page, during munmap()",
		.why = "mappings go, and readers are let in, before the event and the clearing",
		.place = "mm/vma.c:1159 vms_complete_munmap_vmas",
		.memory = EVERYWHERE,
		.judged = "pagemap: a window that differs waits for mmap_lock, and for the event",
	},
	[SM_LEGAL_FORBIDDEN] = {
		.name = "forbidden",
		.about = "the page table has a page that the mirror must not have (PROT_NONE)",
		.why = "what nobody may use is present all the same to pte_present()",
		.place = "fs/proc/task_mmu.c:1720 pte_to_pagemap_entry",
		.memory = EVERYWHERE,
		.judged = "perm, which asks hmm_range_fault()",
	},
	[SM_LEGAL_MARKED] = {
		.name = "marked",
		.about = "a page that is marked for NUMA balancing is there, and nobody may use it",
		.why = "who pins it gets it as it is: the mark asks who uses it, and forbids none",
		.place = "include/linux/mm.h:3671 gup_can_follow_protnone",
		.memory = EVERYWHERE & ~SM_MEM_NOT_PINNED,
		.has = legal_pinned,
		.judged = "perm, which asks as who pins does where hmm_range_fault() has nothing",
	},
	[SM_LEGAL_PINNED] = {
		.name = "pinned",
		.about = "the device uses a page that has left the process",
		.why = "a pin holds the page, and not its place in the page table",
		.place = "mm/gup.c:161 try_grab_folio",
		.memory = EVERYWHERE & ~SM_MEM_NOT_PINNED,
		.has = legal_pinned,
		.judged = "late, and refs: by the events that the driver has to heed",
	},
	[SM_LEGAL_KEPT] = {
		.name = "kept",
		.about = "the page table has another page, or none, until the mapping goes",
		.why = "hfi1's TIDs heed unmapping alone (tid_rb_invalidate()), and keep pages",
		.place = "mm/gup.c:161 try_grab_folio",
		.memory = EVERYWHERE & ~SM_MEM_NOT_PINNED,
		.has = legal_kept,
		.judged = "late, and refs",
	},
	[SM_LEGAL_FLUSHED] = {
		.name = "flushed",
		.about = "the page table has changed, and the mirror not yet, during an op",
		.why = "a flush of the CPU's TLB comes after the change, or after the event",
		.place = "arch/x86/mm/tlb.c:1083 flush_tlb_mm_range",
		.memory = EVERYWHERE,
		.has = legal_flushed,
		.judged = "pagemap, while the storm pauses; late, by the flushes, all the time",
	},
	[SM_LEGAL_FREED] = {
		.name = "freed",
		.about = "a page holds what it held, or zeroes, until it is written to (MADV_FREE)",
		.why = "the kernel takes it when it likes, and a write gets it back",
		.place = "mm/madvise.c:779 madvise_free_pte_range",
		.memory = SM_MEM_ANY_ANON,
		.judged = "content: zeroes, or the newest stamp, and nothing else",
	},
	[SM_LEGAL_UNNOTED] = {
		.name = "unnoted",
		.about = "a device wrote, and soft-dirty bits or PAGEMAP_SCAN do not say so",
		.why = "a file's page that is reclaimed, or dropped, leaves nothing there",
		.place = "mm/rmap.c:1969 try_to_unmap_one",
		.memory = SM_MEM_ANY & ~SM_MEM_ANY_PRIVATE,
		.judged = "dirty: what was written has to be there, whatever the bits say",
	},
	[SM_LEGAL_SECRET] = {
		.name = "secret",
		.about = "the page table has a page, and the mirror is refused it (memfd_secret())",
		.why = "there is no such page in the direct map, and nobody gets it by GUP",
		.place = "mm/gup.c:1289 check_vma_flags",
		.judged = "denied, with a table of its own: kmod/denied.c",
	},
	[SM_LEGAL_TRACKED] = {
		.name = "tracked",
		.about = "the page table has a page for writing, and a pin is refused it",
		.why = "nobody holds for long what write-back has to clean (Linux 6.5)",
		.place = "mm/gup.c:1294 check_vma_flags",
		.memory = SM_BIT(SM_MEM_FILE),
		.has = legal_pinned,
		.judged = "denied, with a table of its own: kmod/denied.c",
	},
	[SM_LEGAL_UNPINNED] = {
		.name = "unpinned",
		.about = "the page table has a page, and a pin is refused it (DAX)",
		.why = "its block may be given to another file, so nobody holds it for long",
		.place = "mm/gup.c:1283 check_vma_flags",
		.memory = SM_MEM_NOT_PINNED,
		.has = legal_pinned,
		.judged = "nobody: such a profile gets no such memory",
	},
	[SM_LEGAL_UNCOPIED] = {
		.name = "uncopied",
		.about = "the page table has a shared huge page, and a pin is refused it",
		.why = "what is pinned is a copy, for which the pool may have no page",
		.place = "mm/hugetlb.c:5964 hugetlb_wp",
		.memory = SM_MEM_ANY_HUGETLB,
		.has = legal_pinned,
		.judged = "denied, with a table of its own: kmod/denied.c",
	},
	[SM_LEGAL_HOLE] = {
		.name = "hole",
		.about = "the page table has no more, and the mirror has, the page of zeroes (DAX)",
		.why = "a device's own write takes that out, and its flush comes late, with no op",
		.place = "fs/dax.c:889 dax_insert_entry",
		.memory = SM_BIT(SM_MEM_DAX),
		.has = legal_flushed,
		.judged = "pagemap: what differs is looked at again after a wait for mmap_lock",
	},
	[SM_LEGAL_POISONED] = {
		.name = "poisoned",
		.about = "a page that is broken is in neither, or still in both (hwpoison)",
		.why = "who unmaps it tells first; nobody faults it in again",
		.place = "mm/rmap.c:1686 try_to_unmap_one",
		.memory = EVERYWHERE,
		.exact = true,
		.judged = "pagemap, and denied, as nothing is there",
	},
	[SM_LEGAL_MERGED] = {
		.name = "merged",
		.about = "both have the page that several share, for reading alone (KSM)",
		.why = "what makes it read-only tells, as does what puts another page there",
		.place = "mm/ksm.c:1372 replace_page",
		.memory = SM_MEM_ANY_PRIVATE & ~SM_MEM_ANY_HUGETLB,
		.exact = true,
		.judged = "pagemap, perm, and content: a write goes to a page of one's own",
	},
	[SM_LEGAL_PROBED] = {
		.name = "probed",
		.about = "both have the copy that the probe is in (uprobes)",
		.why = "who puts a copy there, or the file's page back, tells of the page",
		.place = "kernel/events/uprobes.c:185 __replace_page",
		.exact = true,
		.judged = "pagemap, and contract: Linux 6.1 tells of half a page (uprobe-range)",
	},
	[SM_LEGAL_EXCLUSIVE] = {
		.name = "exclusive",
		.about = "a page that a device has for itself is in neither",
		.why = "all are told; the owner alone may keep it, and no mirror here is that",
		.place = "mm/rmap.c:2427 page_make_device_exclusive_one",
		.memory = SM_MEM_ANY_ANON,
		.exact = true,
		.judged = "pagemap",
	},
	[SM_LEGAL_MIGRATING] = {
		.name = "migrating",
		.about = "a page that is on its way is in neither",
		.why = "who takes it tells first; back it comes untold, as all that appears",
		.place = "mm/rmap.c:2085 try_to_migrate_one",
		.memory = EVERYWHERE & ~SM_BIT(SM_MEM_DAX),
		.exact = true,
		.judged = "pagemap",
	},
	[SM_LEGAL_UNSERVED] = {
		.name = "unserved",
		.about = "what is missing is in neither, what is protected read-only (userfaultfd)",
		.why = "a device waits for the handler, or is refused; what is served appears",
		.place = "fs/userfaultfd.c:418 handle_userfault",
		.memory = SM_MEM_ANY_MEMORY | SM_BIT(SM_MEM_ANON_LOCKED) |
			  SM_MEM_ANY_HUGETLB,
		.exact = true,
		.judged = "pagemap, perm, and denied, as nothing is there",
	},
};

bool sm_legal_mirror(enum sm_legal row, const struct sm_mirror *m)
{
	const struct sm_legal_info *l = &sm_legals[row];

	if (l->exact)
		return false;
	if (!l->has)
		return true;
	return m && m->profile && l->has(m->profile);
}

bool sm_legal_memory(enum sm_legal row, enum sm_memory kind)
{
	const struct sm_legal_info *l = &sm_legals[row];

	return !l->exact && sm_arena_is(kind, l->memory);
}
