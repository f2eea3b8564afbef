// SPDX-License-Identifier: GPL-2.0-only
/* The sessions of a night of a history. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "history/compare.h"
#include "history/db.h"
#include "history/load.h"
#include "session/status.h"
#include "sessions.h"

static int complain(const char *what, const char *why, int status)
{
	fprintf(stderr, "stalemate: %s: %s\n", what, why);
	return status;
}

/* The first night of all is compared with none. */
static int compare(struct sm_sessions *s, struct sm_db *db,
		   const struct sm_db_night *b)
{
	struct sm_db_night a;
	int ret = sm_db_find_before(db, b, &a);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	s->compared = sm_compare_nights(db, &a, b);
	return s->compared ? 0 : -EIO;
}

static int load(struct sm_sessions *s, struct sm_db *db, const char *path,
		const char *name)
{
	struct sm_db_night night;
	int ret = sm_db_find_night(db, name, &night);

	if (ret == -ENOENT)
		return complain(name, "there is no such night in the history",
				SM_EXIT_USAGE);
	if (!ret)
		s->all = sm_load_night(db, &night);
	if (s->all && !compare(s, db, &night))
		return 0;
	return complain(path, sm_db_why(db), SM_EXIT_BROKEN);
}

int sm_sessions_of_night(struct sm_sessions *s, const char *path,
			 const char *night)
{
	struct sm_db *db;
	char why[256];
	int ret;

	memset(s, 0, sizeof(*s));
	db = sm_db_open(path, false, why, sizeof(why));
	if (!db)
		return complain(path, why, errno == EIO ? SM_EXIT_BROKEN :
							  SM_EXIT_USAGE);
	ret = load(s, db, path, night);
	if (ret)
		sm_sessions_close(s);
	sm_db_close(db);
	return ret;
}
