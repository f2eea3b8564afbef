// SPDX-License-Identifier: GPL-2.0-only
/* The sessions that a report is made of: of a journal, or a folder. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "session/journals.h"
#include "session/status.h"
#include "sessions.h"

static int add(void *arg, const char *path, struct json_object *root, bool cut)
{
	struct sm_sessions *s = arg;

	(void)path;
	(void)cut;
	json_object_array_add(s->all, json_object_get(root));
	return 0;
}

int sm_sessions_of_journals(struct sm_sessions *s, const char *path)
{
	unsigned int unread = 0;
	int ret;

	memset(s, 0, sizeof(*s));
	s->all = json_object_new_array();
	ret = sm_journals_each(false, path, add, s, &unread);
	if (unread)
		s->status = SM_EXIT_USAGE;
	if (json_object_array_length(s->all))
		return 0;
	if (ret)
		fprintf(stderr, "stalemate: %s: %s\n", path,
			access(path, F_OK) ? strerror(errno) :
					     "there is no journal");
	sm_sessions_close(s);
	return SM_EXIT_USAGE;
}

void sm_sessions_close(struct sm_sessions *s)
{
	json_object_put(s->all);
	json_object_put(s->compared);
	s->all = NULL;
	s->compared = NULL;
}
