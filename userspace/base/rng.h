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

/**
 * enum sm_stream - who draws numbers: two that shared one would do the same
 * @SM_STREAM_STORM: the first storm thread; the others have those that follow
 * @SM_STREAM_COMPARE: who compares mirrors with pagemap
 * @SM_STREAM_CHURN: who creates and destroys mirrors
 * @SM_STREAM_SLOTS: who changes KVM's slots
 * @SM_STREAM_LANE: lanes of verbs
 * @SM_STREAM_SHAPES: shapes of verbs
 * @SM_STREAM_KNOWN: what is known of rxe
 * @SM_STREAM_CHASER: who faults in what the storm is at
 * @SM_STREAM_VICTIM: victims
 * @SM_STREAM_AGENT: agents that are threads
 * @SM_STREAM_GRANT: agents of gntdev
 * @SM_STREAM_REFS: which pages are noted in the end
 * @SM_STREAM_MEET: storm threads that meet another, which share it
 * @SM_STREAM_GPU: lanes of drm
 * @SM_STREAM_BLIT: lanes of radeon
 * @SM_STREAM_SDMA: lanes of amdgpu
 * @SM_STREAM_END: behind the last one
 */
enum sm_stream {
	SM_STREAM_STORM,
	SM_STREAM_COMPARE = 1000,
	SM_STREAM_CHURN,
	SM_STREAM_SLOTS,
	SM_STREAM_LANE,
	SM_STREAM_SHAPES,
	SM_STREAM_KNOWN,
	SM_STREAM_CHASER,
	SM_STREAM_VICTIM,
	SM_STREAM_AGENT,
	SM_STREAM_GRANT,
	SM_STREAM_REFS,
	SM_STREAM_MEET,
	SM_STREAM_GPU,
	SM_STREAM_BLIT,
	SM_STREAM_SDMA,
	SM_STREAM_END,
};

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

/* sm_rng_seed() - number @n of those that share a row of enum sm_stream. */
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
