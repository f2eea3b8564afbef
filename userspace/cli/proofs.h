/* SPDX-License-Identifier: GPL-2.0-only */
/* stalemate list oracles: which mirrors each can see, and what proves it. */
#ifndef SM_CLI_PROOFS_H
#define SM_CLI_PROOFS_H

#include <json-c/json.h>

/**
 * sm_proofs_json() - what an oracle sees
 * @row: row of sm_oracles[]
 *
 * Return: an array with an object for each profile and each real driver: its name
 * as "profile" or "driver", and "by", a defect or known finding that the oracle
 * catches there alone, or "blind", why it sees nothing; neither: it is not proven.
 */
struct json_object *sm_proofs_json(unsigned int row);

/**
 * sm_proofs_print() - the same, for people
 * @sees: what sm_proofs_json() returned
 *
 * Those of which the same is said are in one line.
 */
void sm_proofs_print(struct json_object *sees);

#endif /* SM_CLI_PROOFS_H */
