// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of a night: each cell of its table is what the history has; what got worse
 * is under "New" in the night in which it appears, and not after it was mended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/html.h"
#include "history/compare.h"
#include "history/db.h"
#include "history/import.h"
#include "history/load.h"
#include "session/member.h"
#include "stub_catalogue.h"

#define NOW	1800000000.0	/* 2027-01-15, 08:00 */

static struct sm_db *db;
static char why[256], *page;

static int set_up(void **state)
{
	(void)state;
	stub_catalogue();
	db = sm_db_open(":memory:", true, why, sizeof(why));
	return db ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	free(page);
	page = NULL;
	sm_db_close(db);
	return 0;
}

static struct json_object *run_new(const char *backend, const char *profile,
				   const char *verdict)
{
	static const char violation[] =
		"[{\"signature\": \"late\", \"oracle\": \"late\", \"gen\": 7,"
		" \"title\": \"<it> is late\", \"text\": \"used\", \"t_ns\": 5000,"
		" \"history\": [{\"t_ns\": 1000, \"gen\": 6, \"phase\": \"start\","
		" \"event\": \"unmap\", \"emitter\": \"unmap_vmas\"},"
		" {\"t_ns\": 2000, \"gen\": 8, \"phase\": \"end\"}]}]";
	struct json_object *run = json_object_new_object();
	char name[64];

	snprintf(name, sizeof(name), "%s.%s.storm", backend, profile);
	sm_member_string(run, "name", name);
	sm_member_string(run, "backend", backend);
	sm_member_string(run, "profile", profile);
	sm_member_string(run, "verdict", verdict);
	if (!strcmp(verdict, "fail"))
		json_object_object_add(run, "violations",
				       json_tokener_parse(violation));
	return run;
}

static void put(unsigned int night, const char *kernel, const char *verdict)
{
	struct json_object *root = json_object_new_object();
	struct json_object *runs = json_object_new_array();
	static unsigned int boot;
	struct sm_import import;
	char when[32];

	snprintf(when, sizeof(when), "2027-01-%02uT22:00:00.000Z", night);
	sm_member_string(root, "start", when);
	sm_member_u64(root, "boot_id", ++boot);
	sm_member_string(root, "kernel", kernel);
	sm_member_string(root, "host", "n&1");
	json_object_array_add(runs, run_new("mock", "kvm", verdict));
	json_object_array_add(runs, run_new("mock", "kvm", "pass"));
	json_object_array_add(runs, run_new("mock", "hmm+\"gru\"", "skip"));
	json_object_array_add(runs, run_new("verbs", "", "incomplete"));
	json_object_object_add(root, "runs", runs);
	assert_int_equal(sm_import_results(db, root, "j", NULL, NOW, &import), 0);
	json_object_put(root);
}

static void render(const char *name)
{
	struct json_object *sessions, *compared = NULL;
	struct sm_db_night night, before;
	size_t size;
	FILE *f;

	assert_int_equal(sm_db_find_night(db, name, &night), 0);
	sessions = sm_load_night(db, &night);
	assert_non_null(sessions);
	if (!sm_db_find_before(db, &night, &before))
		compared = sm_compare_nights(db, &before, &night);
	free(page);
	f = open_memstream(&page, &size);
	sm_html_print(f, sessions, compared);
	fclose(f);
	json_object_put(sessions);
	json_object_put(compared);
}

/* --- a parser of our own, of what our own page has */

/* The value of an attribute of the element at @p, without entities. */
static void attribute(const char *p, const char *name, char *value, size_t size)
{
	static const char *const entities[][2] = {
		{ "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" },
	};
	char word[32];
	size_t i, len = 0;

	snprintf(word, sizeof(word), " data-%s=\"", name);
	p = strstr(p, word);
	assert_non_null(p);
	for (p += strlen(word); *p != '"'; len++) {
		assert_true(len < size - 1);
		for (i = 0; i < 4; i++)
			if (!strncmp(p, entities[i][0], strlen(entities[i][0])))
				break;
		value[len] = i < 4 ? *entities[i][1] : *p;
		p += i < 4 ? strlen(entities[i][0]) : 1;
	}
	value[len] = '\0';
}

