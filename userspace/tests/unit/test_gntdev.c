// SPDX-License-Identifier: GPL-2.0-only
/*
 * A gntdev that unmaps too little, or too much, or not what it says, is found
 * out, and a good one is not. The driver is ours: a table of 16 places.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define gnt_accuse	fake_accuse
#define gnt_dev_list	fake_list
#define gnt_dev_notify	fake_notify
#define gnt_dev_unlist	fake_unlist
#define gnt_page_pick	fake_pick
#define gnt_page_put	fake_put
#define gnt_page_stamp	fake_stamp
#define gnt_pfn		fake_pfn
#define gnt_read	fake_read
#define gnt_write	fake_write
#define mmap		fake_mmap
#define munmap		fake_munmap

#include "backends/gntdev/map.c"

#undef mmap
#undef munmap

/* What the fake does wrong. */
static bool keeps_mapped, takes_neighbour, tells_nobody, tells_too_early;
static bool other_page, ignores_read_only, reads_stale;

static uint64_t memory[GNT_POOL_PAGES][SM_PAGE_WORDS];
static struct gnt_page *mapped[GNT_MAP_PAGES];
static uint8_t *notice;
static unsigned int notice_place;
static struct sm_scene scene;
static struct sm_host host = { .scene = &scene };
static struct sm_run_result result;
static struct sm_wire wire;
static struct gnt_state state;
static struct gnt_thread *const thread = &state.threads[0];
static struct gnt_map *const map = &state.threads[0].map[0];
static unsigned int accused;
static char oracles[256];

void fake_accuse(struct sm_host *h, const char *oracle, enum sm_kind kind,
		 const char *op, uint64_t va, const char *fmt, ...)
{
	(void)h;
	(void)kind;
	(void)op;
	(void)va;
	(void)fmt;
	if (!strstr(oracles, oracle) && strlen(oracles) < 200)
		strcat(oracles, oracle);
	accused++;
}

struct gnt_page *fake_pick(struct gnt_thread *g)
{
	struct gnt_page *p =
		&g->pool.page[sm_rng_below(&g->rng, GNT_POOL_PAGES)];

	return p;
}

void fake_put(struct gnt_page *p)
{
	p->uses--;
}

void fake_stamp(struct gnt_page *p, uint64_t va)
{
	(void)va;
	p->committed++;
	p->announced++;
	p->view[GNT_WORD_STAMP] =
		gnt_word_make(p->id, p->committed, GNT_WORD_STAMP);
}

int fake_list(int fd, const uint32_t *refs, unsigned int nr, uint64_t *offset)
{
	(void)fd;
	(void)refs;
	(void)nr;
	*offset = 0;
	return 0;
}

int fake_unlist(int fd, uint64_t offset, unsigned int nr)
{
	(void)fd;
	(void)offset;
	(void)nr;
	return 0;
}

int fake_notify(int fd, uint64_t offset)
{
	(void)fd;
	notice_place = map->first + offset / SM_PAGE_SIZE;
	notice = (uint8_t *)map->page[notice_place]->view +
		 offset % SM_PAGE_SIZE;
	return 0;
}

void *fake_mmap(void *va, size_t len, int prot, int flags, int fd, off_t offset)
{
	unsigned int i;

	(void)prot;
	(void)flags;
	(void)fd;
	(void)offset;
	for (i = map->first; i < map->first + len / SM_PAGE_SIZE; i++)
		mapped[i] = map->page[i];
	return va;
}

static void fake_lose(unsigned int place)
{
	if (place >= GNT_MAP_PAGES || keeps_mapped)
		return;
	if (notice && place == notice_place && !tells_nobody) {
		*notice = 0;
		notice = NULL;
	}
	mapped[place] = NULL;
}

