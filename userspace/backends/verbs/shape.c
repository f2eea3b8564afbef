// SPDX-License-Identifier: GPL-2.0-only
/* Shapes of accesses: choosing them, and what they may do and find. */
#include <string.h>

#include "shape.h"

#define MTU_MIN		256U
#define HUGE_SIZE	(2ULL << 20)

/* One or a few bytes more or less than @len. */
static uint32_t shape_about(struct sm_rng *rng, uint32_t len)
{
	uint32_t off = sm_rng_below(rng, 9);

	return len + off > 4 ? len + off - 4 : 1;
}

static uint32_t shape_len(struct sm_rng *rng, unsigned int mtu)
{
	uint32_t len;

	switch (sm_rng_below(rng, 6)) {
	case 0:
		len = 1 + sm_rng_below(rng, 16);
		break;
	case 1:
		len = shape_about(rng, mtu * (1 + sm_rng_below(rng, 3)));
		break;
	case 2:
		len = shape_about(rng, SM_PAGE_SIZE);
		break;
	case 3:
		len = 1 + sm_rng_below(rng, 3 * SM_PAGE_SIZE);
		break;
	case 4:
		len = SM_PAGE_SIZE * (1 + sm_rng_below(rng, 8));
		break;
	default:
		len = 1 + sm_rng_below(rng, VERBS_SHAPE_MAX);
	}
	return len < VERBS_SHAPE_MAX ? len : VERBS_SHAPE_MAX;
}

/* Anywhere; at the start or the end of a page; across huge pages. */
static uint64_t shape_offset(struct sm_rng *rng, uint32_t len)
{
	uint64_t room = VERBS_SHAPE_SIZE - len;
	uint64_t offset = sm_rng_below(rng, room + 1);

	switch (sm_rng_below(rng, 4)) {
	case 0:
		return offset & ~(SM_PAGE_SIZE - 1);
	case 1:
		offset |= SM_PAGE_SIZE - 1;
		offset -= sm_rng_below(rng, len < 4096 ? len : 4096);
		break;
	case 2:
		offset = HUGE_SIZE * (1 + sm_rng_below(rng, 2)) -
			 sm_rng_below(rng, len + 1);
		break;
	default:
		break;
	}
	return offset < room ? offset : room;
}

/*
 * Without @whole anything goes. With it every packet begins at a page's start
 * and does not reach into the next page, but for atomics, which are a word.
 */
static void shape_whole(struct verbs_shape *s)
{
	s->offset = verbs_shape_start(s);
	if (s->mtu < SM_PAGE_SIZE && s->len > s->mtu)
		s->len = s->mtu;
}

/* verbs_shape_pick() - with a path MTU of at most @mtu bytes */
void verbs_shape_pick(struct sm_rng *rng, unsigned int mtu, bool whole,
		      struct verbs_shape *s)
{
	unsigned int steps = 0;

	while (MTU_MIN << steps < mtu)
		steps++;
	s->mtu = MTU_MIN << sm_rng_below(rng, steps + 1);
	s->kind = sm_rng_below(rng, VERBS_KINDS);
	s->before = sm_rng_below(rng, VERBS_BEFORE_NR);
	s->region = sm_rng_one_in(rng, 4) ?
		sm_rng_below(rng, VERBS_REGIONS) : VERBS_RW;
	s->len = shape_len(rng, s->mtu);
	s->offset = shape_offset(rng, s->len);
	if (verbs_kind_atomic(s->kind)) {
		s->offset &= ~7ULL;
		s->len = 8;
	} else if (whole) {
		shape_whole(s);
	}
}

/* verbs_shape_allowed() - by its registration and by the page table */
bool verbs_shape_allowed(const struct verbs_shape *s)
{
	if (s->before == VERBS_NO_ACCESS)
		return false;
	if (s->before == VERBS_READ_ONLY && verbs_kind_writes(s->kind))
		return false;
	switch (s->region) {
	case VERBS_RO:
		return !verbs_kind_writes(s->kind);
	case VERBS_WO:
		return s->kind != VERBS_READ && !verbs_kind_atomic(s->kind);
	default:
		return true;
	}
}

/* verbs_shape_fill() - content number @number of [@offset, @offset + @len) */
void verbs_shape_fill(uint8_t *buf, uint64_t offset, size_t len,
		      uint64_t number)
{
	uint64_t at;
	size_t i;

	for (i = 0; i < len; i++) {
		at = offset + i;
		buf[i] = sm_rng_mix((at >> 3) ^ number << 32) >> 8 * (at & 7);
	}
}

/* verbs_shape_differ() - index of the first byte that differs, or -1 */
int64_t verbs_shape_differ(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i;

	if (!memcmp(a, b, len))
		return -1;
	for (i = 0; i < len && a[i] == b[i]; i++)
		;
	return i;
}
