/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses that may fault: a page whose grant is gone answers with SIGBUS, one
 * that is not mapped with SIGSEGV.
 */
#ifndef SM_GNTDEV_GUARD_H
#define SM_GNTDEV_GUARD_H

#include <stdbool.h>
#include <stdint.h>

int gnt_guard_start(void);
void gnt_guard_stop(void);
bool gnt_guard_read(uint64_t va, uint64_t *value);
bool gnt_guard_write(uint64_t va, uint64_t value);

#endif /* SM_GNTDEV_GUARD_H */
