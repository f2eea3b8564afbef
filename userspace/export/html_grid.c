// SPDX-License-Identifier: GPL-2.0-only
/* The table of a page: see html_grid.h. */
#include <stdlib.h>
#include <string.h>

#include "html_grid.h"
#include "markup.h"
#include "session/member.h"
#include "session/outcome.h"
#include "session/place.h"

/**
 * enum kind - what tests of a cell are told apart by
 * @PASS: passed
 * @FAIL: found something
 * @SKIP: could not run
 * @OTHER: came to no verdict
 * @KINDS: number of these
 */
enum kind { PASS, FAIL, SKIP, OTHER, KINDS };

static const char *const kinds[KINDS] = { "pass", "fail", "skip", "other" };

/**
 * struct cell - tests of a backend and profile, in a place, on a kernel
 * @backend: the backend
 * @profile: its profiles, or ""
 * @place: where
 * @kernel: its release
 * @nr: how many tests, by kind
 */
struct cell {
	const char *backend;
	const char *profile;
	char place[SM_PLACE];
	const char *kernel;
	unsigned int nr[KINDS];
};

struct grid {
	struct cell *cells;
	size_t nr;
};

static enum kind kind_of(enum sm_verdict v)
{
	switch (v) {
	case SM_PASS:
		return PASS;
	case SM_FAIL:
		return FAIL;
	case SM_SKIP:
		return SKIP;
	default:
		return OTHER;
	}
}

const char *sm_html_grid_class(enum sm_verdict v)
{
	return kinds[kind_of(v)];
}

static int compare_rows(const struct cell *a, const struct cell *b)
{
	int order = strcmp(a->backend, b->backend);

	return order ? order : strcmp(a->profile, b->profile);
}

static int compare_columns(const struct cell *a, const struct cell *b)
{
	int order = strcmp(a->place, b->place);

	return order ? order : strcmp(a->kernel, b->kernel);
}

static int compare_cells(const void *a, const void *b)
{
	int order = compare_rows(a, b);

	return order ? order : compare_columns(a, b);
}

static int by_column(const void *a, const void *b)
{
	return compare_columns(a, b);
}

static void count(struct grid *g, const struct cell *like, enum kind kind)
{
	struct cell *cells;
	size_t i;

	for (i = 0; i < g->nr; i++)
		if (!compare_cells(&g->cells[i], like))
			break;
	if (i == g->nr) {
		cells = reallocarray(g->cells, g->nr + 1, sizeof(*cells));
		if (!cells)
			return;
		g->cells = cells;
		g->cells[g->nr++] = *like;
	}
	g->cells[i].nr[kind]++;
}

static void count_session(struct grid *g, struct json_object *session)
{
	struct json_object *runs, *run;
	size_t i, nr;

	runs = sm_member_array(session, "runs", &nr);
	for (i = 0; i < nr; i++) {
		struct cell like = { .kernel = sm_member_text(session, "kernel") };

		run = json_object_array_get_idx(runs, i);
		like.backend = sm_member_text(run, "backend");
		like.profile = sm_member_text(run, "profile");
		sm_place_of_session(session, like.place, sizeof(like.place));
		count(g, &like, kind_of(sm_outcome_of_run(session, run)));
	}
}

static void put_attribute(FILE *f, const char *name, const char *value)
{
	fprintf(f, " data-%s=\"", name);
	sm_markup_text(f, value);
	fputc('"', f);
}

/* The worst of a cell is its colour. */
static void put_cell(FILE *f, const struct cell *c)
{
	static const enum kind worst[] = { FAIL, OTHER, PASS, SKIP };
	unsigned int i = 0, k;

	while (!c->nr[worst[i]])
		i++;
	fprintf(f, "<td class=\"%s\"", kinds[worst[i]]);
	put_attribute(f, "backend", c->backend);
	put_attribute(f, "profile", c->profile);
	put_attribute(f, "place", c->place);
	put_attribute(f, "kernel", c->kernel);
	for (k = 0; k < KINDS; k++)
		fprintf(f, " data-%s=\"%u\"", kinds[k], c->nr[k]);
	fputc('>', f);
	for (k = 0; k < KINDS; k++)
		if (c->nr[k])
			fprintf(f, "%u %s ", c->nr[k], kinds[k]);
	fputs("</td>", f);
}

/* One cell of each column; @column has as many as there are. */
static size_t find_columns(const struct grid *g, struct cell *column)
{
	size_t i, nr = 0;

	memcpy(column, g->cells, g->nr * sizeof(*column));
	qsort(column, g->nr, sizeof(*column), by_column);
	for (i = 0; i < g->nr; i++)
		if (!nr || compare_columns(&column[nr - 1], &column[i]))
			column[nr++] = column[i];
	return nr;
}

static void put_head(FILE *f, const struct cell *column, size_t nr)
{
	size_t i;

	fputs("<table id=\"cells\"><tr><th>backend</th><th>profile</th>", f);
	for (i = 0; i < nr; i++) {
		fputs("<th>", f);
		sm_markup_text(f, column[i].place);
		fputs("<br>", f);
		sm_markup_text(f, column[i].kernel);
		fputs("</th>", f);
	}
	fputs("</tr>\n", f);
}

static void put_row(FILE *f, const struct cell *first, const struct cell *end,
		    const struct cell *column, size_t nr)
{
	size_t i;

	fputs("<tr><th>", f);
	sm_markup_text(f, first->backend);
	fputs("</th><th>", f);
	sm_markup_text(f, first->profile);
	fputs("</th>", f);
	for (i = 0; i < nr; i++) {
		if (first < end && !compare_columns(first, &column[i]))
			put_cell(f, first++);
		else
			fputs("<td></td>", f);
	}
	fputs("</tr>\n", f);
}

static void print(FILE *f, const struct grid *g)
{
	struct cell *column = calloc(g->nr + 1, sizeof(*column));
	size_t nr, i, end;

	if (!column)
		return;
	qsort(g->cells, g->nr, sizeof(*g->cells), compare_cells);
	nr = find_columns(g, column);
	put_head(f, column, nr);
	for (i = 0; i < g->nr; i = end) {
		for (end = i + 1; end < g->nr; end++)
			if (compare_rows(&g->cells[i], &g->cells[end]))
				break;
		put_row(f, &g->cells[i], &g->cells[end], column, nr);
	}
	fputs("</table>\n", f);
	free(column);
}

void sm_html_grid_print(FILE *f, struct json_object *sessions)
{
	struct grid g = { NULL, 0 };
	size_t i;

	for (i = 0; i < json_object_array_length(sessions); i++)
		count_session(&g, json_object_array_get_idx(sessions, i));
	if (g.nr)
		print(f, &g);
	free(g.cells);
}
