/* SPDX-License-Identifier: GPL-2.0-only */
/* What is replaced by --wrap to count, and to fail: what reaches the disk. */
#ifndef SM_WRAP_DISK_H
#define SM_WRAP_DISK_H

#include <sys/types.h>

int __real_fsync(int fd);
int __wrap_fsync(int fd);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);

#endif /* SM_WRAP_DISK_H */
