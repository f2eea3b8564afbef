// SPDX-License-Identifier: GPL-2.0-only
/* A command of the user's that is told of what got worse: see hook.h. */
#include <stdio.h>
#include <stdlib.h>

#include "history_show.h"
#include "hook.h"
#include "session/member.h"

static void set_number(const char *name, struct json_object *counts,
		       const char *key)
{
	char s[24];

	snprintf(s, sizeof(s), "%llu",
		 (unsigned long long)sm_member_number(counts, key));
	setenv(name, s, 1);
}

bool sm_hook_run(const char *command, struct json_object *compared)
{
	struct json_object *counts = sm_member_get(compared, "counts");
	FILE *f;

	setenv("STALEMATE_NIGHT_A", sm_member_text(compared, "a"), 1);
	setenv("STALEMATE_NIGHT_B", sm_member_text(compared, "b"), 1);
	set_number("STALEMATE_NEW", counts, "new");
	set_number("STALEMATE_ONCE", counts, "once");
	set_number("STALEMATE_GONE", counts, "gone");
	fflush(stdout);
	f = popen(command, "we");
	if (!f)
		return false;
	sm_history_show_compare(f, compared);
	return !pclose(f);
}
