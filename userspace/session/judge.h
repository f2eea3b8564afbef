/* SPDX-License-Identifier: GPL-2.0-only */
/* The run that goes on, and what became of it. */
#ifndef SM_JUDGE_H
#define SM_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "groups.h"
#include "keeper.h"
#include "wire.h"

struct sm_session;

/**
 * struct session_run - the run that goes on
 * @s: its session
 * @spec: what is run
 * @wire: what is shared with the runner
 * @result: what came of it
 * @keeper: the runner
 * @groups: where it lives, if its ops want that
 * @test: its number in the report
 * @taken: findings taken from the runner
 * @own: complaints of the kernel
 * @first: the first finding was one of those
 * @first_ns: from the start of the storm until then
 * @first_ops: ops applied until then
 * @life: signs of life when last looked at
 * @lifeless: looks since they changed
 * @looked_ns: when that was
 * @shown_ns: when progress was shown
 * @hung: it was killed, as there were none
 * @cut: it was killed, as the user does not want to wait
 * @left: it could not be killed
 * @oom: it was, for want of memory
 */
struct session_run {
	struct sm_session *s;
	const struct sm_run_spec *spec;
	struct sm_wire *wire;
	struct sm_run_result *result;
	struct sm_keeper keeper;
	struct sm_groups groups;
	unsigned int test;
	unsigned int taken;
	uint64_t own;
	bool first;
	uint64_t first_ns;
	uint64_t first_ops;
	uint64_t life;
	unsigned int lifeless;
	uint64_t looked_ns;
	uint64_t shown_ns;
	bool hung;
	bool cut;
	bool left;
	bool oom;
};

unsigned int sm_judge_stage(const struct session_run *run);
void sm_judge_take(struct session_run *run);
void sm_judge_count(struct session_run *run);
void sm_judge_end(struct session_run *run);
void sm_judge_set(struct session_run *run, enum sm_verdict v, const char *fmt,
		  ...) __attribute__((format(printf, 3, 4)));

#endif /* SM_JUDGE_H */
