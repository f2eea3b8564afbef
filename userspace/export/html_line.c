// SPDX-License-Identifier: GPL-2.0-only
/* The time line of a violation: see html_line.h. */
#include <inttypes.h>
#include <stdbool.h>

#include "base/util.h"
#include "html_line.h"
#include "markup.h"
#include "session/member.h"

/**
 * struct line - a time line that is printed
 * @f: where to
 * @v: the violation
 * @t: when it was found, ns
 * @gen: generation in which the entry was installed; 0: not known, or said
 */
struct line {
	FILE *f;
	struct json_object *v;
	uint64_t t;
	uint64_t gen;
};

/* Times are told from the violation, which is at 0. */
static void put_time(const struct line *l, uint64_t t)
{
	fprintf(l->f, "<tr><td>%+.3f us</td>", ((double)t - l->t) / 1000);
}

static void put_device(const struct line *l, const char *text)
{
	fputs("<td></td><td>", l->f);
	sm_markup_text(l->f, text);
	fputs("</td></tr>\n", l->f);
}

static void put_installed(struct line *l)
{
	char text[96];

	if (!l->gen)
		return;
	snprintf(text, sizeof(text), "installed the entry (generation %" PRIu64 ")",
		 l->gen);
	fputs("<tr><td></td>", l->f);
	put_device(l, text);
	l->gen = 0;
}

static void put_record(struct line *l, struct json_object *r)
{
	static const char *const keys[] = { "phase", "event", "start", "end", "emitter" };
	unsigned int i;

	/* Generations count events: what is older than the entry comes before it. */
	if (l->gen && sm_member_number(r, "gen") > l->gen)
		put_installed(l);
	put_time(l, sm_member_number(r, "t_ns"));
	fputs("<td>", l->f);
	for (i = 0; i < SM_ARRAY_SIZE(keys); i++) {
		sm_markup_text(l->f, sm_member_text(r, keys[i]));
		fputc(' ', l->f);
	}
	fprintf(l->f, "(task %" PRIu64 ", generation %" PRIu64 ")</td><td></td></tr>\n",
		sm_member_number(r, "tid"), sm_member_number(r, "gen"));
}

static void put_found(struct line *l)
{
	put_time(l, l->t);
	fputs("<td></td><td><b>", l->f);
	sm_markup_text(l->f, sm_member_text(l->v, "oracle"));
	fputs(": ", l->f);
	sm_markup_text(l->f, sm_member_text(l->v, "text"));
	fputs("</b></td></tr>\n", l->f);
}

void sm_html_line_print(FILE *f, struct json_object *v)
{
	struct line l = { .f = f, .v = v };
	struct json_object *history;
	bool found = false;
	size_t i, nr;

	history = sm_member_array(v, "history", &nr);
	if (!nr)
		return;
	l.t = sm_member_number(v, "t_ns");
	l.gen = sm_member_number(v, "gen");
	fputs("<table class=\"line\"><tr><th>time</th><th>process</th><th>device</th></tr>\n",
	      f);
	if (json_object_get_boolean(sm_member_get(v, "truncated")))
		fputs("<tr><td></td><td>(older events are lost)</td><td></td></tr>\n", f);
	for (i = 0; i < nr; i++) {
		struct json_object *r = json_object_array_get_idx(history, i);

		if (!found && sm_member_number(r, "t_ns") > l.t) {
			put_installed(&l);
			put_found(&l);
			found = true;
		}
		put_record(&l, r);
	}
	put_installed(&l);
	if (!found)
		put_found(&l);
	fputs("</table>\n", f);
}
