// SPDX-License-Identifier: GPL-2.0-only
/* Victims: who gets the pages that the storm frees. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "oracle.h"
#include "victim.h"

#define SINK_PAGES	256
#define SINK_BATCH	16
#define POOL_PAGES	512
#define POOL_BATCH	16
#define POOL_NAP_NS	(5 * SM_MSEC)
#define CANARY		0x4ca7000000000000ULL	/* unlike a stamp or a mark */
#define CANARY_WORDS	(SM_WORD_AGENT + SM_MAX_AGENTS + 1)

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

/* A canary knows its word, page and round: a displaced one shows as well. */
static uint64_t canary(const uint64_t *page, unsigned int word, uint64_t round)
{
	return CANARY | ((uintptr_t)page >> SM_PAGE_SHIFT & 0xffff) << 32 |
	       (uint64_t)word << 24 | (round & 0xffffff);
}

/*
 * The words that devices write. The last word says whose page it is: a driver
 * that is broken on purpose writes to no others.
 */
static void canary_put(uint64_t *page, uint64_t round, uint64_t cookie)
{
	unsigned int i;

	for (i = 0; i < CANARY_WORDS; i++)
		sm_write(&page[i], canary(page, i, round));
	sm_write(&page[SM_WORD_COOKIE], cookie);
}

/*
 * Returns the first word that changed, or CANARY_WORDS. The last one, which no
 * device writes, has the round.
 */
static unsigned int canary_check(const uint64_t *page)
{
	uint64_t round = sm_read(&page[CANARY_WORDS - 1]);
	unsigned int i;

	for (i = 0; i < CANARY_WORDS; i++)
		if (sm_read(&page[i]) != canary(page, i, round))
			break;
	return i;
}

static void victim_accuse(struct sm_engine *e, const char *who, uint64_t value)
{
	uint64_t page = value >> 24 & 0xffffff;
	struct sm_hit h = { .oracle = "content", .mirror = e->mirrors };

	if (page < e->model.pages)
		h.va = e->arena.start + (page << SM_PAGE_SHIFT);
	sm_oracle_hit(e, &h,
		      "%016llx was written to a page that belongs to %s by now (meant for %llx)",
		      (unsigned long long)value, who, (unsigned long long)h.va);
}

/* ---- sinks --------------------------------------------------------------- */

