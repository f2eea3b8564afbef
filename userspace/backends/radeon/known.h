/* SPDX-License-Identifier: GPL-2.0-only */
/* Does this driver have what docs/found says of it? */
#ifndef SM_RADEON_KNOWN_H
#define SM_RADEON_KNOWN_H
#ifdef HAVE_DRM

#include "state.h"

/** radeon_known_check() - 0, or a negative errno and radeon_state.why */
int radeon_known_check(struct radeon_state *s);

#endif /* HAVE_DRM */
#endif /* SM_RADEON_KNOWN_H */
