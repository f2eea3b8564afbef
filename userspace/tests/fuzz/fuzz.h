/* SPDX-License-Identifier: GPL-2.0-only */
/* What libFuzzer calls: it has no header of its own for C. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>

#include <linux/types.h>

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

#endif /* FUZZ_H */
