// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel SVA without a card: what descriptors say is done by this file, as the card would,
 * over pages that it is refused or that are stale.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "backends/intel_sva/lane.h"
#include "backends/intel_sva/ring.h"
#include "base/guard.h"
#include "wrap_sva.h"

#define COOKIE	0xc00c1eULL
#define PAGES	4U

static char *arena, *old;
static bool refused[PAGES], stale[PAGES];
static unsigned int doorbells;

/* Where the card comes to, or NULL if it faults; zeroes are read then. */
static void *translate(uint64_t va)
{
	uint64_t page = (va - (uintptr_t)arena) / SM_PAGE_SIZE;

	if (va < (uintptr_t)arena || page >= PAGES)
		return (void *)va;
	if (refused[page])
		return NULL;
	return stale[page] ? old + (va - (uintptr_t)arena) : (void *)va;
}

static void scatter(struct sva_nic *nic, unsigned int *rx, const char *packet,
		    size_t size)
{
	size_t some;
	void *to;

	for (; size; size -= some, packet += some) {
		some = size < SVA_BUFFER ? size : SVA_BUFFER;
		assert_true(*rx < nic->rx);
		to = translate(nic->memory->rx[(*rx)++].to);
		if (to)
			memcpy(to, packet, some);
	}
}

int __wrap_sva_nic_go(struct sva_nic *nic)
{
	char packet[2 * SVA_BUFFER];
	size_t size = 0, bytes;
	unsigned int i, rx = 0;
	void *from;

	doorbells += !!nic->tx;
	for (i = 0; i < nic->tx; i++) {
		from = translate(nic->memory->tx[i].from);
		bytes = nic->memory->tx[i].command & 0xffff;
		assert_true(size + bytes <= sizeof(packet));
		memset(packet + size, 0, bytes);
		if (from)
			memcpy(packet + size, from, bytes);
		size += bytes;
		if (!(nic->memory->tx[i].command & SVA_TX_LAST))
			continue;
		if (size < 60)	/* of Ethernet */
			memset(packet + size, 0, 60 - size);
		scatter(nic, &rx, packet, size < 60 ? 60 : size);
		size = 0;
	}
	assert_int_equal(size, 0);
	assert_int_equal(rx, nic->rx);
	return 0;
}

/* ---- tests ------------------------------------------------------------------- */

static struct sva_state *s;

static uint64_t *word(unsigned int page, unsigned int nr)
{
	return (uint64_t *)(arena + page * SM_PAGE_SIZE) + nr;
}

static int set_up(void **state)
{
	unsigned int i;

	(void)state;
	memset(refused, 0, sizeof(refused));
	memset(stale, 0, sizeof(stale));
	memset(arena, 0, PAGES * SM_PAGE_SIZE);
	memset(old, 0, PAGES * SM_PAGE_SIZE);
	for (i = 0; i < PAGES; i++)
		*word(i, SM_WORD_COOKIE) = COOKIE;
	return 0;
}

static struct sm_access use(unsigned int page, unsigned int nr, bool write,
			    uint64_t value)
{
	struct sm_access a = {
		.va = (uintptr_t)word(page, nr),
		.value = value,
		.write = write,
	};

	assert_int_equal(sva_lane_access(s, 0, &a, 1), 0);
	return a;
}

static void moves(void **state)
{
	(void)state;
	*word(1, 7) = 70;
	*word(1, 9) = 90;
	assert_int_equal(use(1, 8, true, 80).error, 0);
	assert_int_equal(*word(1, 7), 70);
	assert_int_equal(*word(1, 8), 80);
	assert_int_equal(*word(1, 9), 90);
	assert_int_equal(use(1, 8, false, 0).value, 80);
}

/* A zero is one if the page was there, and else nothing that can be judged. */
static void zeroes(void **state)
{
	struct sm_access a;

	(void)state;
	a = use(2, 8, false, 1);
	assert_int_equal(a.error, 0);
	assert_int_equal(a.value, 0);
	refused[2] = true;
	assert_int_equal(use(2, 8, false, 1).error, -EBUSY);
	assert_int_equal(use(2, 8, true, 1).error, -EBUSY);
	refused[2] = false;
	assert_int_equal(use(2, 8, false, 1).value, 0);
	*word(2, SM_WORD_COOKIE) = 0;
	assert_int_equal(use(2, 8, false, 1).error, -EBUSY);
	*word(2, 8) = 5;
	assert_int_equal(use(2, 8, false, 1).value, 5);
}

