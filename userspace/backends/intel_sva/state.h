/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the intel-sva backend share: cards, all bound to this process, and
 * lanes, of which several may have the same card. No functions.
 */
#ifndef SM_INTEL_SVA_STATE_H
#define SM_INTEL_SVA_STATE_H

#include <pthread.h>
#include <stdint.h>

#include "backends/host.h"
#include "nic.h"

#define SVA_CARDS	8U
#define SVA_KEPT	2U

/**
 * struct sva_card - a card, one lane's at a time
 * @lock: whose it is
 * @nic: it
 */
struct sva_card {
	pthread_mutex_t lock;
	struct sva_nic nic;
};

/**
 * struct sva_lane - words of the arena, accessed for one thread
 * @card: by which card
 * @flight: see sm_backend.flight
 * @done: words moved
 * @refused: words that were not, or whose coming cannot be told from a fault
 */
struct sva_lane {
	struct sva_card *card;
	uint64_t flight;
	uint64_t done;
	uint64_t refused;
};

struct sva_queue;
struct sva_state;

/**
 * struct sva_state - what the backend keeps in sm_host.state
 * @host: the run, and what the backend has of it
 * @cards: bound to this process
 * @nr_cards: how many
 * @unknown: cards that nobody here knows how to drive
 * @lanes: by who uses them
 * @came: cards that were bound and unbound meanwhile
 * @went: processes that exited while they were bound
 * @queue: what the IOMMU is told, NULL if that is not known
 * @kept: pages that keep page tables
 * @guarded: accesses of the processor may fault
 */
struct sva_state {
	struct sm_host *host;
	struct sva_card cards[SVA_CARDS];
	unsigned int nr_cards;
	char unknown[100];
	struct sva_lane lanes[SM_LANES];
	uint64_t came;
	uint64_t went;
	struct sva_queue *queue;
	void *kept[SVA_KEPT];
	bool guarded;
};

#endif /* SM_INTEL_SVA_STATE_H */
