// SPDX-License-Identifier: GPL-2.0-only
/* Victims: who gets the pages that the storm frees. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"
#include "backends/host.h"
#include "base/child.h"
#include "base/rng.h"
#include "judge/canary.h"
#include "victim.h"

#define POOL_PAGES	512
#define POOL_BATCH	16
#define POOL_NAP_NS	(5 * SM_MSEC)

/**
 * struct sm_victim_report - what the processes found
 * @found: somebody has filled in the rest; cleared by who read it
 * @claimed: somebody is about to
 * @stop: all of them end
 * @page: number of the page
 * @word: index of the word in it
 * @value: what it held
 * @recycled: pages filled, by process
 */
struct sm_victim_report {
	uint32_t found;
	uint32_t claimed;
	uint32_t stop;
	uint32_t page;
	uint32_t word;
	uint64_t value;
	uint64_t recycled[SM_VICTIMS];
};

static void pool_verify(struct sm_victim_report *r, const uint64_t *pool,
			unsigned int page)
{
	const uint64_t *words = pool + page * SM_PAGE_WORDS;
	unsigned int word = sm_canary_check(words);
	uint32_t nobody = 0;

	if (word == SM_CANARY_WORDS ||
	    !__atomic_compare_exchange_n(&r->claimed, &nobody, 1, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	r->page = page;
	r->word = word;
	r->value = sm_read(&words[word]);
	sm_store_release(&r->found, 1);
}

/* Whole batches at random places: never in the order they were filled in. */
static void pool_turn(struct sm_victim_report *r, uint64_t *pool,
		      struct sm_rng *rng, uint64_t *round, uint64_t cookie)
{
	unsigned int first = sm_rng_below(rng, POOL_PAGES / POOL_BATCH) *
			     POOL_BATCH;
	unsigned int i, page;

	for (i = 0; i < POOL_BATCH; i++)
		pool_verify(r, pool, first + i);
	madvise(pool + first * SM_PAGE_WORDS, POOL_BATCH * SM_PAGE_SIZE,
		MADV_DONTNEED);
	sm_util_nap(POOL_NAP_NS);
	for (i = 0; i < POOL_BATCH; i++) {
		page = first + (i * 7) % POOL_BATCH;
		sm_canary_put(pool + page * SM_PAGE_WORDS, (*round)++, cookie);
	}
}

/* To one of the processors that the run may use, in turn. */
static void victim_pin(unsigned int index)
{
	cpu_set_t may, set;
	int cpu;

	if (sched_getaffinity(0, sizeof(may), &may))
		return;
	index %= CPU_COUNT(&may);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &may) && !index--)
			break;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void victim_child(struct sm_host *host, struct sm_victim_report *r,
			 unsigned int index)
{
	uint64_t cookie = host->scene->cookie;
	struct sm_rng rng;
	uint64_t round = 0;
	uint64_t *pool;
	unsigned int i;

	if (host->scene->dev.fd >= 0)
		close(host->scene->dev.fd);
	victim_pin(index);
	pool = mmap(NULL, POOL_PAGES * SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pool == MAP_FAILED)
		_exit(1);
	madvise(pool, POOL_PAGES * SM_PAGE_SIZE, MADV_NOHUGEPAGE);
	for (i = 0; i < POOL_PAGES; i++)
		sm_canary_put(pool + i * SM_PAGE_WORDS, round++, cookie);
	sm_write(&r->recycled[index], round);
	sm_rng_seed(&rng, host->scene->spec->seed, SM_STREAM_VICTIM, index);
	while (!sm_read(&r->stop)) {
		pool_turn(r, pool, &rng, &round, cookie);
		sm_write(&r->recycled[index], round);
		sm_util_nap(POOL_NAP_NS);
	}
	for (i = 0; i < POOL_PAGES; i++)
		pool_verify(r, pool, i);
	_exit(0);
}

static int victim_start(struct sm_host *host, struct sm_victims *v)
{
	cpu_set_t may;
	long cpus = sched_getaffinity(0, sizeof(may), &may) ?
			    sysconf(_SC_NPROCESSORS_ONLN) : CPU_COUNT(&may);
	pid_t child;
	void *p;

	p = mmap(NULL, sizeof(*v->report), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	v->report = p;
	while (v->nr < SM_VICTIMS && (long)v->nr < cpus) {
		child = sm_child_fork();
		if (!child)
			victim_child(host, v->report, v->nr);
		if (child < 0)
			return child;
		v->pids[v->nr++] = child;
	}
	return 0;
}

/* Turn what a victim found into a finding. */
static void victim_poll(struct sm_host *host, void *state)
{
	struct sm_victims *v = state;
	struct sm_victim_report *r = v->report;

	if (!r || !sm_load_acquire(&r->found))
		return;
	sm_canary_accuse(host->docket, "another process", r->value);
	sm_write(&r->found, 0);
	sm_store_release(&r->claimed, 0);
}

/* They share @p: who is asked last has had as long as the first. */
static void victim_wait(struct sm_host *host, const struct sm_victims *v,
			unsigned int index, struct sm_patience *p)
{
	struct sm_child_end end;
	char who[32];
	int err = sm_child_wait(v->pids[index], &end, p);

	snprintf(who, sizeof(who), "victim %u", index);
	if (err == -ETIMEDOUT)
		sm_end_lose(host->end, who, &end);
	else if (err || !WIFEXITED(end.status) || WEXITSTATUS(end.status))
		sm_end_break(host->end, "%s died", who);
}

/* They have a last look. */
static void victim_count(struct sm_host *host, void *state)
{
	struct sm_victims *v = state;
	struct sm_patience p = sm_end_patience(host->end, 1);
	uint64_t sum = 0;
	unsigned int i;

	if (!v->report)
		return;
	sm_write(&v->report->stop, 1);
	for (i = 0; i < v->nr; i++) {
		victim_wait(host, v, i, &p);
		sum += v->report->recycled[i];
	}
	victim_poll(host, v);
	munmap(v->report, sizeof(*v->report));
	v->report = NULL;
	v->nr = 0;
	host->scene->result->recycled += sum;
}

static bool victim_prepare(struct sm_host *host, void *state)
{
	int err;

	if (!sm_host_has_victims(host))
		return true;
	err = victim_start(host, state);
	if (err)
		sm_end_break(host->end, "cannot start a victim: %s",
			     strerror(-err));
	return !err;
}

const struct sm_actor sm_actor_victims = {
	.name = "victims",
	.size = sizeof(struct sm_victims),
	.prepare = victim_prepare,
	.tick = victim_poll,
	.count = victim_count,
};
