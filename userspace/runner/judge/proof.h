/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What proves that an oracle sees a profile's mirrors, or a real driver's: a mistake
 * that it catches there when all other oracles are silent. Without one a green run
 * says nothing.
 */
#ifndef SM_PROOF_H
#define SM_PROOF_H

#include "uapi/stalemate.h"

/**
 * struct sm_proof - can an oracle see a mirror?
 * @by: name of the defect, or of the known finding, that it catches there; NULL if
 *	there is none
 * @blind: why it can see nothing there, or NULL
 *
 * If both are NULL it judges, and nothing proves that it would find anything.
 */
struct sm_proof {
	const char *by;
	const char *blind;
};

/**
 * sm_proof_of_profile() - what proves that an oracle sees a profile
 * @row: row of sm_oracles[]
 * @profile: the profile
 *
 * Return: the proof.
 */
struct sm_proof sm_proof_of_profile(unsigned int row, enum sm_profile profile);

/**
 * sm_proof_of_driver() - what proves that an oracle sees a real driver
 * @row: row of sm_oracles[]
 * @backend: name of the driver's backend
 *
 * Return: the proof.
 */
struct sm_proof sm_proof_of_driver(unsigned int row, const char *backend);

#endif /* SM_PROOF_H */