int fake_munmap(void *va, size_t len)
{
	unsigned int first = ((uint64_t)va - map->base) / SM_PAGE_SIZE;
	unsigned int i;

	for (i = first; i < first + len / SM_PAGE_SIZE; i++)
		fake_lose(i);
	if (takes_neighbour)
		fake_lose(first + len / SM_PAGE_SIZE);
	if (tells_too_early && notice)
		*notice = 0;
	return 0;
}

int fake_pfn(const struct gnt_state *s, uint64_t va, uint64_t *entry,
	     unsigned int nr)
{
	unsigned int i;

	(void)s;
	(void)va;
	for (i = 0; i < nr; i++)
		entry[i] = mapped[i] ? SM_ENT_PRESENT |
					       (mapped[i]->pfn + other_page) :
				       0;
	return 0;
}

static uint64_t *fake_word(uint64_t va, const struct gnt_page *p)
{
	return &p->view[va % SM_PAGE_SIZE / 8];
}

bool fake_read(struct gnt_thread *g, uint64_t va, uint64_t *value)
{
	struct gnt_page *p = mapped[(va - map->base) / SM_PAGE_SIZE];

	(void)g;
	if (p)
		*value = *fake_word(va, p);
	if (p && reads_stale && va % SM_PAGE_SIZE == 8 * GNT_WORD_STAMP)
		*value = gnt_word_make(p->id, p->committed - 1, GNT_WORD_STAMP);
	return p;
}

bool fake_write(struct gnt_thread *g, uint64_t va, uint64_t value)
{
	struct gnt_page *p = mapped[(va - map->base) / SM_PAGE_SIZE];

	(void)g;
	if (!p || (!map->writable && !ignores_read_only))
		return false;
	*fake_word(va, p) = value;
	return true;
}

static void fill_page(unsigned int i)
{
	struct gnt_page *p = &thread->pool.page[i];
	unsigned int k;

	p->id = i + 1;
	p->view = memory[i];
	p->pfn = 0x1000 + 2 * i;
	for (k = 0; k < SM_PAGE_WORDS; k++)
		p->view[k] = gnt_word_make(p->id, 0, k);
}

static int set_up(void **unused)
{
	unsigned int i;

	(void)unused;
	memset(&state, 0, sizeof(state));
	memset(mapped, 0, sizeof(mapped));
	memset(oracles, 0, sizeof(oracles));
	accused = 0;
	notice = NULL;
	keeps_mapped = false;
	takes_neighbour = false;
	tells_nobody = false;
	tells_too_early = false;
	other_page = false;
	ignores_read_only = false;
	reads_stale = false;
	scene.result = &result;
	scene.wire = &wire;
	thread->host = &host;
	thread->s = &state;
	map->base = SM_ARENA_START;
	map->notify = -1;
	sm_rng_seed(&thread->rng, 1, 2, 3);
	for (i = 0; i < GNT_POOL_PAGES; i++)
		fill_page(i);
	return 0;
}

/* Maps that lose some of their pages, and then all. */
static void storm(void)
{
	unsigned int i, first, nr;

	for (i = 0; i < 200; i++) {
		assert_int_equal(gnt_map_make(thread, map), 0);
		gnt_map_verify(thread, map);
		nr = map->end - map->first;
		first = map->first + sm_rng_below(&thread->rng, nr);
		gnt_map_announce(map, first, first + 1, GNT_NONE);
		fake_munmap(gnt_map_at(map, first), SM_PAGE_SIZE);
		gnt_map_verify(thread, map);
		gnt_map_commit(map);
		assert_int_equal(gnt_map_alive(map), nr > 1);
		gnt_map_verify(thread, map);
		assert_int_equal(gnt_map_clear(thread, map), 0);
	}
}

static void a_good_one_is_not_accused(void **unused)
{
	unsigned int i;

	(void)unused;
	storm();
	assert_int_equal(accused, 0);
	assert_true(thread->notified > 50);
	for (i = 0; i < GNT_POOL_PAGES; i++)
		assert_int_equal(thread->pool.page[i].uses, 0);
}

