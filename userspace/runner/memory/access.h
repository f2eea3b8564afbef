/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device is asked for. */
#ifndef SM_ACCESS_H
#define SM_ACCESS_H

#include <stdint.h>

/**
 * struct sm_access - one word that a device reads or writes
 * @va: address of the 8-byte word
 * @value: what it writes; or, in the end, what it read
 * @error: in the end: 0, or the negative errno with which it was refused
 * @write: it is a write
 */
struct sm_access {
	uint64_t va;
	uint64_t value;
	int32_t error;
	uint32_t write;
};

#endif /* SM_ACCESS_H */