int sm_sink_init(struct sm_sink *s, struct sm_engine *e, unsigned int index)
{
	uint64_t va = SM_ARENA_SINK + index * SM_ARENA_SCRATCH_STEP;
	size_t size = SINK_PAGES * SM_PAGE_SIZE;
	void *p;

	p = mmap((void *)va, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	s->e = e;
	s->words = p;
	/* Small pages; and a fork must not make copies of them. */
	if (madvise(p, size, MADV_NOHUGEPAGE) < 0 && errno != EINVAL)
		return -errno;
	return madvise(p, size, MADV_DONTFORK) < 0 ? -errno : 0;
}

static uint64_t *sink_page(const struct sm_sink *s, uint64_t n)
{
	return s->words + n % SINK_PAGES * SM_PAGE_WORDS;
}

static void sink_verify(struct sm_sink *s, uint64_t n)
{
	const uint64_t *page = sink_page(s, n);
	unsigned int word = canary_check(page);

	if (word < CANARY_WORDS)
		victim_accuse(s->e, "a thread outside of the arena",
			      sm_read(&page[word]));
}

/*
 * sm_sink_take() - take pages that were just freed on this CPU, and only then
 * give up the oldest ones.
 */
void sm_sink_take(struct sm_sink *s)
{
	uint64_t i, oldest;

	if (!s->words)
		return;
	for (i = 0; i < SINK_BATCH; i++)
		canary_put(sink_page(s, s->next + i), s->round++,
			   s->e->model.cookie);
	s->next += SINK_BATCH;
	if (s->round < SINK_PAGES)
		return;
	oldest = s->next;
	for (i = 0; i < SINK_BATCH; i++)
		sink_verify(s, oldest + i);
	madvise(sink_page(s, oldest), SINK_BATCH * SM_PAGE_SIZE,
		MADV_DONTNEED);
}

void sm_sink_free(struct sm_sink *s)
{
	uint64_t i;

	if (!s->words)
		return;
	/* The batch in front of the oldest page is empty, or was never full. */
	for (i = 0; s->round >= SINK_PAGES && i < SINK_PAGES - SINK_BATCH; i++)
		sink_verify(s, s->next + SINK_BATCH + i);
	munmap(s->words, SINK_PAGES * SM_PAGE_SIZE);
	s->words = NULL;
}

/* ---- processes ----------------------------------------------------------- */

static void pool_verify(struct sm_victim_report *r, const uint64_t *pool,
			unsigned int page)
{
	const uint64_t *words = pool + page * SM_PAGE_WORDS;
	unsigned int word = canary_check(words);
	uint32_t nobody = 0;

	if (word == CANARY_WORDS ||
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
		canary_put(pool + page * SM_PAGE_WORDS, (*round)++, cookie);
	}
}

static void victim_pin(unsigned int index)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(index % (cpus > 0 ? cpus : 1), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void victim_child(struct sm_engine *e, unsigned int index, pid_t parent)
{
	struct sm_victim_report *r = e->victims.report;
	uint64_t cookie = e->model.cookie;
	struct sm_rng rng;
	uint64_t round = 0;
	uint64_t *pool;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (e->dev.fd >= 0)
		close(e->dev.fd);
	victim_pin(index);
	pool = mmap(NULL, POOL_PAGES * SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pool == MAP_FAILED)
		_exit(1);
	madvise(pool, POOL_PAGES * SM_PAGE_SIZE, MADV_NOHUGEPAGE);
	for (i = 0; i < POOL_PAGES; i++)
		canary_put(pool + i * SM_PAGE_WORDS, round++, cookie);
	sm_write(&r->recycled[index], round);
	sm_rng_seed(&rng, e->spec->seed, SM_STREAM_VICTIM, index);
	while (!sm_read(&r->stop)) {
		pool_turn(r, pool, &rng, &round, cookie);
		sm_write(&r->recycled[index], round);
		sm_util_nap(POOL_NAP_NS);
	}
	for (i = 0; i < POOL_PAGES; i++)
		pool_verify(r, pool, i);
	_exit(0);
}

/* sm_victim_start() - only while the process has one thread. */
int sm_victim_start(struct sm_engine *e)
{
	struct sm_victims *v = &e->victims;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pid_t parent = getpid(), child;
	void *p;

	p = mmap(NULL, sizeof(*v->report), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	v->report = p;
	while (v->nr < SM_VICTIMS && (long)v->nr < cpus) {
		child = fork();
		if (!child)
			victim_child(e, v->nr, parent);
		if (child < 0)
			return -errno;
		v->pids[v->nr++] = child;
	}
	return 0;
}

/* sm_victim_poll() - turn what a victim found into a finding. */
void sm_victim_poll(struct sm_engine *e)
{
	struct sm_victim_report *r = e->victims.report;

	if (!r || !sm_load_acquire(&r->found))
		return;
	victim_accuse(e, "another process", r->value);
	sm_write(&r->found, 0);
	sm_store_release(&r->claimed, 0);
}

/* sm_victim_stop() - have a last look; returns how many pages were recycled. */
uint64_t sm_victim_stop(struct sm_engine *e)
{
	struct sm_victims *v = &e->victims;
	uint64_t sum = 0;
	unsigned int i;
	int status;

	if (!v->report)
		return 0;
	sm_write(&v->report->stop, 1);
	for (i = 0; i < v->nr; i++) {
		while (waitpid(v->pids[i], &status, 0) < 0 && errno == EINTR)
			continue;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			sm_engine_break(e, "victim %u died", i);
		sum += v->report->recycled[i];
	}
	sm_victim_poll(e);
	munmap(v->report, sizeof(*v->report));
	v->report = NULL;
	v->nr = 0;
	return sum;
}
