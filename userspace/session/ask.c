// SPDX-License-Identifier: GPL-2.0-only
/* Asking a driver, in a process of its own: see ask.h. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "ask.h"
#include "base/util.h"
#include "catalogue.h"
#include "keeper.h"
#include "signals.h"

#define ASK_POLL_MS	20
#define ASK_POLLS	6000	/* some two minutes: modules are loaded */
#define ASK_FEW_POLLS	250	/* some 5 s: it is there, and has but to answer */

/**
 * struct ask - a question
 * @backend: whom
 * @probe: asks it whether it can run
 * @probed: the answer
 * @broken: asks whether a driver is broken
 * @sabotaged: the answer
 * @answered: there is one
 */
struct ask {
	const struct sm_backend *backend;
	void (*probe)(const struct sm_backend *backend,
		      struct sm_ask_probed *probed);
	struct sm_ask_probed probed;
	bool (*broken)(void);
	bool sabotaged;
	bool answered;
};

/* Who answers may have scribbled on it. */
static void ask_take(struct ask *to, const struct ask *from)
{
	*to = *from;
	to->answered = true;
	to->probed.why[sizeof(to->probed.why) - 1] = '\0';
	if ((unsigned int)to->probed.verdict > SM_TIMEOUT)
		to->probed.verdict = SM_BROKEN;
}

/*
 * Returns false if nobody answered, or who waits for it is asked to end; then *@a
 * is what it was. Signals come while it waits, whoever blocks them.
 */
static bool ask(void (*fn)(void *arg), struct ask *a, unsigned int polls)
{
	struct ask *shared = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sm_keeper k;
	unsigned int i;
	sigset_t none;

	sigemptyset(&none);
	if (shared == MAP_FAILED)
		return false;
	*shared = *a;
	if (sm_keeper_start(&k, fn, shared)) {
		munmap(shared, sizeof(*a));
		return false;
	}
	for (i = 0; i < polls && !sm_signals_nr(); i++)
		if (sm_keeper_wait(&k, -1, ASK_POLL_MS, &none))
			break;
	if (sm_keeper_end(&k, &none, ASK_FEW_POLLS) &&
	    sm_load_acquire(&shared->answered))
		ask_take(a, shared);
	munmap(shared, sizeof(*a));
	return a->answered;
}

static void ask_probe(void *arg)
{
	struct ask *a = arg;

	a->probe(a->backend, &a->probed);
	sm_store_release(&a->answered, true);
}

void sm_ask_probe(const struct sm_backend *backend,
		  void (*answer)(const struct sm_backend *backend,
				 struct sm_ask_probed *probed),
		  struct sm_ask_probed *probed)
{
	struct ask a = { .backend = backend, .probe = answer };

	if (!ask(ask_probe, &a, ASK_POLLS)) {
		a.probed.verdict = SM_BROKEN;
		a.probed.profiles = SM_BIT(SM_PROFILE_NR) - 1;
		snprintf(a.probed.why, sizeof(a.probed.why),
			 "%s does not answer when it is asked whether it can run",
			 sm_catalogue_backend(backend)->name);
	}
	*probed = a.probed;
}

static void ask_sabotaged(void *arg)
{
	struct ask *a = arg;

	a->sabotaged = a->broken();
	sm_store_release(&a->answered, true);
}

int sm_ask_sabotaged(bool (*answer)(void))
{
	struct ask a = { .broken = answer };

	if (!ask(ask_sabotaged, &a, ASK_FEW_POLLS))
		return -ETIMEDOUT;
	return a.sabotaged;
}
