/* SPDX-License-Identifier: GPL-2.0-only */
/* What is asked of a matrix. */
#ifndef SM_MATRIX_OPTIONS_H
#define SM_MATRIX_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/set.h"
#include "options.h"

/**
 * struct sm_matrix_wanted - what was asked for
 * @options: what other commands have as well
 * @limit_ns: time in which a defect must be caught
 * @runs: runs per cell
 * @profiles: columns
 * @every_profile: they were not chosen one by one, so those that this kernel
 *	cannot do may be left out
 * @defects: rows
 * @every_defect: likewise, those that the storm cannot show
 */
struct sm_matrix_wanted {
	struct sm_options *options;
	uint64_t limit_ns;
	unsigned int runs;
	uint64_t profiles;
	bool every_profile;
	struct sm_set defects;
	bool every_defect;
};

/**
 * sm_matrix_parse() - parse the command line, or complain and exit
 * @w: filled in
 * @o: the same, of what other commands have as well; already initialised
 * @argc: number of arguments
 * @argv: arguments
 */
void sm_matrix_parse(struct sm_matrix_wanted *w, struct sm_options *o, int argc,
		     char **argv);

/**
 * sm_matrix_narrow() - leave out what this kernel, or the storm, cannot do
 * @w: what was asked for
 * @why: gets one line if a defect that was chosen cannot show
 * @size: room at @why
 *
 * Return: false if the command line is wrong.
 */
bool sm_matrix_narrow(struct sm_matrix_wanted *w, char *why, size_t size);

#endif /* SM_MATRIX_OPTIONS_H */
