/* SPDX-License-Identifier: GPL-2.0-only */
/* The oracles that there are, by name; what each can see is in sight.h. */
#ifndef SM_ORACLES_H
#define SM_ORACLES_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct sm_oracle_info - a row of the oracle table
 * @name: name in results
 * @side: "user" or "kernel"
 * @about: one line: what it finds
 */
struct sm_oracle_info {
	const char *name;
	const char *side;
	const char *about;
};

/* Ends with a NULL name. */
extern const struct sm_oracle_info sm_oracles[];

/**
 * sm_oracles_muted() - is an oracle one of those that may not accuse?
 * @muted: mask of rows of sm_oracles[]
 * @oracle: its name
 *
 * Return: true if it is.
 */
bool sm_oracles_muted(uint64_t muted, const char *oracle);

#endif /* SM_ORACLES_H */
