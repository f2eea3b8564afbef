/* SPDX-License-Identifier: GPL-2.0-only */
/* Does the card do what it is told to? */
#ifndef SM_AMDGPU_PROOF_H
#define SM_AMDGPU_PROOF_H
#ifdef HAVE_AMDGPU

#include "dev.h"

/**
 * amdgpu_proof() - have a word of our memory copied, and another one swapped
 * @d: the card; @d->swap is set if the swap arrives: where PCIe has no atomics, it
 *	does not
 *
 * Return: 0, or a negative errno and @d->why: it does not copy.
 */
int amdgpu_proof(struct amdgpu_dev *d);

#endif /* HAVE_AMDGPU */
#endif /* SM_AMDGPU_PROOF_H */
