// SPDX-License-Identifier: GPL-2.0-only
/* The list of families, and their order: a new one is a line here and in op.h. */
#include <stddef.h>

#include "op.h"
#include "table.h"

const struct sm_op *const sm_table[] = {
	sm_ops_map,
	sm_ops_advise,
	sm_ops_file,
	sm_ops_soft_dirty,
	sm_ops_age,
	sm_ops_uffd,
	sm_ops_uffd_serve,
	sm_ops_node,
	sm_ops_device,
	sm_ops_move,
	sm_ops_fork,
	sm_ops_thp,
	sm_ops_dirty,
	sm_ops_size,
	sm_ops_flags,
	sm_ops_outside,
	sm_ops_cgroup,
	sm_ops_text,
	sm_ops_ksm,
	sm_ops_machine,
	sm_ops_damon,
	sm_ops_unplug,
	NULL
};
