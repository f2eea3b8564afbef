/* SPDX-License-Identifier: GPL-2.0-only */
/* What a session is: for its report, and for what goes on with an earlier one. */
#ifndef SM_REPORT_HEAD_H
#define SM_REPORT_HEAD_H

#include <stdint.h>

struct sm_resume;

/**
 * struct sm_report_head - what a session is
 * @json: file for the results, or NULL
 * @journal: file for the journal; NULL: @json with ".jsonl" in place of ".json",
 *	or appended; none if there is no @json, or if that is not a file
 * @resume: go on with this journal, wherever it is; or NULL
 * @command: "run", "matrix" or "bench"
 * @argc: words of the command line, from the command on
 * @argv: these words
 * @seed: seed of the first run; the others are made from it
 * @tests: how many are planned
 * @plan: what they are, see sm_resume_plan()
 *
 * Nothing of it is needed any longer when sm_report_new() returns, but @resume.
 */
struct sm_report_head {
	const char *json;
	const char *journal;
	struct sm_resume *resume;
	const char *command;
	int argc;
	char **argv;
	uint64_t seed;
	unsigned int tests;
	uint64_t plan;
};

#endif /* SM_REPORT_HEAD_H */
