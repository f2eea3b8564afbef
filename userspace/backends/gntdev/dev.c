// SPDX-License-Identifier: GPL-2.0-only
/* /dev/xen/gntalloc and /dev/xen/gntdev: one thin function per ioctl. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dev.h"

/* Types that the header uses, and leaves to others to define. */
#define domid_t		uint16_t
#define grant_ref_t	uint32_t
#include <xen/gntalloc.h>
#include <xen/gntdev.h>

#define GNT_DOMAIN	0	/* we grant to ourselves, the first domain */

int gnt_dev_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int gnt_dev_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

/* gnt_dev_grant() - a new page of the kernel's, to be mapped at @offset. */
int gnt_dev_grant(int fd, uint32_t *ref, uint64_t *offset)
{
	struct ioctl_gntalloc_alloc_gref op = {
		.domid = GNT_DOMAIN,
		.flags = GNTALLOC_FLAG_WRITABLE,
		.count = 1,
	};
	int err = gnt_dev_ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, &op);

	*ref = op.gref_ids[0];
	*offset = op.index;
	return err;
}

/* gnt_dev_revoke() - the grant ends, and the page is free, once nobody maps it */
int gnt_dev_revoke(int fd, uint64_t offset)
{
	struct ioctl_gntalloc_dealloc_gref op = { .index = offset, .count = 1 };

	return gnt_dev_ioctl(fd, IOCTL_GNTALLOC_DEALLOC_GREF, &op);
}

/* gnt_dev_list() - announce grants, to be mapped once, together, at @offset. */
int gnt_dev_list(int fd, const uint32_t *refs, unsigned int nr,
		 uint64_t *offset)
{
	union {
		struct ioctl_gntdev_map_grant_ref op;
		struct ioctl_gntdev_grant_ref room[GNT_MAP_PAGES + 2];
	} u;
	const size_t at = offsetof(struct ioctl_gntdev_map_grant_ref, refs);
	struct ioctl_gntdev_grant_ref ref = { .domid = GNT_DOMAIN };
	unsigned int i;
	int err;

	if (nr > GNT_MAP_PAGES)
		return -E2BIG;
	memset(&u, 0, sizeof(u));
	u.op.count = nr;
	for (i = 0; i < nr; i++) {
		ref.ref = refs[i];
		memcpy((char *)&u + at + i * sizeof(ref), &ref, sizeof(ref));
	}
	err = gnt_dev_ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, &u.op);
	*offset = u.op.index;
	return err;
}

/*
 * gnt_dev_list_unseen() - announce a grant, where the driver cannot write what
 * it is listed as: it has to take it back then, and to return -EFAULT.
 */
int gnt_dev_list_unseen(int fd, uint32_t ref)
{
	struct ioctl_gntdev_map_grant_ref *op;
	int err;

	op = mmap(NULL, sizeof(*op), PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (op == MAP_FAILED)
		return -errno;
	op->count = 1;
	op->refs[0].domid = GNT_DOMAIN;
	op->refs[0].ref = ref;
	err = mprotect(op, sizeof(*op), PROT_READ) < 0 ? -errno : 0;
	if (!err)
		err = gnt_dev_ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, op);
	munmap(op, sizeof(*op));
	return err;
}

/* gnt_dev_unlist() - forget them; what is mapped stays. */
int gnt_dev_unlist(int fd, uint64_t offset, unsigned int nr)
{
	struct ioctl_gntdev_unmap_grant_ref op = {
		.index = offset,
		.count = nr,
	};

	return gnt_dev_ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &op);
}

/* gnt_dev_notify() - have a byte cleared when its page is unmapped. */
int gnt_dev_notify(int fd, uint64_t offset)
{
	struct ioctl_gntdev_unmap_notify op = {
		.index = offset,
		.action = UNMAP_NOTIFY_CLEAR_BYTE,
	};

	return gnt_dev_ioctl(fd, IOCTL_GNTDEV_SET_UNMAP_NOTIFY, &op);
}
