/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel says of its own health: /proc/sys/kernel/tainted. */
#ifndef SM_TAINT_H
#define SM_TAINT_H

#include <stddef.h>
#include <stdint.h>

#define SM_TAINT_DIE	(1ULL << 7)	/* it has oopsed */

/**
 * sm_taint_read() - ask the kernel
 *
 * Return: a bit for each way in which it is tainted; 0 if it does not say.
 */
uint64_t sm_taint_read(void);

/**
 * sm_taint_errors() - what may be the fault of a driver
 * @bits: what is new
 *
 * Return: those bits that an error sets: D, W, B, M and L.
 */
uint64_t sm_taint_errors(uint64_t bits);

/**
 * sm_taint_others() - what somebody else did meanwhile, and is worth a word
 * @bits: what is new
 *
 * Return: bits that no error sets, but for modules that are out of tree or not
 * signed, from staging, or a test's: those are set because somebody loads ours.
 */
uint64_t sm_taint_others(uint64_t bits);

/**
 * sm_taint_text() - name bits: "D (7, died), W (9, warned)"
 * @bits: the bits
 * @buf: gets the names
 * @size: room at @buf
 */
void sm_taint_text(uint64_t bits, char *buf, size_t size);

#endif /* SM_TAINT_H */