static void expect(const char *oracle)
{
	storm();
	assert_true(accused);
	assert_non_null(strstr(oracles, oracle));
}

static void a_page_that_stays(void **unused)
{
	(void)unused;
	keeps_mapped = true;
	expect("pagemap");
	assert_non_null(strstr(oracles, "refs"));
	assert_non_null(strstr(oracles, "content"));
}

static void a_neighbour_that_goes(void **unused)
{
	(void)unused;
	takes_neighbour = true;
	expect("over");
}

static void an_unmap_that_nobody_hears_of(void **unused)
{
	(void)unused;
	tells_nobody = true;
	expect("refs");
}

static void a_notice_without_an_unmap(void **unused)
{
	(void)unused;
	tells_too_early = true;
	expect("over");
}

static void another_page(void **unused)
{
	(void)unused;
	other_page = true;
	expect("pagemap");
}

static void a_read_only_map_that_can_be_written(void **unused)
{
	(void)unused;
	ignores_read_only = true;
	expect("perm");
}

static void an_old_stamp(void **unused)
{
	(void)unused;
	reads_stale = true;
	expect("content");
}

static void words_know_their_page_place_and_number(void **unused)
{
	const uint64_t w = gnt_word_make(5, 7, 3);

	(void)unused;
	assert_int_equal(gnt_word_id(w), 5);
	assert_int_equal(gnt_word_number(w), 7);
	assert_true(gnt_word_between(w, 3, 5, 7, 7));
	assert_true(gnt_word_between(w, 3, 5, 0, 9));
	assert_false(gnt_word_between(w, 3, 5, 8, 9));
	assert_false(gnt_word_between(w, 3, 6, 0, 9));
	assert_false(gnt_word_between(w, 4, 5, 0, 9));
	assert_false(gnt_word_between(w ^ 1, 3, 5, 0, 9));
	assert_false(gnt_word_valid(0, 0));
	assert_true(gnt_word_between(gnt_word_make(5, 1, 0), 0, 5,
				     GNT_WORD_MASK, 2));
}

static void notices_have_places_of_their_own(void **unused)
{
	unsigned int i, k, byte;

	(void)unused;
	for (i = 0; i <= GNT_SLOTS; i++) {
		byte = gnt_word_notify(i);
		assert_true((byte / 8 >= GNT_WORD_LOW &&
			     byte / 8 < GNT_WORD_FIXED) ||
			    (byte / 8 >= GNT_WORD_HIGH &&
			     byte < SM_PAGE_SIZE));
		for (k = 0; k < i; k++)
			assert_int_not_equal(gnt_word_notify(k), byte);
	}
}

/* What was refused leaves the tags as they were. */
static void tags_are_taken_back(void **unused)
{
	uint64_t before[GNT_MAP_PAGES];

	(void)unused;
	assert_int_equal(gnt_map_make(thread, map), 0);
	memcpy(before, map->committed, sizeof(before));
	gnt_map_announce(map, 0, GNT_MAP_PAGES, GNT_GONE);
	assert_memory_not_equal(map->announced, before, sizeof(before));
	gnt_map_retract(map);
	gnt_map_commit(map);
	assert_memory_equal(map->committed, before, sizeof(before));
	assert_true(gnt_map_alive(map));
}

#define TEST(fn)	cmocka_unit_test_setup(fn, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_one_is_not_accused),
		TEST(a_page_that_stays),
		TEST(a_neighbour_that_goes),
		TEST(an_unmap_that_nobody_hears_of),
		TEST(a_notice_without_an_unmap),
		TEST(another_page),
		TEST(a_read_only_map_that_can_be_written),
		TEST(an_old_stamp),
		TEST(words_know_their_page_place_and_number),
		TEST(notices_have_places_of_their_own),
		TEST(tags_are_taken_back),
	};

	return cmocka_run_group_tests_name("gntdev", tests, NULL, NULL);
}
