// SPDX-License-Identifier: GPL-2.0-only
/* Bindings that come and go: see comers.h. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/await.h"
#include "base/child.h"
#include "base/util.h"
#include "comers.h"
#include "ring.h"
#include "way.h"

#define COMERS_WORDS	32U
#define COMERS_TRIES	100U
#define COMERS_WAIT	6	/* part of sm_await_naps */

/*
 * What came of a card's words, and how a process of a comer ends. Its page may be taken
 * away between the touch and the access: zeroes are read then, which nobody writes here,
 * and it is tried again. Its rings are not, before it is unbound.
 */
enum comers_got {
	COMERS_READ,
	COMERS_NONE,		/* there was no card to be had */
	COMERS_WRONG,		/* another word than there is */
	COMERS_NO_RINGS,	/* sva_nic_go() was -EIO */
	COMERS_NO_PAGE,
};

static void comers_accuse(struct sva_state *s, enum sm_kind kind,
			  const char *who, const char *what)
{
	struct sm_hit h = {
		.oracle = "content",
		.kind = kind,
		.mirror = s->host->scene->mirrors,
	};

	sm_docket_hit(s->host->docket, &h, "%s %s", who, what);
}

static void comers_judge(struct sva_state *s, enum comers_got got,
			 const char *who)
{
	if (got == COMERS_WRONG)
		comers_accuse(s, SM_KIND_WRONG_DATA, who,
			      "does not read what is there");
	if (got == COMERS_NO_RINGS)
		comers_accuse(s, SM_KIND_UNREACHABLE, who,
			      "is refused, by the IOMMU, the rings that it had before");
	if (got == COMERS_NO_PAGE)
		comers_accuse(s, SM_KIND_UNREACHABLE, who,
			      "is refused, by the IOMMU, a page that the processor uses");
}

static enum comers_got comers_read(struct sva_nic *nic, const uint64_t *word)
{
	uint64_t value = 0, there = 0;
	unsigned int i;

	for (i = 0; i < COMERS_TRIES && !value; i++) {
		there = sm_read(word);
		sva_nic_begin(nic);
		sva_nic_read(nic, (uintptr_t)word, (uintptr_t)word);
		if (sva_nic_go(nic))
			return COMERS_NO_RINGS;
		value = sva_nic_answer(nic, 0)->value;
	}
	if (!value)
		return COMERS_NO_PAGE;
	return value == there ? COMERS_READ : COMERS_WRONG;
}

/*
 * Does the card read a word of the process that it is bound to, as it is by now? What it
 * reads before it is written to may be a page that a child has of its parent: the word
 * is in another one from then on, and the IOMMU has to hear of that.
 */
static enum comers_got comers_reads(struct sva_nic *nic, uint64_t *word)
{
	enum comers_got got = comers_read(nic, word);
	unsigned int i;

	for (i = 1; i <= COMERS_WORDS && got == COMERS_READ; i++) {
		sm_write(word, i);
		sm_fence();
		got = comers_read(nic, word);
	}
	return got;
}

/* The same doorbell once more: it finds no descriptors, as those are memory of ours. */
static bool comers_goes_on(struct sva_nic *nic, uint64_t *word)
{
	sva_nic_begin(nic);
	sva_nic_read(nic, (uintptr_t)word, (uintptr_t)word);
	return !sva_nic_go(nic);
}

/* Who has the file as well, a child of some op, goes soon. */
static bool comers_stays(struct sva_state *s, struct sva_nic *nic, uint64_t *word)
{
	struct sm_patience p = { .naps = sm_await_naps / COMERS_WAIT };

	while (comers_goes_on(nic, word)) {
		if (!nic->way->shared)
			return true;
		if (sm_end_stopping(s->host->end))
			return false;
		if (!sm_await_more(&p))
			return true;
		sm_util_nap(SM_AWAIT_NAP_MS * SM_MSEC);
	}
	return false;
}

static void comers_bound(struct sva_state *s, struct sva_nic *nic, uint64_t *word)
{
	enum comers_got got = comers_reads(nic, word);

	comers_judge(s, got, "a card that was just bound");
	if (got != COMERS_READ)
		return;
	if (sva_nic_unbind(nic)) {
		sm_end_break(s->host->end, "cannot unbind a card: %s", nic->why);
		return;
	}
	if (comers_stays(s, nic, word))
		comers_accuse(s, SM_KIND_STALE, "a card",
			      "goes on with memory of a process that it was unbound from");
	sm_count(&s->came, 1);
}

static void comers_unbind(struct sva_state *s, uint64_t *word)
{
	struct sva_nic nic = { .stop = &s->host->end->stop };

	if (!sva_nic_open(&nic))
		comers_bound(s, &nic, word);
	sva_nic_close(&nic);
}

/* It exits as it is: the address space goes first, and the card's file after it. */
static void comers_child(uint64_t *word)
{
	struct sva_nic nic = { 0 };

	_exit(sva_nic_open(&nic) ? COMERS_NONE : comers_reads(&nic, word));
}

static void comers_exit(struct sva_state *s, uint64_t *word)
{
	struct sm_patience p = { .naps = sm_await_naps / COMERS_WAIT };
	struct sm_child_end end;
	pid_t pid = sm_child_fork();

	if (!pid)
		comers_child(word);
	if (pid < 0)
		return;
	if (sm_child_wait(pid, &end, &p)) {
		sm_end_lose(s->host->end, "a process that is bound", &end);
		return;
	}
	if (!WIFEXITED(end.status))
		return;
	if (WEXITSTATUS(end.status) == COMERS_READ)
		sm_count(&s->went, 1);
	comers_judge(s, WEXITSTATUS(end.status), "a card of another process");
}

void sva_comers_step(struct sva_state *s)
{
	uint64_t *word = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (word == MAP_FAILED)
		return;
	sm_write(word, COMERS_WORDS + 1);
	comers_unbind(s, word);
	if (!sm_end_stopping(s->host->end))
		comers_exit(s, word);
	munmap(word, SM_PAGE_SIZE);
}