/* What a stale translation brings is shown; pages of others are not written to. */
static void others(void **state)
{
	uint64_t *there = (uint64_t *)(old + SM_PAGE_SIZE);

	(void)state;
	stale[1] = true;
	there[8] = 77;
	assert_int_equal(use(1, 8, false, 0).value, 77);
	assert_int_equal(use(1, 8, true, 1).error, -EBUSY);
	assert_int_equal(there[8], 77);
	there[SM_WORD_COOKIE] = COOKIE;
	assert_int_equal(use(1, 8, true, 1).error, 0);
	assert_int_equal(there[8], 1);
	assert_int_equal(*word(1, 8), 0);
}

/* A card that may only read leaves what is there: that is no write. */
static void same_again(void **state)
{
	(void)state;
	assert_int_equal(use(1, 8, true, 80).error, 0);
	assert_int_equal(use(1, 8, true, 80).error, -EBUSY);
	assert_int_equal(use(1, 8, true, 81).error, 0);
}

/* In order, however many; what is refused does not shift the answers of others. */
static void many(void **state)
{
	struct sm_access a[3 * SVA_BATCH + 1];
	uint64_t last = 0;
	unsigned int i;

	(void)state;
	refused[3] = true;
	memset(a, 0, sizeof(a));
	for (i = 0; i < 3 * SVA_BATCH + 1; i++) {
		a[i].va = (uintptr_t)word(i % 5 ? 0 : 3, 8);
		a[i].write = i % 3 == 0;
		a[i].value = 1000 + i;
	}
	doorbells = 0;
	assert_int_equal(sva_lane_access(s, 0, a, 3 * SVA_BATCH + 1), 0);
	assert_int_equal(doorbells, 2 * 4);
	for (i = 0; i < 3 * SVA_BATCH + 1; i++) {
		assert_int_equal(a[i].error, i % 5 ? 0 : -EBUSY);
		if (a[i].error)
			continue;
		if (a[i].write)
			last = a[i].value;
		assert_int_equal(a[i].value, last);
	}
}

/* The processor is refused as well, and lives on. */
static void forbidden(void **state)
{
	(void)state;
	assert_int_equal(sm_guard_start(), 0);	/* after cmocka's own */
	refused[0] = true;
	assert_int_equal(mprotect(arena, SM_PAGE_SIZE, PROT_NONE), 0);
	assert_int_equal(use(0, 8, false, 1).error, -EBUSY);
	assert_int_equal(use(0, 8, true, 1).error, -EBUSY);
	assert_int_equal(mprotect(arena, SM_PAGE_SIZE, PROT_READ | PROT_WRITE),
			 0);
	sm_guard_stop();
}

static void make_state(struct sm_host *host, struct sm_scene *scene)
{
	s = calloc(1, sizeof(*s));
	assert_non_null(s);
	scene->model.cookie = COOKIE;
	host->scene = scene;
	s->host = host;
	s->nr_cards = 1;
	s->lanes[0].card = &s->cards[0];
	s->cards[0].nic.memory = aligned_alloc(16, sizeof(struct sva_memory));
	assert_non_null(s->cards[0].nic.memory);
	memset(s->cards[0].nic.memory, 0, sizeof(struct sva_memory));
	pthread_mutex_init(&s->cards[0].lock, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(moves, set_up),
		cmocka_unit_test_setup(zeroes, set_up),
		cmocka_unit_test_setup(others, set_up),
		cmocka_unit_test_setup(same_again, set_up),
		cmocka_unit_test_setup(many, set_up),
		cmocka_unit_test_setup(forbidden, set_up),
	};
	struct sm_scene *scene = calloc(1, sizeof(*scene));
	struct sm_host *host = calloc(1, sizeof(*host));

	arena = mmap(NULL, 2 * PAGES * SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!scene || !host || arena == MAP_FAILED)
		return 1;
	old = arena + PAGES * SM_PAGE_SIZE;
	make_state(host, scene);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
