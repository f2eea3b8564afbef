/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A card that is bound to this process: QEMU's e1000 in loopback. A packet is gathered
 * from where some descriptors say and scattered to where others do, all of it in the
 * middle of the write to the doorbell. An access that faults reads zeroes, or writes
 * nothing, and the card says no word of it.
 */
#ifndef SM_INTEL_SVA_NIC_H
#define SM_INTEL_SVA_NIC_H

#include <stdint.h>

#include "way.h"

#define SVA_BATCH	32U	/* accesses at a time */

struct sva_answer;

/**
 * sva_nic_open() - have a card that is nobody's, bound to this process
 * @nic: zeroed, but for @nic->stop; sva_nic_close() must follow in any case
 *
 * Return: 0; -ENODEV and no @nic->why if there is no card; or another negative errno and
 * @nic->why: -EBUSY if all are taken.
 */
int sva_nic_open(struct sva_nic *nic);
void sva_nic_close(struct sva_nic *nic);

/** sva_nic_unbind() - the card is still ours, and has nothing of this process any more */
int sva_nic_unbind(struct sva_nic *nic);

/** sva_nic_begin() - what is told from here on is done together, and in order */
void sva_nic_begin(struct sva_nic *nic);

/**
 * sva_nic_read() - read a word
 * @nic: the card
 * @va: the word
 * @witness: a word of the same page, which is read before it and after it
 *
 * Return: number of the answer.
 */
unsigned int sva_nic_read(struct sva_nic *nic, uint64_t va, uint64_t witness);

/** sva_nic_write() - write a word */
void sva_nic_write(struct sva_nic *nic, uint64_t va, uint64_t value);

/** sva_nic_go() - ring the doorbell: all is done when it returns 0, or it is -EIO */
int sva_nic_go(struct sva_nic *nic);

/** sva_nic_answer() - what a read brought, if it did; valid until sva_nic_begin() */
const struct sva_answer *sva_nic_answer(const struct sva_nic *nic,
					unsigned int nr);

#endif /* SM_INTEL_SVA_NIC_H */
