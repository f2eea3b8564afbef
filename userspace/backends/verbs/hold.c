// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who uses which page of the arena, where only one may: with SM_KNOWN_RXE_RACE
 * avoided. rxe's entry of a page is not to be trusted from the moment that a fault
 * of it begins until it has ended well, or a notification has come:
 *
 *	queue pair			CPU		other queue pair, comparer
 *	seq = read_begin()
 *					start: clears
 *					the entry
 *	finds the page mapped,
 *	  writes the entry
 *					unmaps it, end
 *							takes it for true
 *	read_retry(): once more
 *	finds a hole: refused,
 *	  the entry stays
 *							takes it for true
 *	verbs_dev_forget()
 *
 * So an access holds its page, until such an entry is forgotten; and nobody compares
 * what is held.
 */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "hold.h"
#include "judge/known.h"

#define HOLD_NAP_NS	(50 * SM_USEC)
#define HOLD_NAPS	2000	/* at the least a tenth of a second */

/* verbs_hold_open() - verbs_hold_close() must follow in any case. */
int verbs_hold_open(struct verbs_state *v)
{
	struct sm_host *host = v->host;

	if (!(host->scene->spec->avoid & SM_BIT(SM_KNOWN_RXE_RACE)))
		return 0;
	host->peek.holds = calloc(host->scene->model.pages,
				  sizeof(*host->peek.holds));
	if (!host->peek.holds)
		return -ENOMEM;
	v->dev.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	return v->dev.pagemap < 0 ?
		verbs_dev_fail(&v->dev, "/proc/self/pagemap") : 0;
}

void verbs_hold_close(struct verbs_state *v)
{
	free(v->host->peek.holds);
	v->host->peek.holds = NULL;
}

static uint32_t *hold_of(const struct verbs_state *v, uint64_t va)
{
	return &v->host->peek.holds[(va - v->host->scene->arena.start) >>
				    SM_PAGE_SHIFT];
}

/* Who waits comes before who does not. */
static bool hold_try(uint32_t *hold, bool wanted)
{
	uint32_t old = sm_read(hold), not = SM_HOLD_HELD;

	if (!wanted)
		not |= SM_HOLD_WANTED;
	return !(old & not) &&
	       __atomic_compare_exchange_n(hold, &old,
					   (old & ~SM_HOLD_WANTED) +
					   SM_HOLD_COUNT + SM_HOLD_HELD, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/*
 * verbs_hold_take() - hold the page of @va, if nobody else does; @wait for a while
 * until nobody does. Who waits holds no other page, or is the worker. Returns false
 * if it is still somebody else's.
 */
bool verbs_hold_take(struct verbs_state *v, uint64_t va, bool wait)
{
	unsigned int naps;
	uint32_t *hold;

	if (!v->host->peek.holds)
		return true;
	hold = hold_of(v, va);
	for (naps = 0; !hold_try(hold, naps); naps++) {
		if (naps == HOLD_NAPS)
			__atomic_fetch_and(hold, ~SM_HOLD_WANTED,
					   __ATOMIC_RELAXED);
		if (!wait || naps == HOLD_NAPS)
			return false;
		__atomic_fetch_or(hold, SM_HOLD_WANTED, __ATOMIC_RELAXED);
		sm_util_nap(HOLD_NAP_NS);
	}
	return true;
}

/* verbs_hold_give() - not after the device gave no answer: it may still use it. */
void verbs_hold_give(struct verbs_state *v, uint64_t va)
{
	if (v->host->peek.holds)
		__atomic_fetch_sub(hold_of(v, va), SM_HOLD_HELD,
				   __ATOMIC_SEQ_CST);
}

#endif /* HAVE_IBVERBS */
