// SPDX-License-Identifier: GPL-2.0-only
/* Bindings that come and go: see comers.h. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/util.h"
#include "comers.h"
#include "ring.h"

#define COMERS_WORDS	32U
#define COMERS_WAIT	6	/* part of sm_await_naps */

/* How a process of a comer ends. */
#define COMER_BOUND	0
#define COMER_NONE	1	/* there was no card to be had */
#define COMER_WRONG	2	/* its card did not read what it had written */

static void comers_accuse(struct sva_state *s, enum sm_kind kind,
			  const char *what)
{
	struct sm_hit h = {
		.oracle = "content",
		.kind = kind,
		.mirror = s->host->scene->mirrors,
	};

	sm_docket_hit(s->host->docket, &h, "%s", what);
}

/*
 * Does the card read a word of the process that it is bound to, as it is by now? What it
 * reads before it is written to may be a page that a child has of its parent: the word
 * is in another one from then on, and the IOMMU has to hear of that.
 */
static bool comers_reads(struct sva_nic *nic, uint64_t *word)
{
	unsigned int i;

	sva_nic_begin(nic);
	sva_nic_read(nic, (uintptr_t)word, (uintptr_t)word);
	if (sva_nic_go(nic) || sva_nic_answer(nic, 0)->value != sm_read(word))
		return false;
	for (i = 1; i <= COMERS_WORDS; i++) {
		sm_write(word, i);
		sm_fence();
		sva_nic_begin(nic);
		sva_nic_read(nic, (uintptr_t)word, (uintptr_t)word);
		if (sva_nic_go(nic) || sva_nic_answer(nic, 0)->value != i)
			return false;
	}
	return true;
}

/* The same doorbell once more: it finds no descriptors, as those are memory of ours. */
static bool comers_goes_on(struct sva_nic *nic, uint64_t *word)
{
	sva_nic_begin(nic);
	sva_nic_read(nic, (uintptr_t)word, (uintptr_t)word);
	return !sva_nic_go(nic);
}

static void comers_unbind(struct sva_state *s, uint64_t *word)
{
	struct sva_nic nic = { .stop = &s->host->end->stop };

	if (!sva_nic_open(&nic)) {
		if (!comers_reads(&nic, word))
			comers_accuse(s, SM_KIND_WRONG_DATA,
				      "a card that was just bound does not read what is there");
		else if (!sva_nic_unbind(&nic) && comers_goes_on(&nic, word))
			comers_accuse(s, SM_KIND_STALE,
				      "a card goes on with memory of a process that it was unbound from");
		sm_count(&s->came, 1);
	}
	sva_nic_close(&nic);
}

/* It exits as it is: the address space goes first, and the card's file after it. */
static void comers_child(uint64_t *word)
{
	struct sva_nic nic = { 0 };

	if (sva_nic_open(&nic))
		_exit(COMER_NONE);
	_exit(comers_reads(&nic, word) ? COMER_BOUND : COMER_WRONG);
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
	if (WIFEXITED(end.status) && WEXITSTATUS(end.status) == COMER_BOUND)
		sm_count(&s->went, 1);
	if (WIFEXITED(end.status) && WEXITSTATUS(end.status) == COMER_WRONG)
		comers_accuse(s, SM_KIND_WRONG_DATA,
			      "a card of another process does not read what is there");
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
