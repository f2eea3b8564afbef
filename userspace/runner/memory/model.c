// SPDX-License-Identifier: GPL-2.0-only
/* The model: announcing changes, and judging what a device saw. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/util.h"
#include "model.h"

int sm_model_init(struct sm_model *m, struct sm_tag *tags, uint64_t pages,
		  uint64_t cookie)
{
	uint64_t i;

	m->last_op = calloc(pages, sizeof(*m->last_op));
	if (!m->last_op)
		return -ENOMEM;
	m->tags = tags;
	m->pages = pages;
	m->cookie = cookie;
	for (i = 0; i < pages; i++) {
		sm_write(&tags[i].announced, SM_TAG_ZERO);
		sm_write(&tags[i].committed, SM_TAG_ZERO);
	}
	return 0;
}

void sm_model_free(struct sm_model *m)
{
	free(m->last_op);
	m->last_op = NULL;
	m->tags = NULL;
}

static uint64_t model_next(uint64_t word, struct sm_change c)
{
	uint64_t gen = (sm_model_gen(word) + 1) & SM_TAG_GEN_MASK;
	uint64_t flags = (word & SM_TAG_FLAGS & ~c.clear) | c.set;
	uint32_t number = sm_model_number(word) + c.stamps;

	return flags | gen << SM_TAG_GEN_SHIFT | number;
}

/*
 * sm_model_announce() - say what pages will be, before anything is done to
 * them. The barrier keeps the words ahead of the change, see the file head.
 */
void sm_model_announce(struct sm_model *m, uint64_t first, uint64_t nr,
		       struct sm_change c)
{
	struct sm_tag *t = m->tags + first;
	uint64_t i;

	for (i = 0; i < nr; i++)
		sm_write(&t[i].announced,
			 model_next(sm_read(&t[i].committed), c));
	sm_fence();
}

/* sm_model_commit() - the announced change is complete. */
void sm_model_commit(struct sm_model *m, uint64_t first, uint64_t nr)
{
	struct sm_tag *t = m->tags + first;
	uint64_t i;

	sm_fence();
	for (i = 0; i < nr; i++)
		sm_store_release(&t[i].committed, sm_read(&t[i].announced));
}

/*
 * sm_model_blur() - what was announced has failed: pages are as they were, or as they
 * were to be, or in between, until they are mapped anew and hold something that is
 * known. What was announced is never committed as it is: whoever accesses a page
 * meanwhile may find what it held.
 */
void sm_model_blur(struct sm_model *m, uint64_t first, uint64_t nr)
{
	static const struct sm_change none;
	struct sm_tag *t = m->tags + first;
	uint64_t i, word, was;

	for (i = 0; i < nr; i++) {
		word = sm_read(&t[i].announced);
		was = sm_read(&t[i].committed);
		if (word == was)
			word = model_next(was, none);
		word |= SM_TAG_BLURRED | SM_TAG_CONTENT;
		sm_write(&t[i].announced, word);
	}
	sm_model_commit(m, first, nr);
}

/*
 * sm_model_stamp() - the value of stamp @number of a page: the page's number,
 * the low 24 bits of the stamp's, and 15 check bits under a set top bit.
 */
uint64_t sm_model_stamp(uint64_t page, uint32_t number)
{
	uint64_t low = (page & 0xffffff) << 24 | (number & 0xffffff);
	uint64_t check = sm_rng_mix(page << 32 ^ number ^ 0x57a1e3a7eULL);

	return 1ULL << 63 | (check & 0x7fff) << 48 | low;
}

static bool model_allows(uint64_t word, uint64_t page, uint64_t value)
{
	if (word & SM_TAG_BLURRED)
		return true;
	if (!(word & SM_TAG_READ))
		return false;
	if ((word & SM_TAG_ZERO) && !value)
		return true;
	return (word & SM_TAG_STAMP) &&
	       value == sm_model_stamp(page, sm_model_number(word));
}

/* Several changes in between: zero, or any stamp written meanwhile. */
static bool model_allows_between(uint64_t before, uint64_t after,
				 uint64_t page, uint64_t value)
{
	uint32_t first = sm_model_number(before);
	uint32_t span = sm_model_number(after) - first;
	uint32_t skip = ((uint32_t)value - first) & 0xffffff;

	if (!value)
		return true;
	return skip <= span && value == sm_model_stamp(page, first + skip);
}

static uint32_t model_distance(uint64_t before, uint64_t after)
{
	return (sm_model_gen(after) - sm_model_gen(before)) & SM_TAG_GEN_MASK;
}

static enum sm_judgement model_refusal(uint64_t word)
{
	if (!(word & SM_TAG_MAPPED))
		return SM_JUDGE_UNMAPPED;
	if (!(word & SM_TAG_READ))
		return SM_JUDGE_UNREADABLE;
	return SM_JUDGE_VALUE;
}

/*
 * sm_model_judge_read() - judge a read that returned data. A refused access
 * says nothing: a device may always be refused.
 */
enum sm_judgement sm_model_judge_read(uint64_t page, uint64_t value,
				      uint64_t before, uint64_t after)
{
	uint32_t distance = model_distance(before, after);

	if (model_allows(before, page, value))
		return SM_JUDGE_OK;
	if (!distance)
		return model_refusal(before);
	if (model_allows(after, page, value))
		return SM_JUDGE_OK;
	if (distance > 1 && model_allows_between(before, after, page, value))
		return SM_JUDGE_OK;
	if (distance == 1 && model_refusal(before) == model_refusal(after))
		return model_refusal(before);
	return SM_JUDGE_VALUE;
}

/* sm_model_judge_write() - judge a write that went through. */
enum sm_judgement sm_model_judge_write(uint64_t before, uint64_t after)
{
	uint32_t distance = model_distance(before, after);

	if (((before | after) & (SM_TAG_WRITE | SM_TAG_BLURRED)) || distance > 1)
		return SM_JUDGE_OK;
	if ((before | after) & SM_TAG_READ)
		return SM_JUDGE_READONLY;
	if ((before | after) & SM_TAG_MAPPED)
		return SM_JUDGE_UNREADABLE;
	return SM_JUDGE_UNMAPPED;
}

/* sm_model_mark_fits() - could a device have written this to that page? */
bool sm_model_mark_fits(uint64_t value, unsigned int mark, uint64_t page)
{
	return !value || value >> 24 == sm_model_mark(mark, page, 0) >> 24;
}

/*
 * sm_model_mark_since() - was this written to the page that @mark was written to,
 * and not before it? Numbers start again after some millions.
 */
bool sm_model_mark_since(uint64_t value, uint64_t mark)
{
	return value >> 24 == mark >> 24 &&
	       ((value - mark) & 0xffffff) < 0x800000;
}

/* sm_model_describe() - a state in words: "rw, stamp 12". */
void sm_model_describe(uint64_t word, char *buf, unsigned int size)
{
	const char *access = "unmapped";

	if (word & SM_TAG_MAPPED)
		access = "PROT_NONE";
	if (word & SM_TAG_READ)
		access = word & SM_TAG_WRITE ? "rw" : "ro";
	if (word & SM_TAG_BLURRED)
		access = "half-way";
	if (!(word & SM_TAG_STAMP))
		snprintf(buf, size, "%s, zero", access);
	else
		snprintf(buf, size, "%s, %sstamp %u", access,
			 word & SM_TAG_ZERO ? "zero or " : "",
			 sm_model_number(word));
}
