/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel symbols kept in a file: to read kallsyms takes two seconds where processors are
 * emulated, for each command, and a file is mapped at once.
 */
#ifndef SM_SYMBOLS_KEPT_H
#define SM_SYMBOLS_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Until the next boot, and for root alone, as kallsyms is. */
#define SM_SYMBOLS_KEPT	"/run/stalemate-symbols"

/**
 * struct sm_symbol - one text symbol
 * @addr: its address
 * @name: offset of its name in the string pool
 * @own: belongs to the module under which the witness runs
 */
struct sm_symbol {
	uint64_t addr;
	uint32_t name;
	bool own;
};

/**
 * struct sm_symbols - all text symbols of a kernel
 * @sym: by address
 * @bucket: by a hash of the name, 1 + the index of a symbol, or 0
 * @next: of each symbol, the same of another in its bucket
 * @buckets: how many, a power of two
 * @nr: how many
 * @room: of @sym
 * @pool: names
 * @pool_len: bytes in it
 * @pool_room: of @pool
 * @map: where a file is mapped that all of these are in, or NULL
 * @map_size: bytes of it
 */
struct sm_symbols {
	struct sm_symbol *sym;
	uint32_t *bucket;
	uint32_t *next;
	size_t buckets;
	size_t nr;
	size_t room;
	char *pool;
	size_t pool_len;
	size_t pool_room;
	void *map;
	size_t map_size;
};

/**
 * sm_symbols_keep() - put symbols into a file that there may be already
 * @s: the symbols
 * @path: the file; only its owner may read it
 * @key: what they are good for
 *
 * If that cannot be done, kallsyms is read again the next time.
 */
void sm_symbols_keep(const struct sm_symbols *s, const char *path, uint64_t key);

/**
 * sm_symbols_recall() - what was put into a file
 * @path: the file
 * @key: what they are to be good for
 *
 * Return: the symbols, or NULL if there is no such file of ours, it was kept for
 * something else, or is not whole.
 */
struct sm_symbols *sm_symbols_recall(const char *path, uint64_t key);

#endif /* SM_SYMBOLS_KEPT_H */
