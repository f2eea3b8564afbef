/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel symbols: from the return addresses in a witness record to the name of
 * the emitter that sent the invalidation.
 */
#ifndef SM_SYMBOLS_H
#define SM_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "emitters.h"

struct sm_symbols;

/**
 * sm_symbols_load() - read /proc/kallsyms, or what was read of it before
 * @out: set on success; nobody frees it. NULL if the kernel names no function
 *	(without CONFIG_KALLSYMS)
 *
 * It takes two seconds where processors are emulated, and a matrix runs hundreds of
 * storms, each in a process that is forked: so who forks reads them first. They are read
 * again only if modules have come or gone, and kept for other commands in /run.
 *
 * Return: 0; -EPERM if addresses are hidden (not root, kptr_restrict=2);
 * another negative errno.
 */
int sm_symbols_load(const struct sm_symbols **out);

/**
 * sm_symbols_read() - read symbols from a stream in the format of kallsyms
 * @out: set on success
 * @stream: what to read
 *
 * Return: as sm_symbols_load().
 */
int sm_symbols_read(struct sm_symbols **out, FILE *stream);

/**
 * sm_symbols_name() - name the function that an address lies in
 * @s: the symbols
 * @addr: any address
 * @name: filled in without compiler suffixes; "" if there is none
 * @size: bytes at @name
 */
void sm_symbols_name(const struct sm_symbols *s, uint64_t addr, char *name,
		     size_t size);

/**
 * sm_symbols_emitter() - name the emitter that return addresses lead to
 * @s: the symbols, or NULL
 * @ips: return addresses, innermost first
 * @nr: how many
 * @name: filled in with a name of sm_emitters[] or "unknown:<symbol>", which
 *	names the innermost frame outside the notifier core
 * @size: bytes at @name
 */
void sm_symbols_emitter(const struct sm_symbols *s, const uint64_t *ips,
			unsigned int nr, char *name, size_t size);

/**
 * sm_symbols_stands() - is a function an emitter, or does it stand for it?
 * @function: name of a function that sends invalidations
 * @emitter: a name of sm_emitters[]
 *
 * Return: true also for a helper, whose caller alone tells which of several it is.
 */
bool sm_symbols_stands(const char *function, const char *emitter);

/**
 * sm_symbols_has() - is there such a function?
 * @s: the symbols
 * @name: its name
 *
 * Return: true if there is.
 */
bool sm_symbols_has(const struct sm_symbols *s, const char *name);

/**
 * sm_symbols_begin() - is there a function whose name begins so?
 * @s: the symbols
 * @prefix: how
 *
 * Return: true if there is.
 */
bool sm_symbols_begin(const struct sm_symbols *s, const char *prefix);

/**
 * sm_symbols_has_emitter() - is there an emitter, or what it may be inlined into?
 * @s: the symbols
 * @emitter: a name of sm_emitters[]
 *
 * Return: true if there is.
 */
bool sm_symbols_has_emitter(const struct sm_symbols *s, const char *emitter);

/**
 * sm_symbols_free() - free what sm_symbols_read() returned
 * @s: the symbols, or NULL
 */
void sm_symbols_free(struct sm_symbols *s);

#endif /* SM_SYMBOLS_H */
