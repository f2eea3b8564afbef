/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of rows of a table that may have more than 64 of them: ops, defects. It
 * is a value, in the layout of the module's bitmaps: row n is bit n % 64 of word
 * n / 64, and all zeroes are the empty set.
 */
#ifndef SM_SET_H
#define SM_SET_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define SM_SET_WORDS	4
#define SM_SET_ROOM	(64 * SM_SET_WORDS)

/* Rows of the op table: with 1 added, a byte; see sm_model.last_op. */
#define SM_MAX_OPS	255

/**
 * struct sm_set - some numbers below SM_SET_ROOM
 * @word: their bits
 */
struct sm_set {
	uint64_t word[SM_SET_WORDS];
};

/* An initialiser: the set of one constant. */
#define SM_SET_INIT(n)	{ .word = { [(n) / 64] = 1ULL << (n) % 64 } }

/* For each member, from the least. It may be removed meanwhile. */
#define sm_set_for_each(n, s)						\
	for ((n) = sm_set_next(s, 0); (n) < SM_SET_ROOM;		\
	     (n) = sm_set_next(s, (n) + 1))

static inline void sm_set_add(struct sm_set *s, unsigned int n)
{
	assert(n < SM_SET_ROOM);
	s->word[n / 64] |= 1ULL << n % 64;
}

static inline void sm_set_remove(struct sm_set *s, unsigned int n)
{
	assert(n < SM_SET_ROOM);
	s->word[n / 64] &= ~(1ULL << n % 64);
}

static inline bool sm_set_has(const struct sm_set *s, unsigned int n)
{
	return n < SM_SET_ROOM && s->word[n / 64] >> n % 64 & 1;
}

/* The set of one number. */
static inline struct sm_set sm_set_of(unsigned int n)
{
	struct sm_set s = { { 0 } };

	sm_set_add(&s, n);
	return s;
}

/* All numbers below @nr. */
static inline struct sm_set sm_set_below(unsigned int nr)
{
	struct sm_set s = { { 0 } };
	unsigned int n;

	for (n = 0; n < nr; n++)
		sm_set_add(&s, n);
	return s;
}

static inline void sm_set_or(struct sm_set *s, const struct sm_set *other)
{
	unsigned int i;

	for (i = 0; i < SM_SET_WORDS; i++)
		s->word[i] |= other->word[i];
}

static inline void sm_set_and(struct sm_set *s, const struct sm_set *other)
{
	unsigned int i;

	for (i = 0; i < SM_SET_WORDS; i++)
		s->word[i] &= other->word[i];
}

static inline void sm_set_andnot(struct sm_set *s, const struct sm_set *other)
{
	unsigned int i;

	for (i = 0; i < SM_SET_WORDS; i++)
		s->word[i] &= ~other->word[i];
}

static inline unsigned int sm_set_count(const struct sm_set *s)
{
	unsigned int i, nr = 0;

	for (i = 0; i < SM_SET_WORDS; i++)
		nr += __builtin_popcountll(s->word[i]);
	return nr;
}

static inline bool sm_set_empty(const struct sm_set *s)
{
	return !sm_set_count(s);
}

/* Have they a member in common? */
static inline bool sm_set_meets(const struct sm_set *s,
				const struct sm_set *other)
{
	struct sm_set both = *s;

	sm_set_and(&both, other);
	return !sm_set_empty(&both);
}

/* The least member that is not below @n, or SM_SET_ROOM. */
static inline unsigned int sm_set_next(const struct sm_set *s, unsigned int n)
{
	while (n < SM_SET_ROOM && !sm_set_has(s, n))
		n++;
	return n;
}

#endif /* SM_SET_H */
