// SPDX-License-Identifier: GPL-2.0-only
/* The op table. */
#include <stddef.h>

#include "arena.h"
#include "ops.h"
#include "tables.h"

/*
 * Emitters go by their canonical names (see symbols.h), and stand here because
 * the op's own call reaches them: what brings a span into shape before the op
 * may fire others.
 */
const struct sm_op sm_ops[] = {
	{
		.name = "mmap-over",
		.class = "map",
		.about = "maps fresh memory over a mapping (MAP_FIXED)",
		.memory = SM_MEM_ANY,
		.emitters = { "unmap_vmas", NULL },
		.apply = sm_ops_map_over,
	},
	{
		.name = "munmap",
		.class = "unmap",
		.about = "unmaps",
		.memory = SM_MEM_ANY,
		.emitters = { "unmap_vmas", NULL },
		.apply = sm_ops_map_unmap,
	},
	{
		.name = "mprotect-none",
		.class = "protect",
		.about = "forbids all access",
		.memory = SM_MEM_ANY,
		.emitters = { "change_pud_range", NULL },
		.apply = sm_ops_map_forbid,
	},
	{
		.name = "mprotect-ro",
		.class = "protect",
		.about = "forbids writing",
		.memory = SM_MEM_ANY,
		.emitters = { "change_pud_range", NULL },
		.apply = sm_ops_map_read_only,
	},
	{
		.name = "mprotect-rw",
		.class = "protect",
		.about = "allows writing again",
		.memory = SM_MEM_ANY,
		.emitters = { "change_pud_range", NULL },
		.apply = sm_ops_map_allow,
	},
	{
		.name = "dontneed",
		.class = "advise",
		.about = "drops pages (MADV_DONTNEED)",
		.memory = SM_MEM_ANY,
		.emitters = { "zap_page_range_single", NULL },
		.apply = sm_ops_advise_dontneed,
	},
	{
		.name = "free",
		.class = "advise",
		.about = "lets the kernel drop pages when it likes (MADV_FREE)",
		.memory = SM_MEM_ANY_ANON,
		.emitters = { "madvise_free_single_vma", NULL },
		.apply = sm_ops_advise_free,
	},
	{
		.name = "pageout",
		.class = "advise",
		.about = "reclaims pages (MADV_PAGEOUT); needs swap",
		.memory = SM_MEM_ANY,
		.emitters = { "try_to_unmap_one", "try_to_migrate_one",
			      "__split_huge_pmd", NULL },
		.apply = sm_ops_advise_pageout,
	},
	{
		.name = "dirty",
		.class = "advise",
		.about = "has the device write to clean pages, then reclaims",
		.memory = SM_MEM_ANY_ANON,
		.emitters = { "madvise_free_single_vma", NULL },
		.apply = sm_ops_advise_dirty,
	},
	{
		.name = "remove",
		.class = "advise",
		.about = "punches a hole into the file (MADV_REMOVE)",
		.memory = SM_MEM_ANY_SHMEM,
		.emitters = { "zap_page_range_single", NULL },
		.apply = sm_ops_advise_remove,
	},
	{
		.name = "populate-read",
		.class = "advise",
		.about = "faults pages in for reading (MADV_POPULATE_READ)",
		.memory = SM_MEM_ANY,
		.silent = true,
		.apply = sm_ops_advise_read,
	},
	{
		.name = "populate-write",
		.class = "advise",
		.about = "replaces zero pages (MADV_POPULATE_WRITE)",
		.memory = SM_MEM_ANY_ANON,
		.emitters = { "wp_page_copy", "__split_huge_pmd",
			      "do_huge_zero_wp_pmd", NULL },
		.apply = sm_ops_advise_write,
	},
	{
		.name = "mremap-out",
		.class = "move",
		.about = "moves pages away and back",
		.memory = SM_MEM_ANY,
		.emitters = { "move_page_tables", NULL },
		.apply = sm_ops_move_out,
	},
	{
		.name = "mremap-over",
		.class = "move",
		.about = "moves other pages over a mapping",
		.memory = SM_MEM_ANY,
		.emitters = { "unmap_vmas", NULL },
		.apply = sm_ops_move_over,
	},
	{
		.name = "mremap-dontunmap",
		.class = "move",
		.about = "moves pages away and leaves the mapping empty",
		.memory = SM_MEM_ANY,
		.emitters = { "move_page_tables", NULL },
		.apply = sm_ops_move_away,
	},
	{
		.name = "fork-cow",
		.class = "fork",
		.about = "forks, and breaks copy-on-write in the parent",
		.memory = SM_MEM_ANY_ANON,
		.emitters = { "copy_page_range", "wp_page_copy", NULL },
		.apply = sm_ops_fork_cow,
	},
	{
		.name = "thp-fault",
		.class = "thp",
		.about = "drops a huge page and faults another in",
		.memory = SM_MEM_ANY_THP,
		.emitters = { "zap_page_range_single", NULL },
		.apply = sm_ops_thp_fault,
	},
	{
		.name = "thp-collapse",
		.class = "thp",
		.about = "makes a huge page of small ones (MADV_COLLAPSE)",
		.memory = SM_MEM_ANY_THP,
		.emitters = { "collapse_huge_page", "collapse_pte_mapped_thp",
			      "retract_page_tables", NULL },
		.apply = sm_ops_thp_collapse,
	},
	{
		.name = "thp-split",
		.class = "thp",
		.about = "changes a part of a huge page",
		.memory = SM_MEM_ANY_THP,
		.emitters = { "__split_huge_pmd", NULL },
		.apply = sm_ops_thp_split,
	},
	{
		.name = SM_OPS_EXIT,
		.class = "exit",
		.about = "a process dies while another holds its device file",
		.memory = SM_MEM_ANY,
		.emitters = { "exit_mmap", NULL },
	},
	{
		.name = SM_OPS_REAP,
		.class = "exit",
		.about = "a dying process is reaped (process_mrelease)",
		.memory = SM_MEM_ANY,
		.emitters = { "__oom_reap_task_mm", NULL },
	},
	{ .name = NULL }
};
