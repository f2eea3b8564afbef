// SPDX-License-Identifier: GPL-2.0-only
/* The cells of a matrix. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "catalogue.h"
#include "cells.h"
#include "member.h"
#include "run_json.h"

static const struct {
	const char *name;
	enum sm_verdict verdict;
} outcomes[] = {
	[SM_NOT_APPLICABLE] = { "n-a", SM_PASS },
	[SM_SILENT] = { "silent", SM_PASS },
	[SM_CAUGHT] = { "caught", SM_PASS },
	[SM_MENDED] = { "mended", SM_PASS },
	[SM_CELL_SKIP] = { "skip", SM_SKIP },
	[SM_CELL_TIMEOUT] = { "timeout", SM_TIMEOUT },
	[SM_CELL_BROKEN] = { "broken", SM_BROKEN },
	[SM_MISSED] = { "missed", SM_FAIL },
	[SM_FALSE_ALARM] = { "false-alarm", SM_FAIL },
};

const char *sm_cells_outcome(enum sm_outcome outcome)
{
	return outcomes[outcome].name;
}

enum sm_verdict sm_cells_outcome_verdict(enum sm_outcome outcome)
{
	return outcomes[outcome].verdict;
}

const char *sm_cells_row(unsigned int row)
{
	const struct sm_catalogue_defect *d;

	if (row == SM_MATRIX_CORRECT)
		return "(correct)";
	d = sm_catalogue_defect(row - 1);
	return d ? d->name : NULL;
}

static uint64_t oracle_bit(const char *name)
{
	int row = sm_catalogue_oracle_row(name);

	return row < 0 ? 0 : SM_BIT(row);
}

uint64_t sm_cells_oracles(unsigned int row)
{
	const char *const *name;
	uint64_t mask = 0;

	if (row == SM_MATRIX_CORRECT)
		return 0;
	for (name = sm_catalogue_defect(row - 1)->oracles; *name; name++)
		mask |= oracle_bit(*name);
	return mask;
}

/* --- a run, summed up */

static uint64_t sum(struct json_object *o)
{
	uint64_t total = 0;

	if (!json_object_is_type(o, json_type_object))
		return 0;
	json_object_object_foreach(o, key, value) {
		(void)key;
		total += json_object_get_uint64(value);
	}
	return total;
}

static void sum_oracles(struct json_object *o, struct sm_cells_run *run)
{
	struct json_object *a;
	size_t i, nr;
	uint64_t bit;

	a = sm_member_array(o, "violations", &nr);
	for (i = 0; i < nr; i++) {
		o = json_object_array_get_idx(a, i);
		bit = oracle_bit(sm_member_text(o, "oracle"));
		run->oracles |= bit;
		if (!i && bit)
			run->oracle = sm_catalogue_oracle(__builtin_ctzll(bit));
	}
}

void sm_cells_of_json(struct json_object *o, struct sm_cells_run *run)
{
	memset(run, 0, sizeof(*run));
	run->verdict = sm_status_verdict(o);
	run->first_ns = sm_member_number(o, "first_ns");
	run->seconds = json_object_get_double(sm_member_get(o, "seconds"));
	run->first_ops = sm_member_number(o, "first_ops");
	run->ops = sum(sm_member_get(o, "ops"));
	run->pages = sm_member_number(o, "pages_compared") +
		     sm_member_number(o, "pages_swept");
	run->violations = sm_member_number(o, "violations_total");
	sum_oracles(o, run);
	snprintf(run->mended, sizeof(run->mended), "%s",
		 sm_member_text(o, "mended"));
	snprintf(run->reason, sizeof(run->reason), "%s",
		 sm_member_text(o, "reason"));
}

/* By way of what the results say, so that it is the same when these are read. */
void sm_cells_of_result(const struct sm_run_spec *spec,
			const struct sm_run_result *r, struct sm_cells_run *run)
{
	struct json_object *o = sm_run_json_make(spec, r);

	sm_cells_of_json(o, run);
	json_object_put(o);
}

static bool find_defect(const char *name, unsigned int *row)
{
	for (*row = SM_MATRIX_CORRECT; sm_cells_row(*row); ++*row)
		if (!strcmp(*row ? sm_cells_row(*row) : "", name))
			return true;
	return false;
}

