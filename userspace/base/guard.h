/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses that may fault: a page whose grant is gone answers with SIGBUS, one
 * that is not mapped with SIGSEGV.
 */
#ifndef SM_GUARD_H
#define SM_GUARD_H

#include <stdbool.h>
#include <stdint.h>

int sm_guard_start(void);
void sm_guard_stop(void);
bool sm_guard_read(uint64_t va, uint64_t *value);
bool sm_guard_write(uint64_t va, uint64_t value);
bool sm_guard_touch(uint64_t va);

#endif /* SM_GUARD_H */
