/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/xen/gntalloc, which grants pages, and /dev/xen/gntdev, which maps what
 * was granted: one thin function per ioctl. All of them return 0, or a
 * negative errno; what opens, a descriptor.
 */
#ifndef SM_GNTDEV_DEV_H
#define SM_GNTDEV_DEV_H

#include <stdint.h>

#define GNT_ALLOC_DEVICE	"/dev/xen/gntalloc"
#define GNT_DEVICE		"/dev/xen/gntdev"
#define GNT_MAP_PAGES		16	/* of one map, at most */
#define GNT_BAD_REF		0x7ffffff0	/* beyond any grant table */

int gnt_dev_open(const char *path);
int gnt_dev_grant(int fd, uint32_t *ref, uint64_t *offset);
int gnt_dev_revoke(int fd, uint64_t offset);
int gnt_dev_list(int fd, const uint32_t *refs, unsigned int nr,
		 uint64_t *offset);
int gnt_dev_list_unseen(int fd, uint32_t ref);
int gnt_dev_unlist(int fd, uint64_t offset, unsigned int nr);
int gnt_dev_notify(int fd, uint64_t offset);

#endif /* SM_GNTDEV_DEV_H */