/* Of "P+Q" it is P. */
static bool find_profile(const char *name, unsigned int *profile)
{
	size_t len = strcspn(name, "+");
	const char *p;

	for (*profile = 0; (p = sm_catalogue_profile(*profile)); ++*profile)
		if (!strncmp(p, name, len) && !p[len])
			return true;
	return false;
}

bool sm_cells_place(struct json_object *o, unsigned int *row,
		    unsigned int *profile)
{
	return find_defect(sm_member_text(o, "defect"), row) &&
	       find_profile(sm_member_text(o, "profile"), profile);
}

/* --- cells */

static enum sm_outcome run_outcome(const struct sm_cells_run *run, bool correct)
{
	switch (run->verdict) {
	case SM_PASS:
		if (correct)
			return SM_SILENT;
		return run->mended[0] ? SM_MENDED : SM_MISSED;
	case SM_FAIL:
		return correct ? SM_FALSE_ALARM : SM_CAUGHT;
	case SM_SKIP:
		return SM_CELL_SKIP;
	case SM_TIMEOUT:
		return SM_CELL_TIMEOUT;
	default:
		return SM_CELL_BROKEN;
	}
}

static int note_time(struct sm_cell *c, double seconds, double ops)
{
	struct sm_catch *times = reallocarray(c->times, c->caught + 1,
					      sizeof(*times));

	if (!times)
		return -ENOMEM;
	times[c->caught] = (struct sm_catch){ .seconds = seconds, .ops = ops };
	c->times = times;
	return 0;
}

int sm_cells_add(struct sm_cell *c, const struct sm_cells_run *run,
		 bool correct)
{
	enum sm_outcome outcome = run_outcome(run, correct);
	bool found = run->verdict == SM_FAIL;
	double seconds = found ? run->first_ns / 1e9 : run->seconds;

	if (found && note_time(c, seconds, run->first_ops))
		return -ENOMEM;
	c->runs++;
	c->caught += found;
	c->ops += run->ops;
	c->pages += run->pages;
	c->violations += run->violations;
	c->oracles |= run->oracles;
	if (outcome >= c->outcome) {
		c->outcome = outcome;
		snprintf(c->reason, sizeof(c->reason), "%s",
			 run->mended[0] ? run->mended : run->reason);
	}
	if (c->runs > 1 && seconds < c->seconds)
		return 0;
	c->seconds = seconds;
	c->first_ops = run->first_ops;
	if (found && run->oracle)
		c->oracle = run->oracle;
	return 0;
}

static void pick(double *values, unsigned int nr, double *median, double *worst)
{
	*median = sm_util_median(values, nr);
	*worst = values[nr - 1];	/* they are sorted now */
}

unsigned int sm_cells_median(const struct sm_cell *cells, unsigned int nr,
			     struct sm_catch *median, struct sm_catch *worst)
{
	unsigned int i, j, n = 0;
	double *seconds, *ops;

	for (i = 0; i < nr; i++)
		n += cells[i].caught;
	seconds = calloc(n ? n : 1, 2 * sizeof(*seconds));
	if (!seconds || !n) {
		free(seconds);
		return 0;
	}
	ops = seconds + n;
	for (i = 0, n = 0; i < nr; i++)
		for (j = 0; j < cells[i].caught; j++, n++) {
			seconds[n] = cells[i].times[j].seconds;
			ops[n] = cells[i].times[j].ops;
		}
	pick(seconds, n, &median->seconds, &worst->seconds);
	pick(ops, n, &median->ops, &worst->ops);
	free(seconds);
	return n;
}

enum sm_verdict sm_cells_overall(const struct sm_status_tally *t)
{
	enum sm_verdict overall = sm_status_overall(t);
	bool whole = t->nr[SM_PASS] && !t->nr[SM_SKIP];

	return overall == SM_PASS && !whole ? SM_SKIP : overall;
}

void sm_cells_free(struct sm_cell cells[][SM_PROFILE_NR])
{
	unsigned int row, p;

	for (row = 0; sm_cells_row(row); row++)
		for (p = 0; p < SM_PROFILE_NR; p++) {
			free(cells[row][p].times);
			memset(&cells[row][p], 0, sizeof(cells[row][p]));
		}
}

/* --- the results */

static struct json_object *oracles_json(uint64_t mask)
{
	struct json_object *a = json_object_new_array();
	const char *name;
	unsigned int i;

	for (i = 0; (name = sm_catalogue_oracle(i)); i++)
		if (mask >> i & 1)
			json_object_array_add(a, json_object_new_string(name));
	return a;
}

