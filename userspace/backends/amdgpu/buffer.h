/* SPDX-License-Identifier: GPL-2.0-only */
/* The user pointers of a lane. */
#ifndef SM_AMDGPU_BUFFER_H
#define SM_AMDGPU_BUFFER_H
#ifdef HAVE_AMDGPU

#include "state.h"

/** amdgpu_buffer_room() - addresses for all of a lane's; 0 or a negative errno */
int amdgpu_buffer_room(struct amdgpu_lane *l);

/**
 * amdgpu_buffer_get() - one with a page in it, which takes the place of another
 * @l: the lane
 * @a: what is to be done there
 * @alone: the page is all that is in it, and for no more than that
 * @out: it
 *
 * Return: 0; -EAGAIN if the job that is put together uses all others; or the negative
 * errno of the driver, and why in the amdgpu_dev.
 */
int amdgpu_buffer_get(struct amdgpu_lane *l, const struct sm_access *a, bool alone,
		      struct sm_userptr **out);

/** amdgpu_buffer_drop() - all of a lane's */
void amdgpu_buffer_drop(struct amdgpu_lane *l);

#endif /* HAVE_AMDGPU */
#endif /* SM_AMDGPU_BUFFER_H */
