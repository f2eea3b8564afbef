/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a packet of AMD's SDMA engines says. Plain C: also built on the host, for
 * tests. Written from the kernel's headers alone: it judges whoever encodes.
 *
 * Line numbers are of Linux 7.3.4, below drivers/gpu/drm/amd/amdgpu/.
 */
#ifndef SM_DRM_SDMA_DECODE_H
#define SM_DRM_SDMA_DECODE_H

#include <linux/types.h>

enum sm_sdma_gen {
	SM_SDMA_CIK,		/* cik_sdma.c, cikd.h */
	SM_SDMA_VI,		/* sdma_v3_0.c, tonga_sdma_pkt_open.h */
	SM_SDMA_AI,		/* sdma_v4_0.c, vega10_sdma_pkt_open.h */
	SM_SDMA_NV,		/* sdma_v5_2.c, navi10_sdma_pkt_open.h */
	SM_SDMA_GC12,		/* sdma_v7_0.c, sdma_v6_0_0_pkt_open.h */
	SM_SDMA_GENS
};

enum sm_sdma_kind {
	SM_SDMA_NOP,
	SM_SDMA_COPY,
	SM_SDMA_WRITE,
	SM_SDMA_FILL,
	SM_SDMA_SWAP,
	SM_SDMA_CMPSWAP,
	SM_SDMA_ADD,
};

#define SM_SDMA_HEAD	8	/* words that say all but what is written */

/*
 * @words: of the packet. @data: which of them is the first that is written.
 * @bytes: copied, written or filled; of an atomic, its width.
 * @unit: 1 or 4: a fill's value is a byte or a word.
 */
struct sm_sdma_packet {
	enum sm_sdma_kind kind;
	__u32 words;
	__u32 data;
	__u32 unit;
	__u64 dst;
	__u64 src;
	__u64 bytes;
	__u64 value;
	__u64 compare;
};

/* The graphics engine's only packet that is known: the one that does nothing. */
int sm_pm4_decode(__u32 head, __u32 left, struct sm_sdma_packet *p);
int sm_sdma_decode(enum sm_sdma_gen gen, const __u32 *w, __u32 left,
		   struct sm_sdma_packet *p);

#endif /* SM_DRM_SDMA_DECODE_H */
