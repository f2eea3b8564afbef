// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts, of one run and of several, and the exit status that tells them. */
#include <string.h>

#include "member.h"
#include "status.h"

enum sm_verdict sm_status_overall(const struct sm_status_tally *t)
{
	if (t->nr[SM_FAIL])
		return SM_FAIL;
	if (t->nr[SM_BROKEN])
		return SM_BROKEN;
	if (t->nr[SM_INCOMPLETE])
		return SM_INCOMPLETE;
	if (t->nr[SM_TIMEOUT])
		return SM_TIMEOUT;
	return t->nr[SM_SKIP] && !t->nr[SM_PASS] ? SM_SKIP : SM_PASS;
}

int sm_status_exit(enum sm_verdict verdict)
{
	switch (verdict) {
	case SM_PASS:
		return SM_EXIT_PASS;
	case SM_FAIL:
		return SM_EXIT_FAIL;
	case SM_SKIP:
		return SM_EXIT_SKIP;
	case SM_TIMEOUT:
		return SM_EXIT_TIMEOUT;
	default:
		return SM_EXIT_BROKEN;
	}
}

enum sm_verdict sm_status_verdict(struct json_object *o)
{
	const char *name = sm_member_text(o, "verdict");
	enum sm_verdict v;

	for (v = SM_PASS; v <= SM_TIMEOUT; v++)
		if (!strcmp(sm_verdict_names[v], name))
			return v;
	return SM_BROKEN;
}
