// SPDX-License-Identifier: GPL-2.0-only
/* What the CPU finds in a page: see verify.h. */
#include "base/util.h"
#include "docket.h"
#include "legal.h"
#include "memory/scene.h"
#include "verify.h"

static void verify_wrong(struct sm_docket *docket, enum sm_kind kind,
			 uint64_t va, uint64_t value, const char *what)
{
	struct sm_hit h = { .oracle = "content", .kind = kind, .va = va };

	sm_docket_hit(docket, &h, "the CPU reads %016llx at %llx: %s",
		      (unsigned long long)value, (unsigned long long)va, what);
}

static void verify_verify_marks(struct sm_docket *docket, uint64_t page,
				const uint64_t *words)
{
	const struct sm_scene *scene = docket->scene;
	unsigned int i;
	uint64_t v = sm_read(&words[SM_WORD_DIRECT]);

	/* Where a device that pins its pages writes to is nobody's guess. */
	if (!scene->pinned && !sm_model_mark_fits(v, SM_MARK_DIRECT, page))
		verify_wrong(docket, SM_KIND_MISPLACED,
			     (uint64_t)&words[SM_WORD_DIRECT], v,
			     "a direct device write that was meant for another page");
	for (i = 0; i < scene->nr_agents; i++) {
		if (sm_legal_mirror(SM_LEGAL_PINNED, scene->agents[i].mirror))
			continue;
		v = sm_read(&words[SM_WORD_AGENT + i]);
		if (!sm_model_mark_fits(v, SM_MARK_AGENT + i, page))
			verify_wrong(docket, SM_KIND_MISPLACED,
				     (uint64_t)&words[SM_WORD_AGENT + i], v,
				     "an agent's write that was meant for another page");
	}
}

/*
 * sm_verify_page() - what the CPU reads must be what the model says, and
 * what devices wrote must carry this page's number. Only for the page's owner,
 * or when the storm is over: nobody may change the page meanwhile. Agents may
 * write their words at any time, and each of those writes fits.
 */
void sm_verify_page(struct sm_docket *docket, uint64_t page)
{
	const struct sm_scene *scene = docket->scene;
	uint64_t va = scene->arena.start + (page << SM_PAGE_SHIFT);
	const uint64_t *words = (const uint64_t *)va;
	uint64_t state = sm_model_state(&scene->model, page);
	uint64_t v;

	if (!(state & SM_TAG_READ))
		return;
	v = sm_read(&words[SM_WORD_STAMP]);
	if (sm_model_judge_read(page, v, state, state) != SM_JUDGE_OK)
		verify_wrong(docket, SM_KIND_DAMAGED, va, v,
			     "not what its owner left there");
	v = sm_read(&words[SM_WORD_COOKIE]);
	if (v != scene->model.cookie && (v || !(state & SM_TAG_ZERO)))
		verify_wrong(docket, SM_KIND_DAMAGED, va + 8 * SM_WORD_COOKIE,
			     v, "not what its owner left there");
	verify_verify_marks(docket, page, words);
}
