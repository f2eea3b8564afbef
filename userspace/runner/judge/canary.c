// SPDX-License-Identifier: GPL-2.0-only
/* What nobody but a stale translation changes: see canary.h. */
#include "base/util.h"
#include "canary.h"
#include "docket.h"
#include "memory/scene.h"

#define CANARY 0x4ca7000000000000ULL /* unlike a stamp or a mark */

/* A canary knows its word, page and round: a displaced one shows as well. */
static uint64_t canary(const uint64_t *page, unsigned int word, uint64_t round)
{
	return CANARY | ((uintptr_t)page >> SM_PAGE_SHIFT & 0xffff) << 32 |
	       (uint64_t)word << 24 | (round & 0xffffff);
}

/*
 * sm_canary_put() - the words that devices write. The last word says whose page it is: a driver
 * that is broken on purpose writes to no others.
 */
void sm_canary_put(uint64_t *page, uint64_t round, uint64_t cookie)
{
	unsigned int i;

	for (i = 0; i < SM_CANARY_WORDS; i++)
		sm_write(&page[i], canary(page, i, round));
	sm_write(&page[SM_WORD_COOKIE], cookie);
}

/*
 * sm_canary_check() - returns the first word that changed, or SM_CANARY_WORDS.
 * The last one, which no device writes, has the round.
 */
unsigned int sm_canary_check(const uint64_t *page)
{
	uint64_t round = sm_read(&page[SM_CANARY_WORDS - 1]);
	unsigned int i;

	for (i = 0; i < SM_CANARY_WORDS; i++)
		if (sm_read(&page[i]) != canary(page, i, round))
			break;
	return i;
}

/* sm_canary_accuse() - a device wrote @value to a page of @who. */
void sm_canary_accuse(struct sm_docket *docket, const char *who, uint64_t value)
{
	struct sm_scene *scene = docket->scene;
	uint64_t page = value >> 24 & 0xffffff;
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_MISPLACED,
		.mirror = scene->mirrors,
	};

	if (page < scene->model.pages)
		h.va = scene->arena.start + (page << SM_PAGE_SHIFT);
	sm_docket_hit(docket, &h,
		      "%016llx was written to a page that belongs to %s by now (meant for %llx)",
		      (unsigned long long)value, who, (unsigned long long)h.va);
}
