// SPDX-License-Identifier: GPL-2.0-only
/* The card, through libdrm_amdgpu: see dev.h. */
#ifdef HAVE_AMDGPU

#include <amdgpu_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/ops.h"
#include "base/util.h"
#include "dev.h"

#define DEV_FIRST	128	/* render nodes */
#define DEV_LAST	191
#define QUEUE_TRIES	64	/* of a job that is refused for now */

#define BIND_FLAGS	(AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE | \
			 AMDGPU_VM_PAGE_EXECUTABLE)

int amdgpu_dev_fail(struct amdgpu_dev *d, const char *what, int err)
{
	snprintf(d->why, sizeof(d->why), "%s: %s", what, strerror(-err));
	return err;
}

static bool dev_is_amdgpu(int fd)
{
	drmVersionPtr version = drmGetVersion(fd);
	bool is = version && !strcmp(version->name, "amdgpu");

	drmFreeVersion(version);
	return is;
}

/* The first that is. One that cannot be opened may be another driver's. */
static int dev_find(struct amdgpu_dev *d)
{
	char path[32];
	unsigned int i;
	int err = 0;

	for (i = DEV_FIRST; i <= DEV_LAST; i++) {
		snprintf(path, sizeof(path), "/dev/dri/renderD%u", i);
		d->fd = open(path, O_RDWR | O_CLOEXEC);
		if (d->fd < 0 && errno != ENOENT && !err)
			err = amdgpu_dev_fail(d, path, -errno);
		if (d->fd < 0)
			continue;
		if (dev_is_amdgpu(d->fd))
			return 0;
		close(d->fd);
	}
	d->fd = -1;
	if (err)
		return err;
	snprintf(d->why, sizeof(d->why),
		 "no AMD GPU: it needs the card, and amdgpu loaded; or boot a guest with fixtures/guest/run --card amdgpu");
	return -ENODEV;
}

/* Engines that take what userspace submits, and whose packets are known. */
static int dev_engines(struct amdgpu_dev *d)
{
	struct drm_amdgpu_info_hw_ip ip;
	int err;

	memset(&ip, 0, sizeof(ip));
	err = amdgpu_query_hw_ip_info(d->dev, AMDGPU_HW_IP_DMA, 0, &ip);
	if (err)
		return amdgpu_dev_fail(d, "HW_IP_INFO of DMA", err);
	d->rings = __builtin_popcount(ip.available_rings);
	if (!d->rings) {
		snprintf(d->why, sizeof(d->why),
			 "no SDMA engine takes jobs of the kernel's queues");
		return -ENODEV;
	}
	d->gen = amdgpu_sdma_find(ip.hw_ip_version_major, ip.hw_ip_version_minor,
				  d->why, sizeof(d->why));
	return d->gen ? 0 : -ENODEV;
}

int amdgpu_dev_open(struct amdgpu_dev *d)
{
	uint32_t major, minor;
	int err = dev_find(d);

	if (err)
		return err;
	err = amdgpu_device_initialize(d->fd, &major, &minor, &d->dev);
	if (err)
		return amdgpu_dev_fail(d, "amdgpu_device_initialize", err);
	return dev_engines(d);
}

void amdgpu_dev_close(struct amdgpu_dev *d)
{
	if (d->dev)
		amdgpu_device_deinitialize(d->dev);
	if (d->fd >= 0)
		close(d->fd);
	d->dev = NULL;
	d->fd = -1;
}

static int dev_ioctl(struct amdgpu_dev *d, unsigned long nr, void *arg,
		     unsigned long size)
{
	return drmCommandWriteRead(amdgpu_device_get_fd(d->dev), nr, arg, size);
}

/* ---- buffers --------------------------------------------------------------- */

int amdgpu_dev_room(struct amdgpu_dev *d, uint64_t size,
		    struct amdgpu_room *room)
{
	int err = amdgpu_va_range_alloc(d->dev, amdgpu_gpu_va_range_general,
					size, SM_PAGE_SIZE, 0, &room->va,
					&room->handle, 0);

	return err ? amdgpu_dev_fail(d, "an address range", err) : 0;
}

