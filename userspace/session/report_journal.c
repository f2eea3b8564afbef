// SPDX-License-Identifier: GPL-2.0-only
/* Which journal goes with a report: see report_journal.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "journal.h"
#include "report_head.h"
#include "report_journal.h"
#include "resume.h"
#include "save.h"

/* FILE.jsonl beside FILE.json or FILE; what is not a file has nothing beside it. */
static int journal_path(const struct sm_report_head *head, const char *json,
			char **path)
{
	static const char suffix[] = ".json";
	size_t len = json ? strlen(json) : 0, end = sizeof(suffix) - 1;

	*path = NULL;
	if (head->journal)
		return (*path = strdup(head->journal)) ? 0 : -ENOMEM;
	if (!json || !sm_save_is_file(json))
		return 0;
	if (len > end && !strcmp(json + len - end, suffix))
		len -= end;
	return asprintf(path, "%.*s.jsonl", (int)len, json) < 0 ? -ENOMEM : 0;
}

/* Where nothing can be written, what was asked for is better known. */
static void complain(const struct sm_report_head *head, const char *json,
		     const char *journal, int err)
{
	bool own = head->journal || err == -EBUSY || err == -EISDIR;
	const char *path = own || !json ? journal : json;

	fprintf(stderr, "stalemate: %s: %s\n", path ? path : "report",
		strerror(-err));
}

static int refuse_json(const char *json)
{
	fprintf(stderr, "stalemate: %s: cannot be both the journal and the results\n",
		json);
	return -EINVAL;
}

/* Would the journal that is about to be put aside be the results that are there? */
static bool is_json(const char *path, const char *json)
{
	struct stat a, b;

	if (!strcmp(path, json))
		return true;
	return !lstat(path, &a) && S_ISREG(a.st_mode) && !stat(json, &b) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int new_journal(const struct sm_report_head *head, const char *json,
		       bool direct, struct sm_journal **journal)
{
	char *path;
	int ret;

	ret = journal_path(head, json, &path);
	if (ret)
		return ret;
	if (path && json && !direct && is_json(path, json)) {
		ret = refuse_json(json);
		free(path);
		return ret;
	}
	*journal = sm_journal_new(path);
	if (!*journal) {
		ret = -errno;
		complain(head, json, path, ret);
	} else if (sm_journal_kept(*journal)) {
		fprintf(stderr, "stalemate: %s: of a session that did not end, see --resume\n",
			sm_journal_kept(*journal));
	}
	free(path);
	return ret;
}

/* Names are many, files are not: known for certain once the journal is open. */
int sm_report_journal_open(const struct sm_report_head *head, const char *json,
			   bool direct, struct sm_journal **journal)
{
	int ret = 0;

	if (!head->resume)
		ret = new_journal(head, json, direct, journal);
	else
		*journal = sm_resume_take(head->resume);
	if (ret)
		return ret;
	if (!*journal)
		return -EBADF;
	if (json && sm_journal_is(*journal, json))
		return refuse_json(json);
	return 0;
}
