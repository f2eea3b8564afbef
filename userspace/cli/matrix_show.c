// SPDX-License-Identifier: GPL-2.0-only
/* A matrix for people: the grid while it grows, then a line for each cell. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "judge/lacks.h"
#include "judge/oracles.h"
#include "matrix_show.h"
#include "module/defects.h"
#include "module/profiles.h"
#include "show.h"

bool sm_matrix_applies(unsigned int row, unsigned int profile)
{
	return row == SM_MATRIX_CORRECT ||
	       (sm_defects[row - 1].profiles >> profile & 1);
}

const char *sm_matrix_unseen(unsigned int row, unsigned int profile)
{
	return row != SM_MATRIX_CORRECT && sm_matrix_applies(row, profile) ?
		       sm_lacks_sight(sm_lacks_here(), row - 1) :
		       NULL;
}

/* Seen by another kernel, or not to be had at all. */
static const char *unseen_text(unsigned int row, unsigned int profile)
{
	if (!sm_matrix_unseen(row, profile))
		return "-";
	return sm_defects[row - 1].debug ? "debug only" : "cannot show";
}

/* As short as it gets: there are many columns. */
static void cell_text(const struct sm_cell *c, unsigned int row,
		      unsigned int profile, char *s, size_t size)
{
	bool strange = c->oracles & ~sm_cells_oracles(row);
	const char *oracle = c->oracle ? c->oracle : "?";

	switch (c->outcome) {
	case SM_NOT_APPLICABLE:
		snprintf(s, size, "%s", unseen_text(row, profile));
		break;
	case SM_CAUGHT:
		snprintf(s, size, "%s%s %.1fs", strange ? "*" : "", oracle,
			 c->seconds);
		break;
	case SM_FALSE_ALARM:
		snprintf(s, size, "FALSE ALARM");
		break;
	case SM_MISSED:
		snprintf(s, size, "MISSED %.0fs", c->seconds);
		break;
	case SM_SILENT:
		snprintf(s, size, "silent %.0fs", c->seconds);
		break;
	default:
		snprintf(s, size, "%s", sm_cells_outcome(c->outcome));
	}
}

static void show_field(const char *text)
{
	printf(" %-*s", SM_MATRIX_COLUMN - 1, text);
}

void sm_matrix_show_head(const char *prefix, uint64_t profiles)
{
	unsigned int p;

	printf("%s%-20s", prefix, "defect");
	for (p = 0; p < SM_PROFILE_NR; p++)
		if (profiles >> p & 1)
			show_field(sm_profiles[p].name);
	printf("\n");
}

void sm_matrix_show_row(const char *prefix, uint64_t profiles,
			struct sm_cell cells[][SM_PROFILE_NR],
			unsigned int row)
{
	unsigned int p;

	printf("%s%-20s", prefix, sm_cells_row(row));
	for (p = 0; p < SM_PROFILE_NR; p++) {
		char text[96];

		if (!(profiles >> p & 1))
			continue;
		cell_text(&cells[row][p], row, p, text, sizeof(text));
		show_field(text);
	}
	printf("\n");
	fflush(stdout);
}

static void show_cell(const char *prefix, const struct sm_cell *c,
		      unsigned int row, unsigned int profile)
{
	char ops[SM_SHOW_COUNT], pages[SM_SHOW_COUNT], first[96] = "";
	struct sm_catch median, worst;
	char until[SM_SHOW_COUNT];

	sm_show_count(c->ops, ops, sizeof(ops));
	sm_show_count(c->pages, pages, sizeof(pages));
	sm_show_count(c->first_ops, until, sizeof(until));
	if (c->outcome == SM_CAUGHT)
		snprintf(first, sizeof(first),
			 " %u/%u by %s after %.2f s, %s ops", c->caught,
			 c->runs, c->oracle, c->seconds, until);
	if (c->caught > 1 && sm_cells_median(c, 1, &median, &worst))
		snprintf(first + strlen(first), sizeof(first) - strlen(first),
			 "; median %.2f s", median.seconds);
	printf("%s%-10s %-21s %9s %15s %10llu  %s%s\n", prefix,
	       sm_profiles[profile].name, sm_cells_row(row), ops, pages,
	       (unsigned long long)c->violations, sm_cells_outcome(c->outcome), first);
}

static void show_words(uint64_t mask)
{
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (mask >> i & 1)
			printf(" %s", sm_oracles[i].name);
}

static void show_note(const char *prefix, const struct sm_cell *c,
		      unsigned int row, unsigned int profile)
{
	uint64_t strange = c->oracles & ~sm_cells_oracles(row);

	if (strange && row != SM_MATRIX_CORRECT) {
		printf("%s* %s in %s was found by", prefix,
		       sm_cells_row(row), sm_profiles[profile].name);
		show_words(strange);
		printf(", not one of its oracles\n");
	}
	if (c->reason[0] && c->outcome != SM_CAUGHT)
		printf("%s%s in %s: %s\n", prefix, sm_cells_row(row),
		       sm_profiles[profile].name, c->reason);
}

/* Of each defect, over all profiles and seeds. */
static void show_times(const char *prefix,
		       struct sm_cell cells[][SM_PROFILE_NR], unsigned int row)
{
	struct sm_catch median, worst;
	char ops[SM_SHOW_COUNT], most[SM_SHOW_COUNT];
	unsigned int p, runs = 0, caught;

	for (p = 0; p < SM_PROFILE_NR; p++)
		runs += cells[row][p].runs;
	caught = sm_cells_median(cells[row], SM_PROFILE_NR, &median, &worst);
	if (!caught)
		return;
	sm_show_count(median.ops, ops, sizeof(ops));
	sm_show_count(worst.ops, most, sizeof(most));
	printf("%s%-21s %4u/%-4u %9.2f %9.2f %11s %11s\n", prefix,
	       sm_cells_row(row), caught, runs, median.seconds, worst.seconds,
	       ops, most);
}

static void show_all_times(const char *prefix,
			   struct sm_cell cells[][SM_PROFILE_NR])
{
	unsigned int row;

	printf("%s\n%s%-21s %9s %9s %9s %11s %11s\n", prefix, prefix,
	       "until it was caught", "runs", "median s", "worst s",
	       "median ops", "worst ops");
	for (row = SM_MATRIX_CORRECT + 1; sm_cells_row(row); row++)
		show_times(prefix, cells, row);
}

void sm_matrix_show_table(const char *prefix,
			  struct sm_cell cells[][SM_PROFILE_NR])
{
	unsigned int row, p;

	printf("%s\n%s%-10s %-21s %9s %15s %10s  %s\n", prefix, prefix,
	       "profile", "defect", "ops", "pages compared",
	       "violations", "verdict");
	for (row = 0; sm_cells_row(row); row++)
		for (p = 0; p < SM_PROFILE_NR; p++)
			if (cells[row][p].runs)
				show_cell(prefix, &cells[row][p], row, p);
	show_all_times(prefix, cells);
	for (row = 0; sm_cells_row(row); row++)
		for (p = 0; p < SM_PROFILE_NR; p++)
			show_note(prefix, &cells[row][p], row, p);
}
