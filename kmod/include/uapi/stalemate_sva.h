/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Cards that are bound to a process, for the backend intel-sva: what the module sm_sva
 * of fixtures/guest/cards/intel-sva offers in a guest.
 */
#ifndef _UAPI_STALEMATE_SVA_H
#define _UAPI_STALEMATE_SVA_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SM_SVA_PATH	"/dev/stalemate_sva"

/* For mmap(), once it is bound; a child does not get either. */
#define SM_SVA_REGS		0		/* the card's registers */
#define SM_SVA_REGS_SIZE	0x20000
#define SM_SVA_MEMORY		0x100000	/* pages that stay where they are */
#define SM_SVA_MEMORY_SIZE	0x10000

/**
 * struct sm_sva_bind - have a card use the addresses of this process
 * @card: out: number of the card, which is this open file's until that is closed
 * @pasid: out: the number that the process has for the IOMMU
 *
 * Errors: -EBUSY all cards are taken, or the file has or had one; and those of
 * iommu_sva_bind_device().
 */
struct sm_sva_bind {
	__u32 card;
	__u32 pasid;
};

#define SM_SVA_IOC_BIND		_IOR('s', 0x60, struct sm_sva_bind)
#define SM_SVA_IOC_UNBIND	_IO('s', 0x61)

/*
 * Of a card that is bound: have the process at PASID 0 alone, as which the card asks, and
 * not at its own as well: the driver flushes one of the two then. -EINVAL: it is not
 * bound, or is so already.
 */
#define SM_SVA_IOC_ALONE	_IO('s', 0x62)

#endif /* _UAPI_STALEMATE_SVA_H */
