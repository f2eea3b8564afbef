/* SPDX-License-Identifier: GPL-2.0-only */
/* What a card is told, in memory that is the card's and ours; see nic.h. */
#ifndef SM_INTEL_SVA_RING_H
#define SM_INTEL_SVA_RING_H

#include <stdint.h>

#define SVA_TX_LAST		0x01000000U	/* of a packet */
#define SVA_TX_REPORT	0x08000000U
#define SVA_DONE	1U		/* status */

#define SVA_BUFFER	256U
#define SVA_RING	256U
#define SVA_PADDED	64U	/* what a short packet has, and a little more */

struct sva_tx {
	uint64_t from;
	uint32_t command;
	uint32_t status;
};

struct sva_rx {
	uint64_t to;
	uint16_t length;
	uint16_t sum;
	uint8_t status;
	uint8_t errors;
	uint16_t special;
};

/**
 * struct sva_answer - what a read brought, in this order
 * @before: the witness
 * @value: the word
 * @after: the witness again
 */
struct sva_answer {
	uint64_t before;
	uint64_t value;
	uint64_t after;
};

/* The rings have to be aligned to 16 bytes; this is a whole number of pages. */
struct sva_memory {
	struct sva_tx tx[SVA_RING];
	struct sva_rx rx[SVA_RING];
	uint8_t head[SVA_BUFFER];
	uint8_t sink[SVA_BUFFER];
	uint64_t words[SVA_RING];
	union {
		struct sva_answer answer;
		uint8_t room[SVA_PADDED];
	} answers[SVA_RING];
};

#endif /* SM_INTEL_SVA_RING_H */
