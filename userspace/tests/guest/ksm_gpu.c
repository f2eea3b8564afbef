// SPDX-License-Identifier: GPL-2.0-only
/* For tests of stalemate_drm.ko. */
#ifdef HAVE_DRM

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <xf86drm.h>

#include "ksm_gpu.h"

/*
 * ksm_gpu_open() - a file with an address space of that mode, if it can be had: from
 * KSM_GPU_START on, or in svm mode from KSM_ARENA on. Returns -1 without a driver.
 */
int ksm_gpu_open(uint32_t mode)
{
	struct drm_stalemate_vm_init v = {
		.flags = mode,
		.start = mode & DRM_STALEMATE_VM_SVM ? KSM_ARENA :
						       KSM_GPU_START,
		.size = KSM_GPU_SIZE,
	};
	int fd = drmOpenWithType("stalemate", NULL, DRM_NODE_RENDER);

	if (fd >= 0)
		ioctl(fd, DRM_IOCTL_STALEMATE_VM_INIT, &v);
	return fd;
}

/* ksm_gpu_idle() - nothing is left but what the file *@fd itself is. */
bool ksm_gpu_idle(void *fd)
{
	struct drm_stalemate_stats s = { .files = 0 };

	return !ioctl(*(int *)fd, DRM_IOCTL_STALEMATE_STATS, &s) &&
	       s.files <= 1 &&
	       !(s.objects | s.userptrs | s.bindings | s.jobs | s.pages |
		 s.svm_ranges | s.svm_notifiers);
}

/*
 * ksm_gpu_disturb() - take some of the memory away, or its permissions. It stays
 * mapped as a whole, so that nobody else gets it.
 */
void ksm_gpu_disturb(struct sm_rng *rng, char *area, unsigned int pages)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	char *p = area + sm_rng_below(rng, pages) * KSM_PAGE;
	size_t size = (1 + sm_rng_below(rng, 16)) * KSM_PAGE;

	if (p + size > area + pages * KSM_PAGE)
		size = area + pages * KSM_PAGE - p;
	switch (sm_rng_below(rng, 4)) {
	case 0:
		mprotect(p, size, prots[sm_rng_below(rng, 3)]);
		break;
	case 1:
		mmap(p, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	default:
		madvise(p, size, MADV_DONTNEED);
	}
}

/* A number of the environment. */
uint64_t ksm_gpu_number(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

#endif /* HAVE_DRM */