/* Of all runs that found something, in the cells that are given. */
static void put_times(struct json_object *o, const struct sm_cell *cells,
		      unsigned int nr)
{
	struct sm_catch median, worst;

	if (!sm_cells_median(cells, nr, &median, &worst))
		return;
	sm_member_seconds(o, "median_seconds", median.seconds);
	sm_member_seconds(o, "worst_seconds", worst.seconds);
	sm_member_u64(o, "median_ops", median.ops);
	sm_member_u64(o, "worst_ops", worst.ops);
}

static struct json_object *cell_json(const struct sm_cell *c, unsigned int row,
				     unsigned int profile)
{
	struct json_object *o = json_object_new_object();
	uint64_t strange = c->oracles & ~sm_cells_oracles(row);

	sm_member_string(o, "defect", row ? sm_cells_row(row) : NULL);
	sm_member_string(o, "profile", sm_catalogue_profile(profile));
	sm_member_string(o, "outcome", outcomes[c->outcome].name);
	sm_member_string(o, "verdict",
			 sm_verdict_names[outcomes[c->outcome].verdict]);
	sm_member_u64(o, "runs", c->runs);
	sm_member_u64(o, "caught", c->caught);
	sm_member_string(o, "oracle", c->oracle);
	sm_member_seconds(o, "seconds", c->seconds);
	sm_member_u64(o, "ops", c->first_ops);
	json_object_object_add(o, "oracles", oracles_json(c->oracles));
	json_object_object_add(o, "unexpected_oracles", oracles_json(strange));
	sm_member_string(o, "reason", c->reason);
	put_times(o, c, 1);
	return o;
}

struct json_object *sm_cells_not_run(unsigned int row, unsigned int profile,
				     const char *outcome, const char *why)
{
	struct json_object *o = json_object_new_object();

	sm_member_string(o, "defect", row ? sm_cells_row(row) : NULL);
	sm_member_string(o, "profile", sm_catalogue_profile(profile));
	sm_member_string(o, "outcome", outcome);
	sm_member_string(o, "verdict", sm_verdict_names[SM_SKIP]);
	sm_member_u64(o, "runs", 0);
	sm_member_string(o, "reason", why);
	return o;
}

static struct json_object *find_not_run(struct json_object *not_run,
					unsigned int row, unsigned int profile)
{
	unsigned int r, p;
	size_t i;

	for (i = 0; not_run && i < json_object_array_length(not_run); i++) {
		struct json_object *o = json_object_array_get_idx(not_run, i);

		if (sm_cells_place(o, &r, &p) && r == row && p == profile)
			return json_object_get(o);
	}
	return NULL;
}

/* One element for each defect: its times over all profiles and seeds. */
static struct json_object *
defects_json(struct sm_cell cells[][SM_PROFILE_NR])
{
	struct json_object *a = json_object_new_array();
	unsigned int row, p, runs, caught;

	for (row = SM_MATRIX_CORRECT + 1; sm_cells_row(row); row++) {
		const struct sm_cell *c = cells[row];
		struct json_object *o;

		for (p = 0, runs = 0, caught = 0; p < SM_PROFILE_NR; p++) {
			runs += c[p].runs;
			caught += c[p].caught;
		}
		if (!runs)
			continue;
		o = json_object_new_object();
		sm_member_string(o, "defect", sm_cells_row(row));
		sm_member_u64(o, "runs", runs);
		sm_member_u64(o, "caught", caught);
		put_times(o, c, SM_PROFILE_NR);
		json_object_array_add(a, o);
	}
	return a;
}

/* Cells that were not reached yet are left out. */
void sm_cells_put(struct sm_cell cells[][SM_PROFILE_NR],
		  struct json_object *not_run, struct json_object *root)
{
	struct json_object *a = json_object_new_array();
	unsigned int row, p;

	for (row = 0; sm_cells_row(row); row++)
		for (p = 0; p < SM_PROFILE_NR; p++) {
			const struct sm_cell *c = &cells[row][p];
			struct json_object *o;

			o = c->runs ? cell_json(c, row, p) :
				      find_not_run(not_run, row, p);
			if (o)
				json_object_array_add(a, o);
		}
	json_object_object_add(root, "defects", defects_json(cells));
	json_object_object_add(root, "matrix", a);
}
