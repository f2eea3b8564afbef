// SPDX-License-Identifier: GPL-2.0-only
/* The render node of stalemate_drm.ko: see dev.h. */
#ifdef HAVE_DRM

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/util.h"
#include "dev.h"

#define DEV_NAME	"stalemate"
#define DEV_NODES	64

static int dev_ioctl(int fd, unsigned long request, void *arg)
{
	return drmIoctl(fd, request, arg) ? -errno : 0;
}

static bool dev_is_ours(int fd)
{
	drmVersionPtr version = drmGetVersion(fd);
	bool ours = version && !strcmp(version->name, DEV_NAME);

	drmFreeVersion(version);
	return ours;
}

/* The render node of a device, if the driver is ours. */
static int dev_try(const drmDevice *d, char *why, size_t size)
{
	int minor, fd;

	if (!(d->available_nodes & 1 << DRM_NODE_RENDER) ||
	    sscanf(d->nodes[DRM_NODE_RENDER], "/dev/dri/renderD%d", &minor) != 1)
		return -ENODEV;
	fd = drmOpenRender(minor);
	if (fd < 0) {
		snprintf(why, size, "%s: %s", d->nodes[DRM_NODE_RENDER],
			 strerror(errno));
		return -ENODEV;
	}
	if (dev_is_ours(fd))
		return fd;
	close(fd);
	return -ENODEV;
}

/* gpu_dev_open() - the descriptor, or a negative errno and one line of why not. */
int gpu_dev_open(char *why, size_t size)
{
	drmDevicePtr devices[DEV_NODES];
	int i, fd = -ENODEV, nr = drmGetDevices2(0, devices, DEV_NODES);

	snprintf(why, size,
		 "no render node of stalemate: modprobe stalemate_drm (Linux 6.7 or later with CONFIG_DRM)");
	if (nr > DEV_NODES)
		nr = DEV_NODES;
	for (i = 0; i < nr && fd < 0; i++)
		fd = dev_try(devices[i], why, size);
	if (nr > 0)
		drmFreeDevices(devices, nr);
	if (fd >= 0)
		why[0] = '\0';
	return fd;
}

int gpu_dev_query(int fd, struct drm_stalemate_query *q)
{
	memset(q, 0, sizeof(*q));
	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_QUERY, q);
}

int gpu_dev_init(int fd, uint32_t flags, uint64_t start, uint64_t size)
{
	struct drm_stalemate_vm_init init = {
		.flags = flags,
		.start = start,
		.size = size,
	};

	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_VM_INIT, &init);
}

int gpu_dev_arm(int fd, uint64_t defects)
{
	struct drm_stalemate_defects d = { .defects = defects };

	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_DEFECTS, &d);
}

int gpu_dev_create(int fd, uint64_t size, uint32_t *handle)
{
	struct drm_stalemate_gem_create create = { .size = size };
	int err = dev_ioctl(fd, DRM_IOCTL_STALEMATE_GEM_CREATE, &create);

	*handle = create.handle;
	return err;
}

int gpu_dev_userptr(int fd, uint64_t addr, uint64_t size, uint32_t flags,
		    uint32_t *handle)
{
	struct drm_stalemate_gem_userptr u = {
		.addr = addr,
		.size = size,
		.flags = flags,
	};
	int err = dev_ioctl(fd, DRM_IOCTL_STALEMATE_GEM_USERPTR, &u);

	*handle = u.handle;
	return err;
}

int gpu_dev_info(int fd, struct drm_stalemate_gem_info *info)
{
	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_GEM_INFO, info);
}

/* gpu_dev_map() - an object of shmem, as the processor sees it. */
int gpu_dev_map(int fd, uint32_t handle, uint64_t size, void **map)
{
	struct drm_stalemate_gem_info info = { .handle = handle };
	int err = gpu_dev_info(fd, &info);

	if (err)
		return err;
	*map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    info.offset);
	return *map == MAP_FAILED ? -errno : 0;
}

int gpu_dev_close(int fd, uint32_t handle)
{
	return drmCloseBufferHandle(fd, handle) ? -errno : 0;
}

int gpu_dev_evict(int fd, uint32_t handle)
{
	struct drm_stalemate_gem_evict evict = { .handle = handle };

	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_GEM_EVICT, &evict);
}

/* gpu_dev_bind() - all of an object, from @va on. */
int gpu_dev_bind(int fd, uint32_t handle, uint64_t va, uint64_t size)
{
	struct drm_stalemate_vm_bind bind = {
		.op = DRM_STALEMATE_BIND_MAP,
		.handle = handle,
		.va = va,
		.size = size,
	};

	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_VM_BIND, &bind);
}

int gpu_dev_unbind(int fd, uint64_t va, uint64_t size)
{
	struct drm_stalemate_vm_bind bind = {
		.op = DRM_STALEMATE_BIND_UNMAP,
		.va = va,
		.size = size,
	};

	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_VM_BIND, &bind);
}

int gpu_dev_submit(int fd, struct drm_stalemate_submit *submit)
{
	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_SUBMIT, submit);
}

int gpu_dev_wait(int fd, struct drm_stalemate_wait *wait)
{
	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_WAIT, wait);
}

int gpu_dev_snapshot(int fd, uint64_t start, uint64_t end, uint64_t *buf,
		     uint64_t *present)
{
	struct drm_stalemate_snapshot s = {
		.start = start,
		.end = end,
		.buf = (uintptr_t)buf,
	};
	int err = dev_ioctl(fd, DRM_IOCTL_STALEMATE_SNAPSHOT, &s);

	*present = s.present;
	return err;
}

int gpu_dev_stats(int fd, struct drm_stalemate_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	return dev_ioctl(fd, DRM_IOCTL_STALEMATE_STATS, stats);
}

#endif /* HAVE_DRM */