void amdgpu_dev_leave(struct amdgpu_room *room)
{
	if (room->handle)
		amdgpu_va_range_free(room->handle);
	room->handle = NULL;
}

static int dev_bind(struct amdgpu_dev *d, uint32_t handle, uint32_t how,
		    uint64_t va, uint64_t size)
{
	struct drm_amdgpu_gem_va arg = {
		.handle = handle,
		.operation = how,
		.flags = BIND_FLAGS,
		.va_address = va,
		.map_size = size,
	};

	return dev_ioctl(d, DRM_AMDGPU_GEM_VA, &arg, sizeof(arg));
}

static void dev_close(struct amdgpu_dev *d, uint32_t handle)
{
	struct drm_gem_close arg = { .handle = handle };

	drmIoctl(amdgpu_device_get_fd(d->dev), DRM_IOCTL_GEM_CLOSE, &arg);
}

static int dev_map(struct amdgpu_dev *d, struct amdgpu_memory *m)
{
	union drm_amdgpu_gem_mmap arg = { .in.handle = m->handle };
	int err = dev_ioctl(d, DRM_AMDGPU_GEM_MMAP, &arg, sizeof(arg));
	void *p;

	if (err)
		return err;
	p = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		 amdgpu_device_get_fd(d->dev), arg.out.addr_ptr);
	if (p == MAP_FAILED)
		return -errno;
	madvise(p, m->size, MADV_DONTFORK);
	m->map = p;
	return 0;
}

int amdgpu_dev_memory(struct amdgpu_dev *d, uint64_t va, uint64_t size,
		      struct amdgpu_memory *m)
{
	union drm_amdgpu_gem_create arg = {
		.in.bo_size = size,
		.in.alignment = SM_PAGE_SIZE,
		.in.domains = AMDGPU_GEM_DOMAIN_GTT,
	};
	int err = dev_ioctl(d, DRM_AMDGPU_GEM_CREATE, &arg, sizeof(arg));

	if (err)
		return amdgpu_dev_fail(d, "GEM_CREATE", err);
	m->handle = arg.out.handle;
	m->va = va;
	m->size = size;
	err = dev_bind(d, m->handle, AMDGPU_VA_OP_MAP, va, size);
	if (!err)
		err = dev_map(d, m);
	return err ? amdgpu_dev_fail(d, "memory of the card", err) : 0;
}

void amdgpu_dev_forget(struct amdgpu_dev *d, struct amdgpu_memory *m)
{
	if (m->map)
		munmap(m->map, m->size);
	if (m->handle)
		amdgpu_dev_drop(d, m->handle, m->va, m->size);
	memset(m, 0, sizeof(*m));
}

int amdgpu_dev_userptr(struct amdgpu_dev *d, uint64_t addr, uint64_t size,
		       uint64_t va, uint32_t *handle)
{
	struct drm_amdgpu_gem_userptr arg = {
		.addr = addr,
		.size = size,
		.flags = AMDGPU_GEM_USERPTR_REGISTER,
	};
	int err = dev_ioctl(d, DRM_AMDGPU_GEM_USERPTR, &arg, sizeof(arg));

	if (err)
		return amdgpu_dev_fail(d, "GEM_USERPTR", err);
	/* What could not be unbound there makes way. */
	err = dev_bind(d, arg.handle, AMDGPU_VA_OP_REPLACE, va, size);
	if (err) {
		dev_close(d, arg.handle);
		return amdgpu_dev_fail(d, "GEM_VA", err);
	}
	*handle = arg.handle;
	return 0;
}

void amdgpu_dev_drop(struct amdgpu_dev *d, uint32_t handle, uint64_t va,
		     uint64_t size)
{
	dev_bind(d, handle, AMDGPU_VA_OP_UNMAP, va, size);
	dev_close(d, handle);
}

/* ---- jobs ------------------------------------------------------------------ */

int amdgpu_queue_open(struct amdgpu_dev *d, struct amdgpu_queue *q,
		      unsigned int ring)
{
	union drm_amdgpu_ctx arg = { .in.op = AMDGPU_CTX_OP_ALLOC_CTX };
	int err = dev_ioctl(d, DRM_AMDGPU_CTX, &arg, sizeof(arg));

	q->ring = ring;
	q->ctx = err ? 0 : arg.out.alloc.ctx_id;
	return err ? amdgpu_dev_fail(d, "a context", err) : 0;
}

