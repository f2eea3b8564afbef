// SPDX-License-Identifier: GPL-2.0-only
/* The card, through libdrm: see dev.h. */
#ifdef HAVE_DRM

#include <errno.h>
#include <fcntl.h>
#include <radeon_drm.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/util.h"
#include "dev.h"

#define DEV_FIRST	128	/* render nodes */
#define DEV_LAST	191

/* Of the 2D engine; see the driver's radeon_reg.h, and PACKET0 and PACKET3 in r100d.h. */
#define REG_SRC_PITCH_OFFSET	0x1428
#define REG_DST_PITCH_OFFSET	0x142c
#define REG_SRC_Y_X		0x1434
#define REG_DST_Y_X		0x1438
#define REG_DST_HEIGHT_WIDTH	0x143c
#define REG_DP_GUI_MASTER_CNTL	0x146c
#define COPY_32_BITS		0x52cc36ffU
#define PACKET_RELOC		0xc0001000U
#define PACKET_NOP		0x80000000U
#define PITCH			(SM_PAGE_SIZE / 64 << 22)	/* a line is a page */
#define PIXEL			4U

int radeon_dev_fail(struct radeon_dev *dev, const char *what)
{
	int err = errno;

	snprintf(dev->why, sizeof(dev->why), "%s: %s", what, strerror(err));
	return -err;
}

static bool dev_is_radeon(int fd)
{
	drmVersionPtr version = drmGetVersion(fd);
	bool is = version && !strcmp(version->name, "radeon");

	drmFreeVersion(version);
	return is;
}

int radeon_dev_open(struct radeon_dev *dev)
{
	char path[32];
	unsigned int i;

	for (i = DEV_FIRST; i <= DEV_LAST; i++) {
		snprintf(path, sizeof(path), "/dev/dri/renderD%u", i);
		dev->fd = open(path, O_RDWR | O_CLOEXEC);
		if (dev->fd < 0 && errno != ENOENT)
			return radeon_dev_fail(dev, path);
		if (dev->fd < 0)
			continue;
		if (dev_is_radeon(dev->fd))
			return 0;
		close(dev->fd);
	}
	dev->fd = -1;
	snprintf(dev->why, sizeof(dev->why),
		 "no render node of radeon: it needs the card; or boot a guest with fixtures/guest/run --card radeon");
	return -ENODEV;
}

void radeon_dev_close(struct radeon_dev *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	dev->fd = -1;
}

/* ---- buffers --------------------------------------------------------------- */

int radeon_dev_userptr(struct radeon_dev *dev, uint64_t va, uint64_t size,
		       uint32_t *handle)
{
	struct drm_radeon_gem_userptr arg = {
		.addr = va,
		.size = size,
		.flags = RADEON_GEM_USERPTR_ANONONLY |
			 RADEON_GEM_USERPTR_REGISTER,
	};

	if (drmIoctl(dev->fd, DRM_IOCTL_RADEON_GEM_USERPTR, &arg) < 0)
		return radeon_dev_fail(dev, "GEM_USERPTR");
	*handle = arg.handle;
	return 0;
}

void *radeon_dev_memory(struct radeon_dev *dev, size_t size, uint32_t *handle)
{
	struct drm_radeon_gem_create make = {
		.size = size,
		.alignment = SM_PAGE_SIZE,
		.initial_domain = RADEON_GEM_DOMAIN_GTT,
	};
	struct drm_radeon_gem_mmap map = { .size = size };
	void *p;

	if (drmIoctl(dev->fd, DRM_IOCTL_RADEON_GEM_CREATE, &make) < 0) {
		radeon_dev_fail(dev, "GEM_CREATE");
		return NULL;
	}
	*handle = make.handle;
	map.handle = make.handle;
	if (drmIoctl(dev->fd, DRM_IOCTL_RADEON_GEM_MMAP, &map) < 0) {
		radeon_dev_fail(dev, "GEM_MMAP");
		return NULL;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd,
		 map.addr_ptr);
	if (p == MAP_FAILED) {
		radeon_dev_fail(dev, "memory of the card");
		return NULL;
	}
	madvise(p, size, MADV_DONTFORK);
	return p;
}

