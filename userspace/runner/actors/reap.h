/* SPDX-License-Identifier: GPL-2.0-only */
/* A dying process has its memory taken away, by process_mrelease(). */
#ifndef SM_REAP_H
#define SM_REAP_H

#include <sys/types.h>

struct sm_need;

int sm_reap(pid_t child);
const char *sm_reap_lacks(const struct sm_need *n);

#endif /* SM_REAP_H */
