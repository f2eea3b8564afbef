// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ops that the running kernel does not have. It is asked, and not its version:
 * distributions backport.
 */
#include <errno.h>
#include <linux/capability.h>
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

#define UFFD_SYSCTL	"/proc/sys/vm/unprivileged_userfaultfd"

#define PAGEMAP		"/proc/self/pagemap"

#define FORBIDDEN	"the system call is forbidden here, as by a container's filter"

/**
 * struct lack - something that an op needs
 * @op: its name
 * @memory: mask of enum sm_memory on which it needs this
 * @lacks: what is missing, or NULL; mostly, @why
 * @advice: for lacks_advice()
 * @feature: for lacks_feature()
 * @why: what to say if the kernel does not have it
 */
struct lack {
	const char *op;
	unsigned int memory;
	const char *(*lacks)(const struct lack *l);
	int advice;
	uint64_t feature;
	const char *why;
};

/* What the kernel has not is one thing, what it does not let us do another. */
static const char *lacks_why(const struct lack *l, int err,
			     const char *forbidden)
{
	if (!err)
		return NULL;
	return err == -EPERM || err == -EACCES ? forbidden : l->why;
}

/* A kernel knows an advice iff it accepts it for no bytes at all. */
static const char *lacks_advice(const struct lack *l)
{
	return lacks_why(l, madvise(NULL, 0, l->advice) ? -errno : 0,
			 FORBIDDEN);
}