void radeon_dev_drop(struct radeon_dev *dev, uint32_t handle)
{
	struct drm_gem_close arg = { .handle = handle };

	drmIoctl(dev->fd, DRM_IOCTL_GEM_CLOSE, &arg);
}

bool radeon_dev_bound(struct radeon_dev *dev, uint32_t handle)
{
	struct drm_radeon_gem_busy arg = { .handle = handle };

	/* That it is busy is an error, with the same answer. */
	drmIoctl(dev->fd, DRM_IOCTL_RADEON_GEM_BUSY, &arg);
	return arg.domain == RADEON_GEM_DOMAIN_GTT;
}

/* ---- jobs ------------------------------------------------------------------ */

static void job_word(struct radeon_job *job, uint32_t word)
{
	job->ib[job->words++] = word;
}

static void job_register(struct radeon_job *job, uint32_t reg, uint32_t value)
{
	job_word(job, reg >> 2);
	job_word(job, value);
}

/* Each buffer is named once; where a job names it, by its place in that list. */
static void job_buffer(struct radeon_job *job, uint32_t handle, bool write)
{
	uint32_t *r = job->relocs;

	while (r < &job->relocs[job->nr * 4] && r[0] != handle)
		r += 4;
	if (r == &job->relocs[job->nr * 4]) {
		job->nr++;
		memset(r, 0, 4 * sizeof(*r));
		r[0] = handle;
	}
	r[write ? 2 : 1] = RADEON_GEM_DOMAIN_GTT;
	job_word(job, PACKET_RELOC);
	job_word(job, r - job->relocs);
}

void radeon_job_begin(struct radeon_job *job)
{
	job->words = 0;
	job->nr = 0;
	job_register(job, REG_DP_GUI_MASTER_CNTL, COPY_32_BITS);
}

static uint32_t job_y_x(uint32_t offset)
{
	return (uint32_t)(offset / SM_PAGE_SIZE) << 16 |
	       (uint32_t)(offset % SM_PAGE_SIZE / PIXEL);
}

void radeon_job_blit(struct radeon_job *job, struct radeon_place from,
		     struct radeon_place to, uint32_t bytes)
{
	job_register(job, REG_SRC_PITCH_OFFSET, PITCH);
	job_buffer(job, from.handle, false);
	job_register(job, REG_DST_PITCH_OFFSET, PITCH);
	job_buffer(job, to.handle, true);
	job_register(job, REG_SRC_Y_X, job_y_x(from.offset));
	job_register(job, REG_DST_Y_X, job_y_x(to.offset));
	job_register(job, REG_DST_HEIGHT_WIDTH, 1 << 16 | bytes / PIXEL);
}

int radeon_dev_submit(struct radeon_dev *dev, struct radeon_job *job)
{
	struct drm_radeon_cs_chunk ib, relocs;
	uint64_t chunks[2] = { (uintptr_t)&ib, (uintptr_t)&relocs };
	struct drm_radeon_cs cs = {
		.num_chunks = SM_ARRAY_SIZE(chunks),
		.chunks = (uintptr_t)chunks,
	};

	while (job->words % 2)
		job_word(job, PACKET_NOP);
	ib = (struct drm_radeon_cs_chunk){
		.chunk_id = RADEON_CHUNK_ID_IB,
		.length_dw = job->words,
		.chunk_data = (uintptr_t)job->ib,
	};
	relocs = (struct drm_radeon_cs_chunk){
		.chunk_id = RADEON_CHUNK_ID_RELOCS,
		.length_dw = job->nr * 4,
		.chunk_data = (uintptr_t)job->relocs,
	};
	return drmIoctl(dev->fd, DRM_IOCTL_RADEON_CS, &cs) < 0 ? -errno : 0;
}

int radeon_dev_wait(struct radeon_dev *dev, uint32_t handle)
{
	struct drm_radeon_gem_wait_idle arg = { .handle = handle };

	if (!drmIoctl(dev->fd, DRM_IOCTL_RADEON_GEM_WAIT_IDLE, &arg))
		return 0;
	return errno == EBUSY || errno == EDEADLK ?
		-ETIMEDOUT : radeon_dev_fail(dev, "GEM_WAIT_IDLE");
}

#endif /* HAVE_DRM */
