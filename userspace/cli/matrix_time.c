// SPDX-License-Identifier: GPL-2.0-only
/* How long it took to find a defect, over all seeds. */
#include <errno.h>
#include <stdlib.h>

#include "matrix.h"
#include "util.h"

int sm_matrix_note(struct sm_cell *c, double seconds, double ops)
{
	struct sm_catch *times = realloc(c->times,
					 (c->caught + 1) * sizeof(*times));

	if (!times)
		return -ENOMEM;
	times[c->caught] = (struct sm_catch){ .seconds = seconds, .ops = ops };
	c->times = times;
	return 0;
}

static void pick(double *values, unsigned int nr, double *median, double *worst)
{
	*median = sm_util_median(values, nr);
	*worst = values[nr - 1];	/* they are sorted now */
}

unsigned int sm_matrix_median(const struct sm_cell *cells, unsigned int nr,
			      struct sm_catch *median, struct sm_catch *worst)
{
	unsigned int i, j, n = 0;
	double *seconds, *ops;

	for (i = 0; i < nr; i++)
		n += cells[i].caught;
	seconds = calloc(n ? n : 1, 2 * sizeof(*seconds));
	if (!seconds || !n) {
		free(seconds);
		return 0;
	}
	ops = seconds + n;
	for (i = 0, n = 0; i < nr; i++)
		for (j = 0; j < cells[i].caught; j++, n++) {
			seconds[n] = cells[i].times[j].seconds;
			ops[n] = cells[i].times[j].ops;
		}
	pick(seconds, n, &median->seconds, &worst->seconds);
	pick(ops, n, &median->ops, &worst->ops);
	free(seconds);
	return n;
}
