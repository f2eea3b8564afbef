// SPDX-License-Identifier: GPL-2.0-only
/* What a test says of the driver: see outcome.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "member.h"
#include "outcome.h"
#include "status.h"

bool sm_outcome_is_proof(struct json_object *session, struct json_object *run)
{
	return !strcmp(sm_member_text(session, "command"), "matrix") &&
	       *sm_member_text(run, "defect");
}

enum sm_verdict sm_outcome_of_run(struct json_object *session,
				  struct json_object *run)
{
	enum sm_verdict v = sm_status_verdict(run);

	if (!sm_outcome_is_proof(session, run))
		return v;
	if (v == SM_FAIL)
		return SM_PASS;
	return v == SM_PASS ? SM_FAIL : v;
}

/* One that goes on has not come to its end either. */
static enum sm_verdict verdict_of_owed(struct json_object *session)
{
	enum sm_verdict v = sm_status_verdict(session);

	if (!sm_member_get(session, "end") || sm_member_get(session, "signal"))
		return SM_INCOMPLETE;
	return v == SM_FAIL ? SM_PASS : v;
}

static const char *why_owed(struct json_object *session)
{
	if (*sm_member_text(session, "reason"))
		return sm_member_text(session, "reason");
	if (!sm_member_get(session, "end"))
		return "the session has not come to its end";
	return "the session was stopped";
}

static bool any_is(struct json_object *session, enum sm_verdict v)
{
	struct json_object *runs;
	size_t i, nr;

	runs = sm_member_array(session, "runs", &nr);
	for (i = 0; i < nr; i++)
		if (sm_status_verdict(json_object_array_get_idx(runs, i)) == v)
			return true;
	return false;
}

enum sm_verdict sm_outcome_of_rest(struct json_object *session, char *why,
				   size_t size)
{
	uint64_t planned = sm_member_number(session, "tests");
	enum sm_verdict v = SM_PASS;
	size_t nr;

	why[0] = '\0';
	sm_member_array(session, "runs", &nr);
	if (planned > nr)
		v = verdict_of_owed(session);
	if (v != SM_PASS) {
		snprintf(why, size, "%" PRIu64 " of %" PRIu64 " tests were not run: %s",
			 planned - nr, planned, why_owed(session));
		return v;
	}
	/* A disk that was full, say: the tests do not tell of it. */
	if (!sm_member_get(session, "end") || any_is(session, SM_BROKEN) ||
	    sm_status_verdict(session) != SM_BROKEN)
		return SM_PASS;
	snprintf(why, size, "%s", *sm_member_text(session, "reason") ?
		 sm_member_text(session, "reason") :
		 "its results could not all be written");
	return SM_BROKEN;
}
