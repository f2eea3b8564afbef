// SPDX-License-Identifier: GPL-2.0-only
/* The list of families, and their order. */
#include <errno.h>
#include <string.h>

#include "map.h"
#include "op.h"
#include "table.h"

const struct sm_op *const gnt_table[] = {
	&gnt_ops[0].op,
	&gnt_grants[0].op,
	&gnt_child[0].op,
	&gnt_known[0].op,
	NULL
};

static const struct gnt_op *table_find(const char *name)
{
	const struct sm_op *const *family;
	const struct gnt_op *row;

	for (family = gnt_table; *family; family++)
		for (row = (const struct gnt_op *)*family; row->op.name; row++)
			if (!strcmp(row->op.name, name))
				return row;
	return NULL;
}

/* gnt_table_apply() - one op, on a random map that has something mapped. */
int gnt_table_apply(struct gnt_thread *g, const char *name)
{
	struct gnt_map *m = &g->map[sm_rng_below(&g->rng, GNT_SLOTS)];
	const struct gnt_op *row = table_find(name);
	int err = 0;

	if (!gnt_map_alive(m) || sm_rng_one_in(&g->rng, 16)) {
		err = gnt_map_clear(g, m);
		if (!err)
			err = gnt_map_make(g, m);
	}
	if (err)
		return err;
	return row ? row->apply(g, m) : -ENOENT;
}
