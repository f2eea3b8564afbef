// SPDX-License-Identifier: GPL-2.0-only
/* Rows of the op table that release.c applies. */
#include "actor.h"
#include "base/ops.h"
#include "gib.h"
#include "memory/source.h"
#include "module/needs.h"
#include "reap.h"
#include "starve.h"
#include "uapi/stalemate.h"
#include "wire.h"

#define EVERY_LOCK \
	"every lock is reported (CONFIG_PREEMPT_RT with CONFIG_DEBUG_ATOMIC_SLEEP)"

const struct sm_op sm_release_ops[] = {
	{
		.name = SM_OPS_EXIT,
		.class = "exit",
		.about = "a process dies while another holds its device file",
		.memory = SM_MEM_ANY_PAGES,
		.needs_root = true,
		.emitters = { "exit_mmap", NULL },
		.needs = { { .lacks = sm_needs_module } },
	},
	{
		.name = SM_OPS_KILL,
		.class = "exit",
		.about = "a process is killed in the middle of a device fault",
		.memory = SM_MEM_ANY_PAGES,
		.rare = true,
		.needs_root = true,
		.emitters = { "exit_mmap", NULL },
		.needs = { { .lacks = sm_needs_module } },
	},
	{
		.name = SM_OPS_EXEC,
		.class = "exit",
		.about = "a process becomes another program while another holds its file",
		.memory = SM_MEM_ANY_PAGES,
		.rare = true,
		.needs_root = true,
		.emitters = { "exit_mmap", NULL },
		.needs = { {
			.lacks = sm_needs_tracer,
		}, {
			.lacks = sm_needs_module,
		} },
	},
	{
		.name = SM_OPS_BRK,
		.class = "exit",
		.about = "the heap of a process becomes smaller and larger (brk)",
		.memory = SM_MEM_ANY_PAGES,
		.rare = true,
		.needs_root = true,
		.emitters = { "unmap_vmas", NULL },
		.needs = { { .lacks = sm_needs_module } },
	},
	{
		.name = SM_OPS_PART,
		.class = "exit",
		.about = "a mapping of shared hugetlb gets a page table of its own",
		.memory = SM_MEM_ANY_PAGES | SM_MEM_HUGETLB_2M,
		.rare = true,
		.needs_root = true,
		.emitters = { "hugetlb_unshare_pmds", NULL },
		.needs = { {
			.lacks = sm_gib_lacks,
		}, {
			.lacks = sm_needs_module,
		} },
	},
	{
		.name = SM_OPS_REAP,
		.class = "exit",
		.about = "a dying process is reaped (process_mrelease)",
		.memory = SM_MEM_ANY_PAGES,
		.needs_root = true,
		.emitters = { "__oom_reap_task_mm", NULL },
		.needs = { {
			.lacks = sm_reap_lacks,
			.why = "no process_mrelease() (Linux 5.15)",
		}, {
			.lacks = sm_needs_tracer,
		}, {
			.lacks = sm_needs_module,
		}, {
			.lacks = sm_needs_told,
			.feature = SM_FEATURE_NONBLOCK,
			.why = EVERY_LOCK,
		} },
	},
	{
		.name = SM_OPS_OOM,
		.class = "exit",
		.about = "a process is killed for want of memory, and reaped",
		.memory = SM_MEM_ANY_PAGES,
		.rare = true,
		.needs_root = true,
		.cgroup = true,
		.emitters = { "__oom_reap_task_mm", "exit_mmap", NULL },
		.needs = { {
			.lacks = sm_needs_cgroup,
		}, {
			.lacks = sm_needs_tracer,
		}, {
			.lacks = sm_needs_module,
		}, {
			.lacks = sm_needs_told,
			.feature = SM_FEATURE_NONBLOCK,
			.why = EVERY_LOCK,
		}, {
			.lacks = sm_starve_lacks,
		} },
	},
	{ .name = NULL }
};