void amdgpu_queue_close(struct amdgpu_dev *d, struct amdgpu_queue *q)
{
	union drm_amdgpu_ctx arg = {
		.in.op = AMDGPU_CTX_OP_FREE_CTX,
		.in.ctx_id = q->ctx,
	};

	if (q->ctx)
		dev_ioctl(d, DRM_AMDGPU_CTX, &arg, sizeof(arg));
	q->ctx = 0;
}

/*
 * Memory that changes meanwhile is EAGAIN (amdgpu_cs.c, amdgpu_cs_submit()), and
 * drmIoctl() would ask for ever; so would one that is interrupted all the time.
 */
static int queue_ask(struct amdgpu_dev *d, const struct drm_amdgpu_cs_in *in,
		     uint64_t *seq)
{
	union drm_amdgpu_cs arg;
	unsigned int i;

	for (i = 0; i < QUEUE_TRIES; i++) {
		arg.in = *in;
		if (!ioctl(amdgpu_device_get_fd(d->dev), DRM_IOCTL_AMDGPU_CS,
			   &arg)) {
			*seq = arg.out.handle;
			return 0;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

int amdgpu_queue_submit(struct amdgpu_dev *d, struct amdgpu_queue *q, uint64_t ib,
			uint32_t words, const uint32_t *uses, uint32_t nr,
			uint64_t *seq)
{
	struct drm_amdgpu_bo_list_entry entries[AMDGPU_USES];
	struct drm_amdgpu_bo_list_in list = {
		.bo_number = nr,
		.bo_info_size = sizeof(*entries),
		.bo_info_ptr = (uintptr_t)entries,
	};
	/* amdgpu_ib.c: on engines that cache memory, nothing from before the job */
	struct drm_amdgpu_cs_chunk_ib piece = {
		.flags = AMDGPU_IB_FLAG_EMIT_MEM_SYNC,
		.va_start = ib,
		.ib_bytes = words * sizeof(uint32_t),
		.ip_type = AMDGPU_HW_IP_DMA,
		.ring = q->ring,
	};
	struct drm_amdgpu_cs_chunk chunks[] = { {
		.chunk_id = AMDGPU_CHUNK_ID_BO_HANDLES,
		.length_dw = sizeof(list) / 4,
		.chunk_data = (uintptr_t)&list,
	}, {
		.chunk_id = AMDGPU_CHUNK_ID_IB,
		.length_dw = sizeof(piece) / 4,
		.chunk_data = (uintptr_t)&piece,
	} };
	const uint64_t at[] = { (uintptr_t)&chunks[0], (uintptr_t)&chunks[1] };
	const struct drm_amdgpu_cs_in in = {
		.ctx_id = q->ctx,
		.num_chunks = SM_ARRAY_SIZE(chunks),
		.chunks = (uintptr_t)at,
	};
	uint32_t i;

	memset(entries, 0, sizeof(entries));
	for (i = 0; i < nr; i++)
		entries[i].bo_handle = uses[i];
	return queue_ask(d, &in, seq);
}

int amdgpu_queue_wait(struct amdgpu_dev *d, struct amdgpu_queue *q, uint64_t seq,
		      struct sm_patience *wait)
{
	union drm_amdgpu_wait_cs arg;
	int err;

	do {
		memset(&arg, 0, sizeof(arg));
		arg.in.handle = seq;
		arg.in.timeout = sm_util_now() + SM_AWAIT_NAP_MS * SM_MSEC;
		arg.in.ip_type = AMDGPU_HW_IP_DMA;
		arg.in.ring = q->ring;
		arg.in.ctx_id = q->ctx;
		err = dev_ioctl(d, DRM_AMDGPU_WAIT_CS, &arg, sizeof(arg));
	} while (!err && arg.out.status && sm_await_more(wait));
	return err ? err : arg.out.status ? -ETIMEDOUT : 0;
}

#endif /* HAVE_AMDGPU */
