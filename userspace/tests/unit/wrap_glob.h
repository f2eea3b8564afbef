/* SPDX-License-Identifier: GPL-2.0-only */
/* What is replaced by --wrap, so that files are found elsewhere. */
#ifndef SM_WRAP_GLOB_H
#define SM_WRAP_GLOB_H

#include <glob.h>

int __real_glob(const char *pattern, int flags,
		int (*error)(const char *path, int err), glob_t *found);
int __wrap_glob(const char *pattern, int flags,
		int (*error)(const char *path, int err), glob_t *found);

#endif /* SM_WRAP_GLOB_H */
