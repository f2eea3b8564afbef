/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the words of a granted page hold: each knows its page, its place and its
 * number, and carries a check, so that one that is stale, displaced or torn
 * shows.
 *
 *	bits 0-23	number: how often this word was written
 *	bits 24-47	page, by an id that no page has twice in a run
 *	bits 48-63	check over these and the word's place
 */
#ifndef SM_GNTDEV_WORD_H
#define SM_GNTDEV_WORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/util.h"

#define GNT_WORD_MASK	0xffffffULL

/* Words of a page, by who writes them; the others never change. */
#define GNT_WORD_STAMP	0	/* its owner, on the granter's side */
#define GNT_WORD_DIRECT	1	/* its owner, through a map */
#define GNT_WORD_AGENT	2	/* agent i writes word 2 + i */
#define GNT_WORD_LOW	6	/* bytes 48 to 63: unmap notifications */
#define GNT_WORD_FIXED	8	/* from here on */
#define GNT_WORD_HIGH	510	/* bytes 4080 to 4095: notifications too */

static inline uint64_t gnt_word_make(uint32_t id, uint32_t number,
				     unsigned int word)
{
	uint64_t low = (id & GNT_WORD_MASK) << 24 | (number & GNT_WORD_MASK);

	return low | sm_rng_mix(low ^ (uint64_t)(word + 1) << 48) >> 48 << 48;
}

static inline uint32_t gnt_word_id(uint64_t value)
{
	return value >> 24 & GNT_WORD_MASK;
}

static inline uint32_t gnt_word_number(uint64_t value)
{
	return value & GNT_WORD_MASK;
}

static inline bool gnt_word_valid(uint64_t value, unsigned int word)
{
	return value == gnt_word_make(gnt_word_id(value),
				      gnt_word_number(value), word);
}

/*
 * gnt_word_between() - is this the word of that page, with a number from
 * @first to @last? Numbers wrap.
 */
static inline bool gnt_word_between(uint64_t value, unsigned int word,
				    uint32_t id, uint32_t first, uint32_t last)
{
	uint32_t number = gnt_word_number(value);

	return gnt_word_valid(value, word) && gnt_word_id(value) == id &&
	       ((number - first) & GNT_WORD_MASK) <=
		       ((last - first) & GNT_WORD_MASK);
}

/*
 * gnt_word_notify() - place of the byte by which map @slot learns that a page
 * was unmapped: those of a page differ, and lie at its very ends.
 */
static inline unsigned int gnt_word_notify(unsigned int slot)
{
	return slot & 1 ? 8 * GNT_WORD_LOW + slot / 2 :
			  SM_PAGE_SIZE - 1 - slot / 2;
}

#endif /* SM_GNTDEV_WORD_H */
