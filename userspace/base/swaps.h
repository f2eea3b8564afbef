/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices and files to swap to. */
#ifndef SM_SWAPS_H
#define SM_SWAPS_H

#include <stdbool.h>
#include <stdint.h>

#define SM_SWAPS	8
#define SM_SWAPS_PATH	128

/**
 * struct sm_swap - one of them
 * @path: where it is
 * @used: bytes in it
 * @priority: those of higher ones are filled first; negative: the kernel chose it
 */
struct sm_swap {
	char path[SM_SWAPS_PATH];
	uint64_t used;
	int priority;
};

/**
 * sm_swaps_read() - ask the kernel for those that are on
 * @swaps: gets SM_SWAPS of them at most; none whose path has spaces, or is gone
 *
 * Return: how many.
 */
unsigned int sm_swaps_read(struct sm_swap swaps[SM_SWAPS]);

/**
 * sm_swaps_returns() - can it have its place back?
 * @swaps: all of them
 * @nr: how many
 * @i: which
 *
 * The kernel gives lower priorities to who comes later, where nobody asks for one.
 *
 * Return: true if sm_swaps_on() has it as it was, and the others, too.
 */
bool sm_swaps_returns(const struct sm_swap *swaps, unsigned int nr, unsigned int i);

/**
 * sm_swaps_on() - have it back as it was
 * @s: filled in by sm_swaps_read()
 *
 * Return: 0, which it is too if it was on, or a negative errno.
 */
int sm_swaps_on(const struct sm_swap *s);

#endif /* SM_SWAPS_H */
