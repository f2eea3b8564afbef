/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands in for functions that test_lacks lets fail: see wrap_kernel.h. */
#ifndef WRAP_LACKS_H
#define WRAP_LACKS_H

int __wrap_access(const char *path, int mode);
int __real_access(const char *path, int mode);
long __wrap_syscall(long number, long a, long b, long c, long d, long e,
		    long f);
long __real_syscall(long number, long a, long b, long c, long d, long e,
		    long f);

#endif /* WRAP_LACKS_H */
