// SPDX-License-Identifier: GPL-2.0-only
/* Taking over what a runner wrote: see take.h. */
#include <stddef.h>
#include <string.h>

#include "base/util.h"
#include "take.h"

#define END(s)		take_end(s, sizeof(s), "")
#define END_LINES(s)	take_end(s, sizeof(s), "\n\t")

/* Control characters would be the terminal's, or spoil a line of the journal. */
static void take_end(char *s, size_t size, const char *but)
{
	s[size - 1] = '\0';
	for (; *s; s++)
		if (((unsigned char)*s < ' ' || (unsigned char)*s > '~') &&
		    !strchr(but, *s))
			*s = '?';
}

static void take_history(struct sm_history *h)
{
	END(h->emitter);
}

void sm_take_finding(struct sm_finding *to, const struct sm_finding *from)
{
	unsigned int i;

	memcpy(to, from, sizeof(*to));
	END(to->oracle);
	END(to->profile);
	END(to->op);
	END(to->text);
	if (to->nr_history > SM_MAX_HISTORY)
		to->nr_history = SM_MAX_HISTORY;
	for (i = 0; i < SM_MAX_HISTORY; i++)
		take_history(&to->history[i]);
}

static void take_lists(struct sm_run_result *r)
{
	unsigned int i;

	for (i = 0; i < SM_MAX_OPS; i++)
		END(r->skipped[i]);
	if (r->nr_mirrors > SM_MAX_PROFILES)
		r->nr_mirrors = SM_MAX_PROFILES;
	for (i = 0; i < SM_MAX_PROFILES; i++)
		END(r->mirrors[i].name);
	if (r->nr_emitters > SM_MAX_EMITTERS)
		r->nr_emitters = SM_MAX_EMITTERS;
	for (i = 0; i < SM_MAX_EMITTERS; i++)
		END(r->emitters[i].name);
	for (i = 0; i < SM_MAX_ORACLES; i++) {
		END(r->oracles[i].reason);
		if ((unsigned int)r->oracles[i].sight >= SM_SIGHT_NR)
			r->oracles[i].sight = SM_SIGHT_OFF;
	}
}

void sm_take_result(struct sm_run_result *to, const struct sm_run_result *from)
{
	/* The findings are the last members, so the rest is one piece. */
	_Static_assert(offsetof(struct sm_run_result, findings) >
		       offsetof(struct sm_run_result, first_ops), "order");

	memcpy(to, from, offsetof(struct sm_run_result, findings));
	if ((unsigned int)to->verdict > SM_TIMEOUT)
		to->verdict = SM_BROKEN;
	if (!(to->seconds >= 0 && to->seconds < 1e9))
		to->seconds = 0;
	END(to->reason);
	END(to->unwatched);
	END(to->unread);
	END(to->note);
	END_LINES(to->stacks);
	END(to->mended);
	END(to->log_off);
	END(to->excused);
	END(to->tainted);
	take_lists(to);
}
