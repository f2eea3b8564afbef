/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of radeon, and avoided. A job binds the buffers that an invalidation
 * has taken: it looks their pages up. With SM_KNOWN_RADEON_PIN that must not fail;
 * with SM_KNOWN_RADEON_RACE no page may go away meanwhile:
 *
 *	storm thread, of its slice		agent, of anything
 *						sm_gate_pause()
 *	looks whether it can be bound		looks whether it can be bound
 *	submits the job: binds			submits the job: binds
 *						sm_gate_resume()
 *	the job runs				the job runs, beside the storm
 *
 * Nobody but its owner changes a slice, and no buffer reaches beyond a granule.
 */
#ifndef SM_RADEON_CAREFUL_H
#define SM_RADEON_CAREFUL_H
#ifdef HAVE_DRM

#include "buffer.h"
#include "state.h"

int radeon_careful_open(struct radeon_state *s);
void radeon_careful_close(struct radeon_state *s);

/** radeon_careful_begin() - false: not now. radeon_careful_end() follows in any case */
bool radeon_careful_begin(struct radeon_lane *l);
void radeon_careful_end(struct radeon_lane *l);

/**
 * radeon_careful_bounds() - where a buffer of a page may be
 * @s: the backend
 * @va: the page
 * @alone: the page is all that is in it
 * @in: out: the page, or what there is of its granule, which is one storm thread's
 *
 * Return: false if the driver might not get the page.
 */
bool radeon_careful_bounds(const struct radeon_state *s, uint64_t va,
			   bool alone, struct radeon_bounds *in);

/** radeon_careful_takes() - will the driver find all pages of a buffer, or must it? */
bool radeon_careful_takes(const struct radeon_state *s,
			  const struct sm_userptr *b);

/** radeon_careful_guards() - may a page that a job writes to be somebody else's? */
bool radeon_careful_guards(const struct radeon_state *s);

#endif /* HAVE_DRM */
#endif /* SM_RADEON_CAREFUL_H */
