/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is switched off on this kernel, of what everybody has: oracles, defects
 * and emitters. Profiles are the backend's to tell of, ops know their own needs.
 *
 * All functions add to a text: one reason after the other, or none.
 */
#ifndef SM_LACKS_H
#define SM_LACKS_H

#include <stdbool.h>
#include <stddef.h>

#include "module/device.h"
#include "module/needs.h"
#include "wire.h"

/* Oracle refs judges pages only where this can be written to. */
#define SM_LACKS_DRAIN	"/proc/sys/vm/compact_memory"

#define SM_LACKS_CALLERS					\
	"no names of callers (CONFIG_STACKTRACE, CONFIG_KALLSYMS)"

/**
 * struct sm_lacks - what decides
 * @told: what the module says of itself, or NULL
 * @ops: why the kernel cannot do an op on any memory, or NULL, for each row
 * @debug: it has lockdep, and so what comes with it
 * @undrained: why nothing drains the lists of the LRU, or NULL
 * @log: why the kernel log cannot be followed, or ""
 * @small: it has no huge pages
 */
struct sm_lacks {
	const struct sm_ioc_query *told;
	const char *ops[SM_MAX_OPS];
	bool debug;
	const char *undrained;
	char log[128];
	bool small;
};

/**
 * sm_lacks_here() - ask this kernel, once
 *
 * Return: what it said.
 */
const struct sm_lacks *sm_lacks_here(void);

/**
 * sm_lacks_feature() - is a feature of the module off?
 * @l: what decides
 * @feature: SM_FEATURE_*
 *
 * Return: false too if there is no module.
 */
bool sm_lacks_feature(const struct sm_lacks *l, uint64_t feature);

/**
 * sm_lacks_oracle() - what an oracle cannot see
 * @l: what decides
 * @row: row of sm_oracles[]
 * @why: gets the reasons
 * @size: room at @why
 *
 * Return: false if there is nothing.
 */
bool sm_lacks_oracle(const struct sm_lacks *l, unsigned int row, char *why,
		     size_t size);

/**
 * sm_lacks_defect() - why a defect cannot be seeded, or would not show
 * @l: what decides
 * @row: row of sm_defects[]
 * @why: gets the reasons
 * @size: room at @why
 *
 * Return: false if it can.
 */
bool sm_lacks_defect(const struct sm_lacks *l, unsigned int row, char *why,
		     size_t size);

/**
 * sm_lacks_arming() - why no defect can be armed
 * @l: what decides
 *
 * Return: the reason, or NULL if it can.
 */
const char *sm_lacks_arming(const struct sm_lacks *l);

/**
 * sm_lacks_sight() - why a defect would not show, although it was seeded
 * @l: what decides
 * @row: row of sm_defects[]
 *
 * Return: the reason, or NULL if it would.
 */
const char *sm_lacks_sight(const struct sm_lacks *l, unsigned int row);

/**
 * sm_lacks_emitters() - why no emitter is known by name
 * @l: what decides
 *
 * Return: the reason, or NULL if they are.
 */
const char *sm_lacks_emitters(const struct sm_lacks *l);

#endif /* SM_LACKS_H */
