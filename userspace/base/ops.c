// SPDX-License-Identifier: GPL-2.0-only
/* The table of ops: see ops.h. */
#include <errno.h>

#include "ops.h"
#include "set.h"

_Static_assert(SM_MAX_OPS <= SM_SET_ROOM && SM_MAX_OPS <= UINT8_MAX,
	       "a row fits a struct sm_set, and with 1 added sm_model.last_op");

static struct sm_op ops[SM_MAX_OPS + 1];
static unsigned int ops_nr;

const struct sm_op *const sm_ops = ops;

int sm_ops_add(const struct sm_op *rows, size_t step)
{
	const char *row;

	for (row = (const char *)rows; ((const struct sm_op *)row)->name;
	     row += step) {
		if (ops_nr == SM_MAX_OPS)
			return -ENOSPC;
		ops[ops_nr++] = *(const struct sm_op *)row;
	}
	return 0;
}

unsigned int sm_ops_lacks(const struct sm_op *op, const char **why)
{
	const struct sm_need *n;
	unsigned int memory;
	const char *lack;

	for (n = op->needs; n < op->needs + SM_OPS_NEEDS && n->lacks; n++) {
		memory = n->memory ? n->memory & op->memory : op->memory;
		lack = memory ? n->lacks(n) : NULL;
		if (!lack)
			continue;
		*why = lack;
		return memory;
	}
	return 0;
}