/* MREMAP_DONTUNMAP was for private anonymous memory only, at first. */
static const char *lacks_shared_dontunmap(const struct lack *l)
{
	void *from, *to;

	from = mmap(NULL, SM_PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (from == MAP_FAILED)
		return NULL;
	to = mremap(from, SM_PAGE_SIZE, SM_PAGE_SIZE,
		    MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	munmap(from, SM_PAGE_SIZE);
	if (to == MAP_FAILED)
		return l->why;
	munmap(to, SM_PAGE_SIZE);
	return NULL;
}

static const char *lacks_mrelease(const struct lack *l)
{
	int err = syscall(SYS_process_mrelease, -1, 0) < 0 ? -errno : 0;

	/* A kernel that knows the call knows that this is no descriptor. */
	return lacks_why(l, err == -EBADF ? 0 : err, FORBIDDEN);
}

static const char *lacks_module(const struct lack *l)
{
	(void)l;
	return sm_device_told() ? NULL : SM_LACKS_MODULE;
}

static const char *lacks_feature(const struct lack *l)
{
	const struct sm_ioc_query *q = sm_device_told();

	if (!q)
		return SM_LACKS_MODULE;
	return q->features & l->feature ? NULL : l->why;
}

/* A module that is older than the feature does not tell. */
static const char *lacks_judge(const struct lack *l)
{
	const struct sm_ioc_query *q = sm_device_told();

	return q && (q->features & SM_FEATURE_TOLD) ? lacks_feature(l) : NULL;
}

/* Who is reaped is stopped at his exit, by ptrace. */
static const char *lacks_ptrace(const struct lack *l)
{
	char scope[16];

	return sm_util_read_file("/proc/sys/kernel/yama/ptrace_scope", scope,
				 sizeof(scope)) > 0 && scope[0] == '3' ?
		       l->why : NULL;
}

static const char *lacks_soft_dirty(const struct lack *l)
{
	return lacks_why(l, sm_ops_soft_dirty_try(),
			 "no permission to use /proc/self/pagemap and clear_refs");
}

/* CAP_SYS_PTRACE counts in the first user namespace alone. */
static bool uffd_is_privileged(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	unsigned int inside, outside, nr;
	char map[64];

	return !syscall(SYS_capget, &head, data) &&
	       (data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective &
		CAP_TO_MASK(CAP_SYS_PTRACE)) &&
	       sm_util_read_file("/proc/self/uid_map", map, sizeof(map)) > 0 &&
	       sscanf(map, "%u %u %u", &inside, &outside, &nr) == 3 &&
	       !inside && !outside && nr == UINT32_MAX;
}

/* Who may, and cannot, is kept from it by something else than the kernel's rule. */
static const char *uffd_why(const struct lack *l, int err)
{
	return lacks_why(l, err, sm_util_read_u64(UFFD_SYSCTL, 0) == 1 ||
				 uffd_is_privileged() ?
				 FORBIDDEN :
				 "userfaultfd is for root alone (CAP_SYS_PTRACE in the first user namespace, or vm.unprivileged_userfaultfd=1)");
}

static const char *lacks_pagemap(const struct lack *l)
{
	return !access(PAGEMAP, R_OK) || errno == ENOENT ? NULL : l->why;
}

static const char *lacks_wp_scan(const struct lack *l)
{
	return uffd_why(l, sm_ops_uffd_try_scan());
}

static const char *lacks_uffd_wp(const struct lack *l)
{
	return uffd_why(l, sm_ops_uffd_try_protect());
}

static const char *lacks_uffd_move(const struct lack *l)
{
	return uffd_why(l, sm_ops_uffd_try_move());
}

static const char *lacks_nodes(const struct lack *l)
{
	switch (sm_ops_node_try()) {
	case 0:
		return NULL;
	case -ENODEV:
		return l->why;
	case -EACCES:
		return "a cpuset keeps memory on one NUMA node";
	case -EPERM:
		return FORBIDDEN;
	default:
		return "no move_pages() (CONFIG_MIGRATION, CONFIG_NUMA)";
	}
}

static const char *lacks_disk(const struct lack *l)
{
	(void)l;
	return sm_arena_no_disk();
}

static const struct lack lacks[] = {
	{
		.op = "migrate-device",
		.memory = SM_MEM_ANY,
		.lacks = lacks_feature,
		.feature = SM_FEATURE_MIGRATE,
		.why = "no migrate_vma_setup() (Linux 6.1, CONFIG_ZONE_DEVICE)",
	},
	{
		.op = "exclusive",
		.memory = SM_MEM_ANY,
		.lacks = lacks_feature,
		.feature = SM_FEATURE_EXCLUSIVE,
		.why = "no make_device_exclusive() (Linux 6.15, CONFIG_DEVICE_PRIVATE)",
	},
	{
		.op = "msync",
		.memory = SM_MEM_ANY,
		.lacks = lacks_disk,
	},
	{
		.op = "soft-dirty",
		.memory = SM_MEM_ANY,
		.lacks = lacks_soft_dirty,
		.why = "no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)",
	},
	{
		.op = "wp-scan",
		.memory = SM_MEM_ANY,
		.lacks = lacks_pagemap,
		.why = "no permission to use " PAGEMAP,
	},
	{
		.op = "wp-scan",
		.memory = SM_MEM_ANY,
		.lacks = lacks_wp_scan,
		.why = "no PAGEMAP_SCAN that protects (Linux 6.7, CONFIG_PTE_MARKER_UFFD_WP)",
	},
	{
		.op = "uffd-wp",
		.memory = SM_MEM_ANY,
		.lacks = lacks_uffd_wp,
		.why = "no userfaultfd that protects shmem (Linux 5.19, CONFIG_PTE_MARKER_UFFD_WP)",
	},
	{
		.op = SM_OPS_UFFD_MOVE,
		.memory = SM_MEM_ANY,
		.lacks = lacks_uffd_move,
		.why = "no UFFDIO_MOVE (Linux 6.8, CONFIG_USERFAULTFD)",
	},
	{
		.op = "move-node",
		.memory = SM_MEM_ANY,
		.lacks = lacks_nodes,
		.why = "no second NUMA node to move memory to",
	},
	{
		.op = "guard",
		.memory = SM_MEM_ANY,
		.lacks = lacks_advice,
		.advice = MADV_GUARD_INSTALL,
		.why = "no MADV_GUARD_INSTALL (Linux 6.13)",
	},
	{
		.op = SM_OPS_EXIT,
		.memory = SM_MEM_ANY,
		.lacks = lacks_module,
	},
	{
		.op = SM_OPS_REAP,
		.memory = SM_MEM_ANY,
		.lacks = lacks_mrelease,
		.why = "no process_mrelease() (Linux 5.15)",
	},
	{
		.op = SM_OPS_REAP,
		.memory = SM_MEM_ANY,
		.lacks = lacks_ptrace,
		.why = "nobody may use ptrace (kernel.yama.ptrace_scope=3)",
	},
	{
		.op = SM_OPS_REAP,
		.memory = SM_MEM_ANY,
		.lacks = lacks_module,
	},
	{
		.op = SM_OPS_REAP,
		.memory = SM_MEM_ANY,
		.lacks = lacks_judge,
		.feature = SM_FEATURE_NONBLOCK,
		.why = "every lock is reported (CONFIG_PREEMPT_RT with CONFIG_DEBUG_ATOMIC_SLEEP)",
	},
	{
		.op = "populate-read",
		.memory = SM_MEM_ANY,
		.lacks = lacks_advice,
		.advice = MADV_POPULATE_READ,
		.why = "no MADV_POPULATE_READ (Linux 5.14)",
	},
	{
		.op = "populate-write",
		.memory = SM_MEM_ANY,
		.lacks = lacks_advice,
		.advice = MADV_POPULATE_WRITE,
		.why = "no MADV_POPULATE_WRITE (Linux 5.14)",
	},
	{
		.op = "mremap-dontunmap",
		.memory = SM_MEM_ANY & ~SM_MEM_ANY_ANON,
		.lacks = lacks_shared_dontunmap,
		.why = "no MREMAP_DONTUNMAP of shared memory (Linux 5.13)",
	},
	{
		.op = "thp-collapse",
		.memory = SM_MEM_ANY,
		.lacks = lacks_advice,
		.advice = MADV_COLLAPSE,
		.why = "no MADV_COLLAPSE (Linux 6.1, CONFIG_TRANSPARENT_HUGEPAGE)",
	},
};

/*
 * sm_ops_lacks() - kinds of memory on which this kernel cannot do an op that
 * the op table says it works on; 0 if there are none
 * @why: what the kernel lacks, or forbids
 */
unsigned int sm_ops_lacks(const struct sm_op *op, const char **why)
{
	unsigned int i, memory;
	const char *lack;

	for (i = 0; i < SM_ARRAY_SIZE(lacks); i++) {
		memory = lacks[i].memory & op->memory;
		if (strcmp(lacks[i].op, op->name) || !memory)
			continue;
		lack = lacks[i].lacks(&lacks[i]);
		if (!lack)
			continue;
		*why = lack;
		return memory;
	}
	return 0;
}

/*
 * Linux up to 6.12 splits a large folio to move a part of it, and tries again
 * for ever, with mmap_lock held, if somebody has a reference. Small pages of our
 * own may be part of one, too.
 */
static bool ops_hangs(const struct sm_run_spec *spec, const struct sm_op *op)
{
	unsigned int i;

	if (strcmp(op->name, SM_OPS_UFFD_MOVE))
		return false;
	for (i = 0; i < spec->nr_profiles; i++)
		if (sm_profiles[spec->profiles[i]].pinned)
			return true;
	return false;
}

/*
 * sm_ops_choose() - leave out ops that are not for this backend, or not for
 * these profiles. Is there one left that this kernel can do on this memory?
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
		if (ops_hangs(e->spec, &sm_ops[row])) {
			e->ops &= ~SM_BIT(row);
			why = "a profile pins pages, which UFFDIO_MOVE may try for ever";
			continue;
		}
		any |= !!sm_ops[row].backend;
		e->lacks[row] = sm_ops_lacks(&sm_ops[row], &why);
		any |= sm_ops[row].memory & ~e->lacks[row] & e->spec->memory;
	}
	if (any)
		return 0;
	snprintf(r->reason, sizeof(r->reason),
		 "this run has none of the ops: %s", why);
	return -EOPNOTSUPP;
}
