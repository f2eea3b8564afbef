// SPDX-License-Identifier: GPL-2.0-only
/* The card, through libdrm_amdgpu: see dev.h. */
#ifdef HAVE_AMDGPU

#include <amdgpu_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/ops.h"
#include "base/util.h"
#include "dev.h"

#define DEV_FIRST	128	/* render nodes */
#define DEV_LAST	191
#define DEV_DEFECTS	"/sys/module/stalemate_drm/parameters/face_defects"

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

/* Who drives the device of a node does not go by amdgpu's name, if it is not that. */
static bool dev_is_hardware(int fd)
{
	char path[64], driver[128];
	struct stat st;
	ssize_t n = -1;

	if (!fstat(fd, &st)) {
		snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device/driver",
			 major(st.st_rdev), minor(st.st_rdev));
		n = readlink(path, driver, sizeof(driver) - 1);
	}
	if (n < 0)
		return false;
	driver[n] = '\0';
	return !strcmp(basename(driver), "amdgpu");
}

/* The first that is. One that cannot be opened may be another driver's. */
static int dev_find(struct amdgpu_dev *d, char *path, size_t size)
{
	unsigned int i;
	int err = 0;

	for (i = DEV_FIRST; i <= DEV_LAST; i++) {
		snprintf(path, size, "/dev/dri/renderD%u", i);
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

static int dev_arm(struct amdgpu_dev *d, uint64_t defects)
{
	FILE *f = fopen(DEV_DEFECTS, "w");
	int err = f ? 0 : -errno;

	if (f && (fprintf(f, "%llu", (unsigned long long)defects) < 0) | fclose(f))
		err = -errno;
	return err ? amdgpu_dev_fail(d, DEV_DEFECTS, err) : 0;
}

/* Whoever opens it while it is armed has it broken. */
static int dev_break(struct amdgpu_dev *d, const char *path, uint64_t defects)
{
	int err;

	if (d->hardware) {
		snprintf(d->why, sizeof(d->why),
			 "defects are stalemate_drm's, and this is a card of amdgpu's");
		return -EOPNOTSUPP;
	}
	close(d->fd);
	d->fd = -1;
	err = dev_arm(d, defects);
	if (err)
		return err;
	d->fd = open(path, O_RDWR | O_CLOEXEC);
	err = d->fd < 0 ? amdgpu_dev_fail(d, path, -errno) : 0;
	return dev_arm(d, 0) ? -EIO : err;
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

int amdgpu_dev_open(struct amdgpu_dev *d, uint64_t defects)
{
	uint32_t major_version, minor_version;
	char path[32];
	int err = dev_find(d, path, sizeof(path));

	if (err)
		return err;
	d->hardware = dev_is_hardware(d->fd);
	err = defects ? dev_break(d, path, defects) : 0;
	if (err)
		return err;
	err = amdgpu_device_initialize(d->fd, &major_version, &minor_version,
				       &d->dev);
	if (err)
		return amdgpu_dev_fail(d, "amdgpu_device_initialize", err);
	return dev_engines(d);
}

void amdgpu_dev_name(const struct amdgpu_dev *d, char *buf, size_t size)
{
	const char *name = amdgpu_get_marketing_name(d->dev);
	struct amdgpu_gpu_info info = { .asic_id = 0 };

	amdgpu_query_gpu_info(d->dev, &info);
	snprintf(buf, size, "%s (1002:%04x), %s, %u rings",
		 !d->hardware ? "no hardware, but stalemate_drm" :
		 name ? name : "an AMD GPU",
		 info.asic_id, d->gen->name, d->rings);
}

int64_t amdgpu_dev_raced(const struct amdgpu_dev *d)
{
	long long raced = -1;
	char path[32], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
		 amdgpu_device_get_fd(d->dev));
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f) &&
	       sscanf(line, "stalemate-raced: %lld", &raced) != 1)
		;
	fclose(f);
	return raced;
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

int amdgpu_dev_ioctl(struct amdgpu_dev *d, unsigned long nr, void *arg,
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

	return amdgpu_dev_ioctl(d, DRM_AMDGPU_GEM_VA, &arg, sizeof(arg));
}

static void dev_close(struct amdgpu_dev *d, uint32_t handle)
{
	struct drm_gem_close arg = { .handle = handle };

	drmIoctl(amdgpu_device_get_fd(d->dev), DRM_IOCTL_GEM_CLOSE, &arg);
}

static int dev_map(struct amdgpu_dev *d, struct amdgpu_memory *m)
{
	union drm_amdgpu_gem_mmap arg = { .in.handle = m->handle };
	int err = amdgpu_dev_ioctl(d, DRM_AMDGPU_GEM_MMAP, &arg, sizeof(arg));
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
	int err = amdgpu_dev_ioctl(d, DRM_AMDGPU_GEM_CREATE, &arg, sizeof(arg));

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
		       uint64_t va, bool readonly, uint32_t *handle)
{
	struct drm_amdgpu_gem_userptr arg = {
		.addr = addr,
		.size = size,
		.flags = AMDGPU_GEM_USERPTR_REGISTER |
			 (readonly ? AMDGPU_GEM_USERPTR_READONLY : 0),
	};
	int err = amdgpu_dev_ioctl(d, DRM_AMDGPU_GEM_USERPTR, &arg, sizeof(arg));

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

#endif /* HAVE_AMDGPU */
