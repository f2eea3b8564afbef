// SPDX-License-Identifier: GPL-2.0-only
/* What a test says of the driver: see outcome.h. */
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
