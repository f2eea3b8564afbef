/* SPDX-License-Identifier: GPL-2.0-only */
/* Which emitters the kernel has that runs, and where they are in its source. */
#ifndef SM_REACH_H
#define SM_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sites.h"
#include "symbols.h"

/**
 * sm_reach_version() - whose sites describe a kernel
 * @release: as uname(2) has it
 *
 * Return: the newest version that is no younger, or the oldest that there is.
 */
const char *sm_reach_version(const char *release);

/**
 * sm_reach_site() - where is an emitter?
 * @version: as sm_reach_version() returns it
 * @emitter: row of sm_emitters[]
 *
 * Return: the first place, or NULL if that version has none.
 */
const struct sm_site *sm_reach_site(const char *version, unsigned int emitter);

/**
 * sm_reach_lacks() - why an emitter cannot fire on a kernel
 * @s: its symbols, or NULL: nobody can tell what it was built without
 * @version: whose sites describe it
 * @emitter: row of sm_emitters[]
 * @why: gets one line
 * @size: room at @why
 *
 * Return: false if it can.
 */
bool sm_reach_lacks(const struct sm_symbols *s, const char *version,
		    unsigned int emitter, char *why, size_t size);

/**
 * sm_reach_here() - which emitters can fire on the kernel that runs
 * @s: its symbols
 *
 * Return: mask of rows of sm_emitters[].
 */
uint64_t sm_reach_here(const struct sm_symbols *s);

#endif /* SM_REACH_H */