static const char *find_cell(sqlite3_stmt *s)
{
	static const char *const keys[] = { "place", "kernel", "backend", "profile" };
	char value[64];
	const char *p;
	unsigned int i;

	for (p = strstr(page, "<td class="); p; p = strstr(p + 1, "<td class=")) {
		for (i = 0; i < 4; i++) {
			attribute(p, keys[i], value, sizeof(value));
			if (strcmp(value, sm_db_text(s, i)))
				break;
		}
		if (i == 4)
			return p;
	}
	fail_msg("no cell for %s on %s", sm_db_text(s, 2), sm_db_text(s, 1));
	return NULL;
}

static unsigned int count(const char *what)
{
	unsigned int nr = 0;
	const char *p;

	for (p = strstr(page, what); p; p = strstr(p + 1, what))
		nr++;
	return nr;
}

static void cells_are_what_the_history_has(void **state)
{
	static const char *const kinds[] = { "pass", "fail", "skip", "other" };
	unsigned int cells = 0, i;
	sqlite3_stmt *s;
	char value[64];
	const char *p;

	(void)state;
	put(1, "6.12.95", "fail");
	put(1, "6.1.7", "pass");
	put(1, "6.12.95", "timeout");
	put(2, "6.12.95", "pass");
	render("previous");
	s = sm_db_prepare(db, "SELECT c.place, r.kernel, c.backend, c.profile,"
		" sum(t.verdict = 'pass'), sum(t.verdict = 'fail'),"
		" sum(t.verdict = 'skip'),"
		" sum(t.verdict NOT IN ('pass', 'fail', 'skip'))"
		" FROM test t JOIN cell c ON c.id = t.cell JOIN run r ON r.id = t.run"
		" JOIN night n ON n.id = r.night WHERE n.name = '2027-01-01'"
		" GROUP BY c.place, r.kernel, c.backend, c.profile", "");
	for (; sqlite3_step(s) == SQLITE_ROW; cells++) {
		p = find_cell(s);
		for (i = 0; i < 4; i++) {
			attribute(p, kinds[i], value, sizeof(value));
			assert_string_equal(value, sm_db_text(s, 4 + i));
		}
	}
	sqlite3_finalize(s);
	assert_int_equal(cells, 6);
	assert_int_equal(count("<td class="), cells);
}

/* --- what got worse */

static bool is_under(const char *section, const char *what)
{
	char id[32];
	const char *p, *end;

	snprintf(id, sizeof(id), "<h2 id=\"%s\"", section);
	p = strstr(page, id);
	assert_non_null(p);
	end = strstr(p + 1, "<h2 ");
	p = strstr(p, what);
	return p && (!end || p < end);
}

#define LATE	"data-signature=\"late\""

static void a_regression_is_on_top_until_it_is_mended(void **state)
{
	(void)state;
	put(1, "6.12.95", "pass");
	render("latest");
	assert_true(is_under("new", "Not compared"));
	put(2, "6.12.96", "fail");
	put(2, "6.12.96", "fail");
	/* Each of these has one that passes: what comes and goes is another matter. */
	sm_db_do(db, "DELETE FROM test WHERE verdict = 'pass' AND run > 1");
	render("latest");
	assert_true(is_under("new", "data-state=\"new\" " LATE));
	assert_true(is_under("new", "&lt;it&gt; is late"));
	put(3, "6.12.97", "pass");
	render("latest");
	assert_false(is_under("new", LATE));
	assert_true(is_under("known", "data-state=\"gone\" " LATE));
}

static void a_violation_has_two_columns(void **state)
{
	const char *unmap, *installed, *end, *found;

	(void)state;
	put(1, "6.12.95", "fail");
	render("latest");
	assert_true(is_under("violations", "<th>process</th><th>device</th>"));
	unmap = strstr(page, "<td>-4.000 us</td><td>start unmap");
	installed = strstr(page, "<td></td><td>installed the entry (generation 7)");
	end = strstr(page, "<td>-3.000 us</td><td>end ");
	found = strstr(page, "<td>+0.000 us</td><td></td><td><b>late: used");
	assert_non_null(unmap);
	assert_true(unmap < installed && installed < end && end < found);
}

static void the_page_needs_nothing_else(void **state)
{
	(void)state;
	put(1, "6.12.95", "fail");
	render("latest");
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "src=\""));
	assert_null(strstr(page, "href="));
	assert_null(strstr(page, "<it>"));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cells_are_what_the_history_has),
		TEST(a_regression_is_on_top_until_it_is_mended),
		TEST(a_violation_has_two_columns),
		TEST(the_page_needs_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
