// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line on stderr that shows how a long run is getting on.
 */
#include <stdio.h>
#include <unistd.h>

#include "progress.h"
#include "show.h"

static struct {
	const char *name;
	bool terminal;
	bool shown;
	double seconds;
	uint64_t ops;
	double rate;
} progress;

void sm_progress_start(const char *name)
{
	progress.name = name;
	progress.terminal = isatty(STDERR_FILENO);
	progress.shown = false;
	progress.seconds = 0;
	progress.ops = 0;
	progress.rate = 0;
}

void sm_progress_show(const struct sm_progress *p, uint64_t violations)
{
	char ops[SM_SHOW_COUNT], pages[SM_SHOW_COUNT], found[SM_SHOW_COUNT];
	double step = p->seconds - progress.seconds;

	if (!progress.terminal)
		return;
	if (step > 0)
		progress.rate = (p->ops - progress.ops) / step;
	progress.seconds = p->seconds;
	progress.ops = p->ops;
	progress.shown = true;
	fprintf(stderr,
		"\r\033[K%s  %.1f s  %s ops/s  %s pages compared  %s violations",
		progress.name, p->seconds,
		sm_show_count(progress.rate, ops, sizeof(ops)),
		sm_show_count(p->pages_compared, pages, sizeof(pages)),
		sm_show_count(violations, found, sizeof(found)));
}

void sm_progress_stop(void)
{
	if (progress.shown)
		fputs("\r\033[K", stderr);
	progress.shown = false;
}
