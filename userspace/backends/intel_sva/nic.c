// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's e1000, bound to this process: see nic.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/util.h"
#include "nic.h"
#include "ring.h"
#include "uapi/stalemate_sva.h"

/* Of Intel's 82540EM; the kernel's e1000_hw.h has their names. */
#define REG_MDIC	0x0020
#define REG_IMC		0x00d8
#define REG_RCTL	0x0100
#define REG_TCTL	0x0400
#define REG_RDBAL	0x2800
#define REG_RDBAH	0x2804
#define REG_RDLEN	0x2808
#define REG_RDH		0x2810
#define REG_RDT		0x2818
#define REG_TDBAL	0x3800
#define REG_TDBAH	0x3804
#define REG_TDLEN	0x3808
#define REG_TDH		0x3810
#define REG_TDT		0x3818

#define MDIC_PHY_WRITE	0x04200000U	/* to PHY 1, register 0 */
#define PHY_LOOPBACK	0x4000U
#define RCTL_ENABLE	0x00000002U
#define RCTL_ANYBODY	0x00008018U	/* for whomever a packet is */
#define RCTL_BUFFERS	0x00030000U	/* of SVA_BUFFER bytes */
#define RCTL_NO_CRC	0x04000000U
#define RCTL_ALL	(RCTL_ENABLE | RCTL_ANYBODY | RCTL_BUFFERS | RCTL_NO_CRC)
#define TCTL_ENABLE	0x00000002U

/* For a second after RCTL was written QEMU's card takes no packet. */
#define NIC_TRIES	1000
#define NIC_NAP_NS	10000000ULL

_Static_assert(sizeof(struct sva_memory) <= SM_SVA_MEMORY_SIZE,
	       "all of it is the module's");
_Static_assert(SVA_BATCH * 5 < SVA_RING, "a write, and what comes of it");

static void nic_set(struct sva_nic *nic, unsigned int reg, uint32_t value)
{
	sm_write(&nic->regs[reg / 4], value);
}

static void nic_reset(struct sva_nic *nic)
{
	uint64_t tx = (uintptr_t)nic->memory->tx;
	uint64_t rx = (uintptr_t)nic->memory->rx;

	nic_set(nic, REG_IMC, ~0U);
	nic_set(nic, REG_MDIC, MDIC_PHY_WRITE | PHY_LOOPBACK);
	nic_set(nic, REG_RDBAL, rx);
	nic_set(nic, REG_RDBAH, rx >> 32);
	nic_set(nic, REG_RDLEN, sizeof(nic->memory->rx));
	nic_set(nic, REG_TDBAL, tx);
	nic_set(nic, REG_TDBAH, tx >> 32);
	nic_set(nic, REG_TDLEN, sizeof(nic->memory->tx));
	if (sm_read(&nic->regs[REG_RCTL / 4]) != RCTL_ALL)
		nic_set(nic, REG_RCTL, RCTL_ALL);
	nic_set(nic, REG_TCTL, TCTL_ENABLE);
}

/* A word of its memory is read, until it is. */
static int nic_await(struct sva_nic *nic)
{
	uint64_t word = (uintptr_t)nic->memory->words;
	unsigned int i;
	int err = -EIO;

	for (i = 0; i < NIC_TRIES && err; i++) {
		if (nic->stop && sm_read(nic->stop))
			return -EINTR;
		if (i)
			sm_util_nap(NIC_NAP_NS);
		sva_nic_begin(nic);
		sva_nic_read(nic, word, word);
		err = sva_nic_go(nic);
	}
	return err;
}

int sva_nic_open(struct sva_nic *nic)
{
	static const struct sva_way *const ways[] = { &sva_way_uio,
						      &sva_way_helper };
	unsigned int i = 0;
	int err;

	while (i < SM_ARRAY_SIZE(ways) && !ways[i]->is_there())
		i++;
	if (i == SM_ARRAY_SIZE(ways))
		return -ENODEV;
	nic->way = ways[i];
	nic->fd = -1;
	err = nic->way->open(nic);
	if (err)
		return err;
	memset(nic->memory, 0, sizeof(*nic->memory));
	nic_reset(nic);
	return nic_await(nic);
}

/* The address space has nothing of the file any more when that is closed. */
void sva_nic_close(struct sva_nic *nic)
{
	if (nic->memory)
		munmap(nic->memory, SM_SVA_MEMORY_SIZE);
	if (nic->regs)
		munmap(nic->regs, SM_SVA_REGS_SIZE);
	if (nic->way)
		nic->way->close(nic);
	memset(nic, 0, sizeof(*nic));
}

int sva_nic_unbind(struct sva_nic *nic)
{
	return nic->way->unbind(nic);
}

/* ---- what it does ----------------------------------------------------------- */

void sva_nic_begin(struct sva_nic *nic)
{
	nic->tx = 0;
	nic->rx = 0;
	nic->answers = 0;
}

static void nic_from(struct sva_nic *nic, uint64_t va, uint32_t bytes)
{
	struct sva_tx *tx = &nic->memory->tx[nic->tx++];

	tx->from = va;
	tx->command = bytes;
	tx->status = 0;
}

static void nic_to(struct sva_nic *nic, uint64_t va)
{
	nic->memory->rx[nic->rx++] = (struct sva_rx){ .to = va };
}

static void nic_packet(struct sva_nic *nic)
{
	nic->memory->tx[nic->tx - 1].command |= SVA_TX_LAST;
}

unsigned int sva_nic_read(struct sva_nic *nic, uint64_t va, uint64_t witness)
{
	unsigned int nr = nic->answers++;

	memset(&nic->memory->answers[nr], 0, sizeof(nic->memory->answers[nr]));
	nic_from(nic, witness, sizeof(uint64_t));
	nic_from(nic, va, sizeof(uint64_t));
	nic_from(nic, witness, sizeof(uint64_t));
	nic_packet(nic);
	nic_to(nic, (uintptr_t)&nic->memory->answers[nr]);
	return nr;
}

/* Only the last buffer of a packet may be left in part as it is. */
void sva_nic_write(struct sva_nic *nic, uint64_t va, uint64_t value)
{
	uint64_t *word = &nic->memory->words[nic->tx];

	*word = value;
	nic_from(nic, (uintptr_t)nic->memory->head, SVA_BUFFER);
	nic_from(nic, (uintptr_t)word, sizeof(*word));
	nic_packet(nic);
	nic_to(nic, (uintptr_t)nic->memory->sink);
	nic_to(nic, va);
}

/* One descriptor more is the card's than it will need: none would be all of them. */
int sva_nic_go(struct sva_nic *nic)
{
	if (!nic->tx)
		return 0;
	nic_to(nic, (uintptr_t)nic->memory->sink);
	nic->memory->tx[nic->tx - 1].command |= SVA_TX_REPORT;
	nic_set(nic, REG_RDH, 0);
	nic_set(nic, REG_RDT, nic->rx);
	nic_set(nic, REG_TDH, 0);
	sm_fence();
	nic_set(nic, REG_TDT, nic->tx);
	sm_fence();
	if ((sm_read(&nic->memory->tx[nic->tx - 1].status) & SVA_DONE) &&
	    (sm_read(&nic->memory->rx[nic->rx - 2].status) & SVA_DONE))
		return 0;
	snprintf(nic->why, sizeof(nic->why),
		 "card %u does not do what it is told to", nic->card);
	return -EIO;
}

const struct sva_answer *sva_nic_answer(const struct sva_nic *nic,
					unsigned int nr)
{
	return &nic->memory->answers[nr].answer;
}
