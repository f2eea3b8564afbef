/* SPDX-License-Identifier: GPL-2.0-only */
/* What is replaced by --wrap, so that a module is loaded or not. */
#ifndef SM_WRAP_SYSFS_H
#define SM_WRAP_SYSFS_H

#include <stddef.h>

int __real_sm_util_read_file(const char *path, char *buf, size_t size);
int __wrap_sm_util_read_file(const char *path, char *buf, size_t size);

#endif /* SM_WRAP_SYSFS_H */
