// SPDX-License-Identifier: GPL-2.0-only
/* Syncobjs without a GPU: who links this has a drmSyncobjWait() of its own. */
#ifdef HAVE_DRM

#include <stdint.h>

#include <xf86drm.h>

int drmSyncobjTimelineWait(int fd, uint32_t *handles, uint64_t *points,
			   unsigned int nr, int64_t timeout, unsigned int flags,
			   uint32_t *first)
{
	(void)points;
	return drmSyncobjWait(fd, handles, nr, timeout, flags, first);
}

int drmSyncobjCreate(int fd, uint32_t flags, uint32_t *handle)
{
	(void)fd;
	(void)flags;
	*handle = 1;
	return 0;
}

int drmSyncobjDestroy(int fd, uint32_t handle)
{
	(void)fd;
	(void)handle;
	return 0;
}

#endif /* HAVE_DRM */
