// SPDX-License-Identifier: GPL-2.0-only
/* What a device reads while memory changes: see look.h. */
#include <stddef.h>

#include "base/util.h"
#include "judge/docket.h"
#include "judge/oracle.h"
#include "look.h"
#include "memory/model.h"
#include "memory/scene.h"
#include "module/device.h"

#define LOOK_STEP	13	/* of so many pages one is looked at, and the last */

static uint64_t look_stamp(unsigned int round, uint64_t page)
{
	return 1ULL << 63 | (uint64_t)round << 32 | page;
}

static uint64_t *look_word(const struct sm_own *r, uint64_t page)
{
	return (uint64_t *)(r->start + page * SM_PAGE_SIZE) + SM_WORD_STAMP;
}

/* sm_look_stamp() - all pages are written to, where they are mapped so much higher. */
void sm_look_stamp(const struct sm_own *r, uint64_t shift, unsigned int round)
{
	uint64_t page;

	for (page = 0; page < SM_OWN_PAGES; page++)
		sm_write(look_word(r, page) + shift / sizeof(uint64_t),
			 look_stamp(round, page));
}

/* Refused it may be at any time. What a device got must be right. */
static bool look_read(struct sm_device *d, const struct sm_own *r,
		      struct sm_look *l, uint64_t page)
{
	uint64_t value;

	l->va = (uint64_t)look_word(r, page);
	if (sm_device_access(d, r->ids[l->mirror], false, l->va, &value,
			     sizeof(value), NULL) ||
	    (l->mapped && value == l->wanted)) {
		l->va = 0;
		return true;
	}
	l->value = value;
	return false;
}

/*
 * sm_look_at() - pages @from and up to @to, as they were stamped, or empty if @round is 0;
 * returns false if one is not as it should be.
 */
bool sm_look_at(struct sm_device *d, const struct sm_own *r, struct sm_look *l,
		uint64_t from, uint64_t to, unsigned int round)
{
	uint64_t page;

	for (page = from; l->judged && page < to; page++) {
		if (page % LOOK_STEP && page != from && page != to - 1)
			continue;
		l->wanted = round ? look_stamp(round, page) : 0;
		if (!look_read(d, r, l, page))
			return false;
	}
	return true;
}

/* sm_look_judge() - in the parent: @what is what the memory is. */
void sm_look_judge(struct sm_docket *docket, const struct sm_look *l,
		   const struct sm_mirror *mirrors, const char *op,
		   const char *what)
{
	struct sm_hit h = {
		.oracle = "content",
		.kind = l->mapped ? SM_KIND_WRONG_DATA : SM_KIND_UNMAPPED,
		.mirror = &mirrors[l->mirror],
		.op = op,
		.va = l->va,
	};

	if (!l->va)
		return;
	if (l->mapped)
		sm_docket_hit(docket, &h,
			      "a device read %016llx at %llx of a %s, where %016llx was",
			      (unsigned long long)l->value,
			      (unsigned long long)l->va, what,
			      (unsigned long long)l->wanted);
	else
		sm_docket_hit(docket, &h,
			      "a device read %016llx at %llx, which is not in the %s any more",
			      (unsigned long long)l->value,
			      (unsigned long long)l->va, what);
}
