// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ops that the running kernel does not have. It is asked, and not its version:
 * distributions backport.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "engine.h"
#include "lacks.h"
#include "ops.h"
#include "tables.h"
#include "util.h"

#ifndef SYS_process_mrelease
#define SYS_process_mrelease	448
#endif

/**
 * struct lack - something that an op needs
 * @op: its name
 * @memory: mask of enum sm_memory on which it needs this
 * @has: does the kernel have it?
 * @advice: for has_advice()
 * @feature: for has_feature()
 * @why: what to say if it does not, where there is a module to say so
 */
struct lack {
	const char *op;
	unsigned int memory;
	bool (*has)(const struct lack *l);
	int advice;
	uint64_t feature;
	const char *why;
};

/* A kernel knows an advice iff it accepts it for no bytes at all. */
static bool has_advice(const struct lack *l)
{
	return !madvise(NULL, 0, l->advice);
}

/* MREMAP_DONTUNMAP was for private anonymous memory only, at first. */
static bool has_shared_dontunmap(const struct lack *l)
{
	void *from, *to;

	(void)l;
	from = mmap(NULL, SM_PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (from == MAP_FAILED)
		return true;
	to = mremap(from, SM_PAGE_SIZE, SM_PAGE_SIZE,
		    MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	munmap(from, SM_PAGE_SIZE);
	if (to == MAP_FAILED)
		return false;
	munmap(to, SM_PAGE_SIZE);
	return true;
}

static bool has_mrelease(const struct lack *l)
{
	(void)l;
	/* A kernel that knows the call knows that this is no descriptor. */
	return syscall(SYS_process_mrelease, -1, 0) < 0 && errno == EBADF;
}

static bool has_feature(const struct lack *l)
{
	const struct sm_ioc_query *q = sm_device_told();

	return q && (q->features & l->feature);
}

/* Without the module nobody is reaped. */
static bool has_judge(const struct lack *l)
{
	const struct sm_ioc_query *q = sm_device_told();

	return !q || !(q->features & SM_FEATURE_TOLD) || has_feature(l);
}

/* Who is reaped is stopped at his exit, by ptrace. */
static bool has_ptrace(const struct lack *l)
{
	char scope[16];

	(void)l;
	return sm_util_read_file("/proc/sys/kernel/yama/ptrace_scope", scope,
				 sizeof(scope)) <= 0 || scope[0] != '3';
}

static bool has_soft_dirty(const struct lack *l)
{
	(void)l;
	return sm_ops_soft_dirty_has();
}

static bool has_wp_scan(const struct lack *l)
{
	(void)l;
	return sm_ops_uffd_has_scan();
}

static bool has_uffd_wp(const struct lack *l)
{
	(void)l;
	return sm_ops_uffd_has_protect();
}

static bool has_uffd_move(const struct lack *l)
{
	(void)l;
	return sm_ops_uffd_has_move();
}

static bool has_nodes(const struct lack *l)
{
	(void)l;
	return sm_ops_node_has();
}

static bool has_disk(const struct lack *l)
{
	(void)l;
	return sm_arena_has_disk();
}

static const struct lack lacks[] = {
	{
		.op = "migrate-device",
		.memory = SM_MEM_ANY,
		.has = has_feature,
		.feature = SM_FEATURE_MIGRATE,
		.why = "no migrate_vma_setup() (Linux 6.1, CONFIG_ZONE_DEVICE)",
	},
	{
		.op = "exclusive",
		.memory = SM_MEM_ANY,
		.has = has_feature,
		.feature = SM_FEATURE_EXCLUSIVE,
		.why = "no make_device_exclusive() (Linux 6.15, CONFIG_DEVICE_PRIVATE)",
	},
	{
		.op = "msync",
		.memory = SM_MEM_ANY,
		.has = has_disk,
		.why = "no disk behind /var/tmp that can punch holes",
	},
	{
		.op = "soft-dirty",
		.memory = SM_MEM_ANY,
		.has = has_soft_dirty,
		.why = "no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)",
	},
	{
		.op = "wp-scan",
		.memory = SM_MEM_ANY,
		.has = has_wp_scan,
		.why = "no PAGEMAP_SCAN that protects (Linux 6.7, CONFIG_PTE_MARKER_UFFD_WP)",
	},
	{
		.op = "uffd-wp",
		.memory = SM_MEM_ANY,
		.has = has_uffd_wp,
		.why = "no userfaultfd that protects shmem (Linux 5.19, CONFIG_PTE_MARKER_UFFD_WP)",
	},
	{
		.op = "uffd-move",
		.memory = SM_MEM_ANY,
		.has = has_uffd_move,
		.why = "no UFFDIO_MOVE (Linux 6.8, CONFIG_USERFAULTFD)",
	},
	{
		.op = "move-node",
		.memory = SM_MEM_ANY,
		.has = has_nodes,
		.why = "no second NUMA node to move memory to",
	},
	{
		.op = "guard",
		.memory = SM_MEM_ANY,
		.has = has_advice,
		.advice = MADV_GUARD_INSTALL,
		.why = "no MADV_GUARD_INSTALL (Linux 6.13)",
	},
	{
		.op = SM_OPS_REAP,
		.memory = SM_MEM_ANY,
		.has = has_mrelease,
		.why = "no process_mrelease() (Linux 5.15)",
	},
	{
		.op = SM_OPS_REAP,
		.memory = SM_MEM_ANY,
		.has = has_ptrace,
		.why = "nobody may use ptrace (kernel.yama.ptrace_scope=3)",
	},
	{
		.op = SM_OPS_REAP,
		.memory = SM_MEM_ANY,
		.has = has_judge,
		.feature = SM_FEATURE_NONBLOCK,
		.why = "every lock is reported (CONFIG_PREEMPT_RT with CONFIG_DEBUG_ATOMIC_SLEEP)",
	},
	{
		.op = "populate-read",
		.memory = SM_MEM_ANY,
		.has = has_advice,
		.advice = MADV_POPULATE_READ,
		.why = "no MADV_POPULATE_READ (Linux 5.14)",
	},
	{
		.op = "populate-write",
		.memory = SM_MEM_ANY,
		.has = has_advice,
		.advice = MADV_POPULATE_WRITE,
		.why = "no MADV_POPULATE_WRITE (Linux 5.14)",
	},
	{
		.op = "mremap-dontunmap",
		.memory = SM_MEM_ANY & ~SM_MEM_ANY_ANON,
		.has = has_shared_dontunmap,
		.why = "no MREMAP_DONTUNMAP of shared memory (Linux 5.13)",
	},
	{
		.op = "thp-collapse",
		.memory = SM_MEM_ANY,
		.has = has_advice,
		.advice = MADV_COLLAPSE,
		.why = "no MADV_COLLAPSE (Linux 6.1, CONFIG_TRANSPARENT_HUGEPAGE)",
	},
};

static const char *lack_why(const struct lack *l)
{
	return l->feature && !sm_device_told() ?
		       SM_LACKS_MODULE :
		       l->why;
}

/*
 * sm_ops_lacks() - kinds of memory on which this kernel cannot do an op that
 * the op table says it works on; 0 if there are none
 * @why: what the kernel lacks
 */
unsigned int sm_ops_lacks(const struct sm_op *op, const char **why)
{
	unsigned int i, memory;

	for (i = 0; i < SM_ARRAY_SIZE(lacks); i++) {
		memory = lacks[i].memory & op->memory;
		if (strcmp(lacks[i].op, op->name) || !memory ||
		    lacks[i].has(&lacks[i]))
			continue;
		*why = lack_why(&lacks[i]);
		return memory;
	}
	return 0;
}

/*
 * sm_ops_choose() - leave out ops that are not for this backend. Is there one
 * left that this kernel can do on this memory?
 */
int sm_ops_choose(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	const char *why = "none";
	unsigned int row;
	bool any = false;

	for (row = 0; sm_ops[row].name; row++) {
		if (!sm_tables_op_of(&sm_ops[row], e->spec->backend))
			e->ops &= ~SM_BIT(row);
		if (!(e->ops >> row & 1))
			continue;
		any |= !!sm_ops[row].backend;
		e->lacks[row] = sm_ops_lacks(&sm_ops[row], &why);
		any |= sm_ops[row].memory & ~e->lacks[row] & e->spec->memory;
	}
	if (any)
		return 0;
	snprintf(r->reason, sizeof(r->reason),
		 "this kernel has none of the ops: %s", why);
	return -EOPNOTSUPP;
}
