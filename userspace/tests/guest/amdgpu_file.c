// SPDX-License-Identifier: GPL-2.0-only
/* Open files of amdgpu's face: see amdgpu_file.h. */
#ifdef HAVE_AMDGPU

#include <amdgpu_drm.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "amdgpu_file.h"
#include "ksm.h"

static int node(void)
{
	drmVersionPtr version;
	char path[32];
	bool is;
	int i, fd;

	for (i = 128; i < 192; i++) {
		snprintf(path, sizeof(path), "/dev/dri/renderD%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		version = drmGetVersion(fd);
		is = version && !strcmp(version->name, "amdgpu");
		drmFreeVersion(version);
		if (is)
			return fd;
		close(fd);
	}
	return -1;
}

void amdgpu_file_open(struct amdgpu_file *f)
{
	union drm_amdgpu_gem_create create = {
		.in.bo_size = KSM_PAGE, .in.domains = AMDGPU_GEM_DOMAIN_GTT,
	};
	union drm_amdgpu_ctx ctx = { .in.op = AMDGPU_CTX_OP_ALLOC_CTX };
	struct drm_amdgpu_gem_va va = {
		.operation = AMDGPU_VA_OP_MAP, .flags = 0xe,
		.va_address = IB_VA, .map_size = KSM_PAGE,
	};
	union drm_amdgpu_gem_mmap map;

	f->fd = node();
	if (f->fd < 0)
		ksm_skip("no render node of amdgpu");
	ASSERT_EQ(ioctl(f->fd, DRM_IOCTL_AMDGPU_CTX, &ctx), 0);
	ASSERT_EQ(ctx.out.alloc.ctx_id, 1);
	ASSERT_EQ(ioctl(f->fd, DRM_IOCTL_AMDGPU_GEM_CREATE, &create), 0);
	f->ib = create.out.handle;
	va.handle = f->ib;
	ASSERT_EQ(ioctl(f->fd, DRM_IOCTL_AMDGPU_GEM_VA, &va), 0);
	map.in.handle = f->ib;
	ASSERT_EQ(ioctl(f->fd, DRM_IOCTL_AMDGPU_GEM_MMAP, &map), 0);
	f->words = mmap(NULL, KSM_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd,
			map.out.addr_ptr);
	ASSERT_TRUE(f->words != MAP_FAILED);
	ASSERT_EQ(drmSyncobjCreate(f->fd, DRM_SYNCOBJ_CREATE_SIGNALED, &f->sync),
		  0);
}

/* As amdgpu: with the last handle of an object its bindings go, and others may come. */
void amdgpu_file_unbinds(void)
{
	union drm_amdgpu_gem_create create;
	struct drm_amdgpu_gem_va va = {
		.operation = AMDGPU_VA_OP_MAP, .flags = 0xe,
		.va_address = 2 * IB_VA, .map_size = KSM_PAGE,
	};
	struct drm_gem_close gone;
	struct amdgpu_file f = { .list = 0 };
	unsigned int i;

	amdgpu_file_open(&f);
	for (i = 0; i < 2; i++) {
		memset(&create, 0, sizeof(create));
		create.in.bo_size = KSM_PAGE;
		create.in.domains = AMDGPU_GEM_DOMAIN_GTT;
		ASSERT_EQ(ioctl(f.fd, DRM_IOCTL_AMDGPU_GEM_CREATE, &create), 0);
		gone = (struct drm_gem_close){ .handle = create.out.handle };
		va.handle = create.out.handle;
		EXPECT_EQ(ioctl(f.fd, DRM_IOCTL_AMDGPU_GEM_VA, &va), 0);
		EXPECT_EQ(ioctl(f.fd, DRM_IOCTL_GEM_CLOSE, &gone), 0);
	}
	close(f.fd);
}

#endif /* HAVE_AMDGPU */
