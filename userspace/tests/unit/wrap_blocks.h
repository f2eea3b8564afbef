/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests put in the place of the machine's blocks of memory, for -Wl,--wrap. */
#ifndef SM_WRAP_BLOCKS_H
#define SM_WRAP_BLOCKS_H

#include "base/blocks.h"

unsigned int __wrap_sm_blocks_read(const char *dir, struct sm_blocks *b);
int __wrap_sm_blocks_restore(const char *dir, const struct sm_blocks *b);

#endif /* SM_WRAP_BLOCKS_H */
