/* SPDX-License-Identifier: GPL-2.0-only */
/* A history for tests, and sessions to put into it. Included by one file per program. */
#ifndef SM_HISTORY_BED_H
#define SM_HISTORY_BED_H

#include <errno.h>

#include "history/db.h"
#include "history/import.h"
#include "scratch.h"
#include "session/member.h"

#define DAY	86400.0
#define NOW	1800000000.0	/* 2027-01-15, 08:00 */

static char file[SCRATCH_PATH], why[256];
static struct sm_db *db;
static double now;

static inline int start(void **state)
{
	(void)state;
	scratch_empty();
	scratch_path(file, "history.db");
	db = sm_db_open(file, true, why, sizeof(why));
	now = NOW;
	return db ? 0 : -1;
}

static inline int stop(void **state)
{
	(void)state;
	sm_db_close(db);
	db = NULL;
	return 0;
}

/* --- sessions */

/* Its tests, by letter: p passes, f fails by "late", g by "over", s skips, i is cut. */
static inline struct json_object *session(unsigned int night, const char *tests)
{
	static unsigned int number;
	struct json_object *root, *runs = json_object_new_array(), *run;
	char name[32], boot[16];
	const char *t;

	snprintf(name, sizeof(name), "2027-01-%02uT22:00:00.500Z", night);
	snprintf(boot, sizeof(boot), "boot %u", ++number);
	root = json_tokener_parse("{\"command\": \"run\", \"kernel\": \"6.12.95-amd64\","
				  " \"host\": \"n1\", \"seed\": 3}");
	sm_member_string(root, "start", name);
	sm_member_string(root, "boot_id", boot);
	sm_member_string(root, "verdict", "pass");
	for (t = tests; *t; t++) {
		run = json_tokener_parse("{\"backend\": \"mock\", \"profile\": \"kvm\","
					 " \"seed\": 18446744073709551615}");
		snprintf(name, sizeof(name), "mock.kvm.%u", (unsigned int)(t - tests));
		sm_member_string(run, "name", name);
		sm_member_string(run, "verdict", *t == 'p' ? "pass" :
				 *t == 's' ? "skip" : *t == 'i' ? "incomplete" : "fail");
		if (*t == 'f' || *t == 'g')
			json_object_object_add(run, "violations",
				json_tokener_parse(*t == 'f' ?
					"[{\"signature\": \"late\", \"title\": \"it is late\"}]" :
					"[{\"signature\": \"over\", \"title\": \"too much\"}]"));
		json_object_array_add(runs, run);
	}
	json_object_object_add(root, "runs", runs);
	return root;
}

static inline struct sm_import put(struct json_object *root)
{
	struct sm_import import;

	if (sm_import_results(db, root, "j", NULL, now, &import))
		fail_msg("cannot import: %s", sm_db_why(db));
	return import;
}

static inline void night(unsigned int number, const char *tests)
{
	struct json_object *root = session(number, tests);

	now = NOW + number * DAY;
	assert_int_equal(put(root).notes, 0);
	json_object_put(root);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, start, stop)

#endif /* SM_HISTORY_BED_H */
