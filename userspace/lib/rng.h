/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers that are a pure function of (seed, thread, op number).
 *
 * Every op starts a stream of its own. How many numbers one op draws, which
 * may depend on what the kernel answered, therefore never changes the next
 * op: the same seed gives the same ops per thread whatever the timing.
 */
#ifndef SM_RNG_H
#define SM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct sm_rng {
	uint64_t state;
};

/* splitmix64's finaliser: a bijection that spreads every bit. */
static inline uint64_t sm_rng_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static inline void sm_rng_seed(struct sm_rng *r, uint64_t seed,
			       uint64_t stream, uint64_t n)
{
	r->state = sm_rng_mix(seed + 0x9e3779b97f4a7c15ULL);
	r->state = sm_rng_mix(r->state ^ (stream + 0x632be59bd9b4e019ULL));
	r->state = sm_rng_mix(r->state ^ (n + 0x9e6c63d0876a9a47ULL));
}

static inline uint64_t sm_rng_next(struct sm_rng *r)
{
	r->state += 0x9e3779b97f4a7c15ULL;
	return sm_rng_mix(r->state);
}

/* sm_rng_below() - a number in [0, @n), @n from 1 to 2^32. */
static inline uint32_t sm_rng_below(struct sm_rng *r, uint64_t n)
{
	return ((sm_rng_next(r) >> 32) * n) >> 32;
}

/* sm_rng_one_in() - true once in @n on average. */
static inline bool sm_rng_one_in(struct sm_rng *r, uint32_t n)
{
	return !sm_rng_below(r, n);
}

#endif /* SM_RNG_H */
