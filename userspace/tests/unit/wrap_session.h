/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in for functions of the library in test_session: the linker takes
 * these where the library calls those (--wrap, see Makefile.am).
 */
#ifndef WRAP_SESSION_H
#define WRAP_SESSION_H

#include <sys/types.h>

#include "session/klog.h"

struct sm_klog *__wrap_sm_klog_open(const struct sm_allow *a, char *why,
				    size_t size);
uint64_t __wrap_sm_taint_read(void);
void __wrap_sm_util_nap(uint64_t ns);
void __real_sm_util_nap(uint64_t ns);
int __wrap_kill(pid_t pid, int sig);
int __real_kill(pid_t pid, int sig);

#endif /* WRAP_SESSION_H */
