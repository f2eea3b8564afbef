// SPDX-License-Identifier: GPL-2.0-only
/* The journals of a folder: see journals.h. */
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "journal.h"
#include "journals.h"
#include "member.h"
#include "results.h"

#define SUFFIX	".jsonl"

static int read_one(bool brief, const char *path, sm_journals_fn *fn, void *arg,
		    unsigned int *unread)
{
	struct json_object *root;
	struct sm_journal *j;
	bool cut;
	int ret;

	j = brief ? sm_journal_read_brief(path) : sm_journal_read(path);
	if (!j) {
		fprintf(stderr, "stalemate: %s: %s\n", path,
			errno == EBADMSG ? "is no journal" : strerror(errno));
		++*unread;
		return 0;
	}
	cut = sm_journal_damaged(j) || sm_journal_torn(j);
	root = sm_results_make(j);
	sm_journal_free(j);
	ret = fn(arg, path, root, cut);
	json_object_put(root);
	return ret;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_journal(const FTSENT *e)
{
	size_t len = strlen(SUFFIX);
	struct stat st;

	/* What was named is what is meant, whatever it is: a pipe, too. */
	if (e->fts_level == FTS_ROOTLEVEL)
		return e->fts_info == FTS_F || e->fts_info == FTS_SL ||
		       e->fts_info == FTS_DEFAULT;
	if (e->fts_namelen <= len ||
	    strcmp(e->fts_name + e->fts_namelen - len, SUFFIX))
		return false;
	/* A pipe that lies about would be waited for. */
	return e->fts_info == FTS_F ||
	       (e->fts_info == FTS_SL && !stat(e->fts_accpath, &st) &&
		S_ISREG(st.st_mode));
}

/* A folder, or what is in it, that cannot be looked at: journals may be there. */
static bool is_unread(const FTSENT *e)
{
	if (e->fts_info != FTS_DNR && e->fts_info != FTS_ERR &&
	    e->fts_info != FTS_NS)
		return false;
	fprintf(stderr, "stalemate: %s: %s\n", e->fts_path,
		strerror(e->fts_errno));
	return true;
}

int sm_journals_each(bool brief, const char *path, sm_journals_fn *fn, void *arg,
		     unsigned int *unread)
{
	char *name = strdup(path), *paths[] = { name, NULL };
	bool any = false;
	int ret = 0;
	FTSENT *e;
	FTS *fts;

	fts = name ? fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR,
			      by_name) : NULL;
	while (fts && !ret && (e = fts_read(fts))) {
		if (e->fts_level != FTS_ROOTLEVEL && is_unread(e)) {
			any = true;
			++*unread;
			continue;
		}
		if (!is_journal(e))
			continue;
		any = true;
		ret = read_one(brief, e->fts_accpath, fn, arg, unread);
	}
	if (fts)
		fts_close(fts);
	free(name);
	return any ? ret : -ENOENT;
}
