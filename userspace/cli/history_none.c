// SPDX-License-Identifier: GPL-2.0-only
/* What needs a history, in a program that was built without SQLite. */
#include <stdio.h>

#include "cli.h"
#include "session/status.h"
#include "sessions.h"

static int refuse(void)
{
	fprintf(stderr, "stalemate: no history: built without SQLite, see %s\n",
		"configure (apt-get install libsqlite3-dev)");
	return SM_EXIT_BROKEN;
}

int sm_history_command(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return refuse();
}

int sm_sessions_of_night(struct sm_sessions *s, const char *db,
			 const char *night)
{
	(void)s;
	(void)db;
	(void)night;
	return refuse();
}
