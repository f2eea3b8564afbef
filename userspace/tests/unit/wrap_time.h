/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands in for the clock in test_peek (--wrap, see tests.mk). */
#ifndef WRAP_TIME_H
#define WRAP_TIME_H

#include <stdint.h>

uint64_t __wrap_sm_util_now(void);
void __wrap_sm_util_nap(uint64_t ns);

#endif /* WRAP_TIME_H */
