/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a page of memory holds, by its PFN and whoever has it: read through
 * /proc/kcore, whose program headers say where each range of it is.
 */
#ifndef SM_PHYSMEM_H
#define SM_PHYSMEM_H

#include <stdbool.h>
#include <stdint.h>

#define SM_PHYSMEM		"/proc/kcore"
#define SM_PHYSMEM_RANGES	64

/**
 * struct sm_physmem - memory by physical address
 * @fd: SM_PHYSMEM, -1 if it cannot be read
 * @range: a range of memory: where it begins, its bytes, and its place in @fd
 * @nr: how many
 */
struct sm_physmem {
	int fd;
	struct {
		uint64_t start;
		uint64_t size;
		uint64_t offset;
	} range[SM_PHYSMEM_RANGES];
	unsigned int nr;
};

/**
 * sm_physmem_open() - find out where memory is
 * @m: filled in; also if this fails it may be closed
 *
 * Return: 0 or a negative errno.
 */
int sm_physmem_open(struct sm_physmem *m);

/**
 * sm_physmem_word() - read 8 bytes of a page, which may change meanwhile
 * @m: memory
 * @pfn: the page
 * @word: which 8 bytes of it
 * @value: filled in
 *
 * Return: false if that is no memory, or cannot be read.
 */
bool sm_physmem_word(const struct sm_physmem *m, uint64_t pfn,
		     unsigned int word, uint64_t *value);

void sm_physmem_close(struct sm_physmem *m);

#endif /* SM_PHYSMEM_H */
