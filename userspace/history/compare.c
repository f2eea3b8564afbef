// SPDX-License-Identifier: GPL-2.0-only
/* What got worse from one night to another: see compare.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "db.h"
#include "past.h"
#include "session/member.h"

enum state { NEW, ONCE, FLAKY, GONE, NOT_RUN, SAME, STATES };

static const char *const words[STATES] = {
	[NEW] = "new",
	[ONCE] = "once",
	[FLAKY] = "flaky",
	[GONE] = "gone",
	[NOT_RUN] = "not-run",
	[SAME] = "same",
};

/**
 * struct compare - two nights
 * @db: the history
 * @a: the one before
 * @b: the one after
 * @found: objects, by state
 */
struct compare {
	struct sm_db *db;
	const struct sm_db_night *a;
	const struct sm_db_night *b;
	struct json_object *found[STATES];
};

static enum state state_of(const struct sm_past *p)
{
	/* Whatever it did before: it came, and was there again. */
	if (p->bad_b && p->streak >= 2 && p->streak_a < 2)
		return NEW;
	if (p->flaky)
		return FLAKY;
	if (!p->bad_b)
		return p->good_b ? GONE : NOT_RUN;
	return p->streak < 2 ? ONCE : SAME;
}

static void put_night(struct json_object *o, const char *key,
		      const struct sm_past_place *p)
{
	struct json_object *night;

	if (!p->night[0]) {
		json_object_object_add(o, key, NULL);
		return;
	}
	night = json_object_new_object();
	sm_member_string(night, "night", p->night);
	sm_member_string(night, "kernel", p->kernel);
	sm_member_string(night, "host", p->host);
	json_object_object_add(o, key, night);
}

/* What is known of a signature, wherever it was. */
static int put_signature(struct compare *c, struct json_object *o,
			 const char *signature)
{
	sqlite3_stmt *s;
	int ret = -EIO;

	s = sm_db_prepare(c->db, "SELECT oracle, kind, title, first_night FROM"
			  " signature WHERE signature = ?1", "s", signature);
	if (s && sqlite3_step(s) == SQLITE_ROW) {
		sm_member_string(o, "signature", signature);
		sm_member_string(o, "oracle", sm_db_text(s, 0));
		sm_member_string(o, "kind", sm_db_text(s, 1));
		sm_member_string(o, "title", sm_db_text(s, 2));
		sm_member_string(o, "known_since", sm_db_text(s, 3));
		ret = 0;
	}
	sqlite3_finalize(s);
	return ret;
}

static int compare_one(struct compare *c, int64_t cell, const char *signature)
{
	struct json_object *o = json_object_new_object();
	enum state state;
	struct sm_past p;
	int ret;

	ret = sm_past_look(c->db, cell, signature, c->a, c->b, &p);
	if (!ret)
		ret = put_signature(c, o, signature);
	if (ret) {
		json_object_put(o);
		return ret;
	}
	state = state_of(&p);
	sm_member_string(o, "state", words[state]);
	sm_member_string(o, "test", p.test);
	sm_member_string(o, "place", p.place);
	sm_member_string(o, "kernel", p.last.kernel);
	sm_member_string(o, "host", p.last.host);
	put_night(o, "first_seen", &p.first);
	put_night(o, "last_seen", &p.last);
	put_night(o, "last_good", &p.good);
	sm_member_u64(o, "bad", p.bad);
	sm_member_u64(o, "decided", p.decided);
	ret = sm_past_put_run(c->db, p.last.test, signature, o);
	json_object_array_add(c->found[state], o);
	return ret;
}

static int compare_all(struct compare *c)
{
	static const char pairs[] =
		"SELECT DISTINCT t.cell, v.signature, c.place, c.name FROM run r"
		" JOIN test t ON t.run = r.id JOIN violation v ON v.test = t.id"
		" JOIN cell c ON c.id = t.cell"
		" WHERE r.night IN (?1, ?2) ORDER BY c.place, c.name, v.signature";
	sqlite3_stmt *s;
	int ret;

	s = sm_db_prepare(c->db, pairs, "ii", c->a->id, c->b->id);
	if (!s)
		return -EIO;
	while ((ret = sqlite3_step(s)) == SQLITE_ROW) {
		ret = compare_one(c, sqlite3_column_int64(s, 0), sm_db_text(s, 1));
		if (ret)
			break;
	}
	sqlite3_finalize(s);
	return ret == SQLITE_DONE ? 0 : -EIO;
}

static struct json_object *join(struct compare *c)
{
	struct json_object *root = json_object_new_object();
	struct json_object *counts = json_object_new_object();
	struct json_object *all = json_object_new_array();
	unsigned int i;
	size_t j, nr;

	sm_member_string(root, "a", c->a->name);
	sm_member_string(root, "b", c->b->name);
	for (i = 0; i < STATES; i++) {
		nr = json_object_array_length(c->found[i]);
		sm_member_u64(counts, words[i], nr);
		for (j = 0; j < nr; j++)
			json_object_array_add(all,
				json_object_get(json_object_array_get_idx(c->found[i], j)));
	}
	json_object_object_add(root, "counts", counts);
	json_object_object_add(root, "findings", all);
	return root;
}

struct json_object *sm_compare_nights(struct sm_db *db,
				      const struct sm_db_night *a,
				      const struct sm_db_night *b)
{
	struct compare c = { .db = db, .a = a, .b = b };
	struct json_object *root = NULL;
	unsigned int i;

	for (i = 0; i < STATES; i++)
		c.found[i] = json_object_new_array();
	if (!compare_all(&c))
		root = join(&c);
	for (i = 0; i < STATES; i++)
		json_object_put(c.found[i]);
	return root;
}
