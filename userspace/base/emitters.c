// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emitters: see emitters.h. What stands for which of them on other kernels is in
 * symbols.c, and where they are in the sources in sites.c.
 */
#include <stddef.h>

#include "emitters.h"

const struct sm_emitter_info sm_emitters[] = {
	{
		.name = "unmap_vmas",
		.event = "unmap",
		.about = "munmap, MAP_FIXED over a mapping, shrinking, exit, exec",
	},
	{
		.name = "zap_page_range_single",
		.event = "clear",
		.about = "MADV_DONTNEED, MADV_REMOVE, truncation, hole punching",
	},
	{
		.name = "__oom_reap_task_mm",
		.event = "unmap",
		.about = "the OOM reaper, process_mrelease (must not sleep)",
	},
	{
		.name = "copy_page_range",
		.event = "protection-page",
		.about = "fork",
	},
	{
		.name = "wp_page_copy",
		.event = "clear",
		.about = "copy on write: after fork, over the zero page, KSM break",
	},
	{
		.name = "remove_device_exclusive_entry",
		.event = "exclusive",
		.about = "the CPU touches a device-exclusive page",
		.proof = "make_device_exclusive",
		.config = "DEVICE_PRIVATE",
	},
	{
		.name = "page_make_device_exclusive_one",
		.event = "exclusive",
		.about = "a driver takes a page for exclusive device access",
		.proof = "make_device_exclusive",
		.config = "DEVICE_PRIVATE",
	},
	{
		.name = "change_pud_range",
		.event = "protection-vma",
		.about = "mprotect, pkey_mprotect, UFFDIO_WRITEPROTECT, NUMA balancing",
	},
	{
		.name = "move_page_tables",
		.event = "unmap",
		.about = "mremap that moves, exec",
	},
	{
		.name = "madvise_free_single_vma",
		.event = "clear",
		.about = "MADV_FREE",
	},
	{
		.name = "write_protect_page",
		.event = "clear",
		.about = "KSM, before it compares",
	},
	{
		.name = "replace_page",
		.event = "clear",
		.about = "KSM merges a page",
	},
	{
		.name = "collapse_huge_page",
		.event = "clear",
		.about = "khugepaged or MADV_COLLAPSE on anonymous memory",
	},
	{
		.name = "collapse_pte_mapped_thp",
		.event = "clear",
		.about = "MADV_COLLAPSE of a file or shmem huge page mapped by PTEs",
	},
	{
		.name = "retract_page_tables",
		.event = "clear",
		.about = "a file or shmem range became a huge page",
	},
	{
		.name = "__split_huge_pmd",
		.event = "clear",
		.about = "a huge page mapping is split, e.g. by a partial munmap",
	},
	{
		.name = "__split_huge_pud",
		.event = "clear",
		.about = "a 1 GiB DAX mapping is split",
		.unreached = "the kernel maps no 1 GiB of pmem that memmap= gives",
	},
	{
		.name = "do_huge_zero_wp_pmd",
		.event = "clear",
		.about = "a write to the huge zero page (after 6.12)",
	},
	{
		.name = "move_pages_huge_pmd",
		.event = "clear",
		.about = "UFFDIO_MOVE of a huge page",
	},
	{
		.name = "move_pages_pte",
		.event = "clear",
		.about = "UFFDIO_MOVE",
	},
	{
		.name = "page_vma_mkclean_one",
		.event = "protection-page",
		.about = "write-back of a shared file mapping",
	},
	{
		.name = "try_to_unmap_one",
		.event = "clear",
		.about = "reclaim, MADV_PAGEOUT, hwpoison",
	},
	{
		.name = "try_to_migrate_one",
		.event = "clear",
		.about = "migration, compaction, split of an anonymous huge page",
	},
	{
		.name = "try_to_unmap_poisoned_hugetlb_one",
		.event = "clear",
		.about = "MADV_HWPOISON on hugetlb (after 6.12)",
	},
	{
		.name = "migrate_vma_collect",
		.event = "migrate",
		.about = "a driver migrates memory",
	},
	{
		.name = "__migrate_device_pages",
		.event = "migrate",
		.about = "a driver migrates into holes",
	},
	{
		.name = "copy_hugetlb_page_range",
		.event = "clear",
		.about = "fork with private hugetlb",
	},
	{
		.name = "move_hugetlb_page_tables",
		.event = "clear",
		.about = "mremap of hugetlb",
	},
	{
		.name = "unmap_hugepage_range",
		.event = "clear",
		.about = "truncation or hole punching of hugetlbfs",
	},
	{
		.name = "hugetlb_wp",
		.event = "clear",
		.about = "copy on write of private hugetlb",
	},
	{
		.name = "hugetlb_change_protection",
		.event = "protection-vma",
		.about = "mprotect of hugetlb",
	},
	{
		.name = "hugetlb_unshare_pmds",
		.event = "clear",
		.about = "userfaultfd or a VMA split on shared hugetlb page tables",
	},
	{
		.name = "wp_clean_pre_vma",
		.event = "protection-page",
		.about = "vmwgfx dirty tracking",
		.unreached = "vmwgfx alone tracks what is dirty so, on its own device",
	},
	{
		.name = "__replace_page",
		.event = "clear",
		.about = "a uprobe is set or removed",
	},
	{
		.name = "clear_refs_write",
		.event = "soft-dirty",
		.about = "writing 4 to clear_refs",
	},
	{
		.name = "do_pagemap_scan",
		.event = "protection-vma",
		.about = "PAGEMAP_SCAN with PM_SCAN_WP_MATCHING",
	},
	{
		.name = "exit_mmap",
		.event = "release",
		.about = "the last user of the mm exits or execs",
	},
	{ .name = NULL }
};
