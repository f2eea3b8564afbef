/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By whom a card is bound to this process: by the kernel's own uio_pci_generic_sva, where
 * that has cards whose registers nic.c knows, or by the module sm_sva. What a card is told
 * does not depend on it.
 *
 * uio_pci_generic_sva binds who opens its file, and has one place for what it has bound: of
 * two who open it the second takes that from the first, and both give it back. So a card
 * is locked before it is opened, by a lock (flock) on its attribute in sysfs. It offers no
 * memory either: the rings are in a buffer of the kernel's DMA heap, whose pages nobody
 * moves, ages or shares, as they are in the module's.
 */
#ifndef SM_INTEL_SVA_WAY_H
#define SM_INTEL_SVA_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sva_memory;
struct sva_way;

/**
 * struct sva_nic - a card
 * @way: by whom it is bound; NULL: it is not
 * @fd: it, for @way
 * @lock: that nobody else has it, for @way
 * @card: its number
 * @pasid: what the IOMMU calls this process
 * @regs: its registers
 * @memory: descriptors, and what words come from and go to
 * @tx: descriptors of what is gathered
 * @rx: of where that goes
 * @answers: of reads
 * @stop: it becomes true when nobody waits for the card any more; NULL: never
 * @why: what failed
 */
struct sva_nic {
	const struct sva_way *way;
	int fd;
	int lock;
	uint32_t card;
	uint32_t pasid;
	uint32_t *regs;
	struct sva_memory *memory;
	unsigned int tx;
	unsigned int rx;
	unsigned int answers;
	const bool *stop;
	char why[160];
};

/**
 * struct sva_way - a way to a card
 * @name: whose it is
 * @shared: a binding lasts for as long as any process has the file, so also children
 *	that storm threads forked meanwhile
 * @is_there: has it cards that can be driven, be they taken or not
 * @open: sets @nic->fd, @nic->card and @nic->pasid, and maps @nic->regs and @nic->memory
 * @unbind: the registers stay mapped
 * @close: of one that was not opened, or in vain, as well
 */
struct sva_way {
	const char *name;
	bool shared;
	bool (*is_there)(void);
	int (*open)(struct sva_nic *nic);
	int (*unbind)(struct sva_nic *nic);
	void (*close)(struct sva_nic *nic);
};

extern const struct sva_way sva_way_helper;
extern const struct sva_way sva_way_uio;

/** sva_way_fail() - what failed, with errno: in @nic->why, and what to return */
int sva_way_fail(struct sva_nic *nic, const char *what);

/** sva_uio_unknown() - cards of uio_pci_generic_sva that are not driven, by their names */
void sva_uio_unknown(char *buf, size_t size);

#endif /* SM_INTEL_SVA_WAY_H */
