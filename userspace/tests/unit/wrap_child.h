/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in for functions in tests of children and of those that hang: the
 * linker takes these where the library calls those (--wrap, see Makefile.am).
 */
#ifndef WRAP_CHILD_H
#define WRAP_CHILD_H

#include <sys/types.h>

struct sm_device;

int __real_kill(pid_t pid, int sig);
int __wrap_kill(pid_t pid, int sig);
int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);
pid_t __real_sm_child_fork(void);
pid_t __wrap_sm_child_fork(void);
int __real_sm_device_open(struct sm_device *d, char *why, size_t size);
int __wrap_sm_device_open(struct sm_device *d, char *why, size_t size);

#endif /* WRAP_CHILD_H */
