/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing to a file of the kernel's, where a test may refuse it, for -Wl,--wrap. */
#ifndef SM_WRAP_WRITE_H
#define SM_WRAP_WRITE_H

int __real_sm_util_write_file(const char *path, const char *text);
int __wrap_sm_util_write_file(const char *path, const char *text);

#endif /* SM_WRAP_WRITE_H */
