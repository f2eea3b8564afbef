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

/*
 * One that goes on has not come to its end either; one that has, with a finding, lacks
 * them as they could not be written down.
 */
static enum sm_verdict verdict_of_owed(struct json_object *session)
{
	enum sm_verdict v = sm_status_verdict(session);

	if (!sm_member_get(session, "end") || sm_member_get(session, "signal"))
		return SM_INCOMPLETE;
	return v == SM_FAIL ? SM_BROKEN : v;
}

static const char *reason_or(struct json_object *session, const char *other)
{
	const char *reason = sm_member_text(session, "reason");

	return *reason ? reason : other;
}

static const char *why_owed(struct json_object *session)
{
	if (!sm_member_get(session, "end"))
		return reason_or(session, "the session has not come to its end");
	if (sm_member_get(session, "signal"))
		return reason_or(session, "the session was stopped");
	return reason_or(session, "");
}

static void tell_owed(struct json_object *session, uint64_t owed,
		      uint64_t planned, char *why, size_t size)
{
	const char *reason = why_owed(session);

	snprintf(why, size, "%" PRIu64 " of %" PRIu64 " tests were not run%s%s",
		 owed, planned,
		 *reason ? ": " : ", or their results could not be written",
		 reason);
}

/* A matrix or a benchmark that was refused has planned no tests. */
static bool has_nothing(struct json_object *session)
{
	size_t runs, scores;

	sm_member_array(session, "runs", &runs);
	sm_member_array(session, "bench", &scores);
	return !runs && !scores;
}

static bool any_is(struct json_object *session, const char *list,
		   enum sm_verdict v)
{
	struct json_object *a;
	size_t i, nr;

	a = sm_member_array(session, list, &nr);
	for (i = 0; i < nr; i++)
		if (sm_status_verdict(json_object_array_get_idx(a, i)) == v)
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
		tell_owed(session, planned - nr, planned, why, size);
		return v;
	}
	if (!sm_member_get(session, "end"))
		return SM_PASS;
	v = sm_status_verdict(session);
	if (v != SM_PASS && has_nothing(session)) {
		snprintf(why, size, "%s", reason_or(session, "nothing was run"));
		return v;
	}
	/* A disk that was full, say: the tests do not tell of it. */
	if (v != SM_BROKEN || any_is(session, "runs", SM_BROKEN) ||
	    any_is(session, "bench", SM_BROKEN))
		return SM_PASS;
	snprintf(why, size, "%s",
		 reason_or(session, "its results could not all be written"));
	return SM_BROKEN;
}
