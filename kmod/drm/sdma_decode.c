// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a packet of AMD's SDMA engines says: see sdma_decode.h. An engine may ignore
 * what it does not know; this refuses it, and what would need more than memory.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#else
#include <errno.h>
#include <stdbool.h>
#endif

#include "sdma_decode.h"

#define SM_FIELD(word, shift, mask)	((word) >> (shift) & (mask))

/* What differs. Counts of bytes have @count_mask, those of written words @word_mask. */
struct sm_sdma_rules {
	bool minus_one;
	bool atomics;
	bool compressed;	/* copies may have CPV, and a word for it; fills COMPRESS */
	__u32 count_mask;
	__u32 word_mask;
};

static const struct sm_sdma_rules sm_sdma_rules[SM_SDMA_GENS] = {
	/* cik_sdma.c:1308, :1339: 21 bits; nothing in cikd.h says how many words */
	[SM_SDMA_CIK] = { false, false, false, 0x1fffff, 0x3fffff },
	/* tonga_sdma_pkt_open.h:91, :1384, :2048 */
	[SM_SDMA_VI] = { false, true, false, 0x3fffff, 0x3fffff },
	/* vega10_sdma_pkt_open.h:119, :1588, :2745 */
	[SM_SDMA_AI] = { true, true, false, 0x3fffff, 0xfffff },
	/* sdma_v5_2.c:2053: 30 bits, though navi10_sdma_pkt_open.h:149 has 22; :2706 */
	[SM_SDMA_NV] = { true, true, false, 0x3fffffff, 0xfffff },
	/* sdma_v6_0_0_pkt_open.h:134, :152, :3119; sdma_v7_0.c:59, :1784 */
	[SM_SDMA_GC12] = { true, true, true, 0x3fffffff, 0xfffff },
};

static __u64 sm_sdma_address(const __u32 *w)
{
	return w[0] | (__u64)w[1] << 32;
}

/* A count field says @mask at most; what else is in its word is not asked for. */
static int sm_sdma_count(const struct sm_sdma_rules *r, __u32 word, __u32 mask,
			 __u64 *count)
{
	*count = (__u64)word + r->minus_one;

	return word & ~mask || !*count ? -EINVAL : 0;
}

/* tonga_sdma_pkt_open.h:2241: words that follow are skipped */
static int sm_sdma_nop(const __u32 *w, struct sm_sdma_packet *p)
{
	p->kind = SM_SDMA_NOP;
	p->words = 1 + SM_FIELD(w[0], 16, 0x3fff);

	return SM_FIELD(w[0], 8, 0xff) || w[0] >> 30 ? -EINVAL : 0;
}

/* sub-opcode 0 is linear: cikd.h:502 */
static int sm_sdma_copy(const struct sm_sdma_rules *r, const __u32 *w,
			__u32 left, struct sm_sdma_packet *p)
{
	bool cpv = r->compressed && w[0] & 1U << 19;

	p->kind = SM_SDMA_COPY;
	p->words = cpv ? 8 : 7;
	if (left < p->words)
		return -ENODATA;
	if (w[0] >> 8 & ~(cpv ? 1U << 11 : 0) || w[2] || (cpv && w[7]))
		return -EINVAL;
	p->src = sm_sdma_address(w + 3);
	p->dst = sm_sdma_address(w + 5);

	return sm_sdma_count(r, w[1], r->count_mask, &p->bytes);
}

static int sm_sdma_write(const struct sm_sdma_rules *r, const __u32 *w,
			 __u32 left, struct sm_sdma_packet *p)
{
	int err;

	p->kind = SM_SDMA_WRITE;
	p->words = 4;
	p->data = 4;
	if (left < p->words)
		return -ENODATA;
	p->dst = sm_sdma_address(w + 1);
	err = sm_sdma_count(r, w[3], r->word_mask, &p->bytes);
	if (err || w[0] >> 8 || p->dst & 3)
		return -EINVAL;
	if (left - p->words < p->bytes)
		return -ENODATA;
	p->words += p->bytes;
	p->bytes *= 4;

	return 0;
}

/* The size of the value: cikd.h:545, in bits 30 and 31: vega10_sdma_pkt_open.h:2352 */
static int sm_sdma_fill(const struct sm_sdma_rules *r, const __u32 *w,
			__u32 left, struct sm_sdma_packet *p)
{
	__u32 size = w[0] >> 30, known = r->compressed ? 1U << 16 : 0;

	p->kind = SM_SDMA_FILL;
	p->words = 5;
	if (left < p->words)
		return -ENODATA;
	if (SM_FIELD(w[0], 8, 0x3fffff) & ~(known >> 8) || size & 1)
		return -EINVAL;
	p->unit = size == 2 ? 4 : 1;
	p->dst = sm_sdma_address(w + 1);
	p->value = p->unit == 4 ? w[3] : w[3] & 0xff;
	if (sm_sdma_count(r, w[4], r->count_mask, &p->bytes))
		return -EINVAL;

	return (p->dst | p->bytes) & (p->unit - 1) ? -EINVAL : 0;
}

/* Those that return what was there, of navi10_enum.h:12317-12357; it goes nowhere. */
static int sm_sdma_atomic_kind(__u32 op, struct sm_sdma_packet *p)
{
	p->bytes = op & 0x20 ? 8 : 4;
	switch (op & ~0x20U) {
	case 0x07:
		p->kind = SM_SDMA_SWAP;
		return 0;
	case 0x08:
		p->kind = SM_SDMA_CMPSWAP;
		return 0;
	case 0x0f:
		p->kind = SM_SDMA_ADD;
		return 0;
	default:
		return -EINVAL;
	}
}

/* No loop, which waits for others: vega10_sdma_pkt_open.h:2731 */
static int sm_sdma_atomic(const struct sm_sdma_rules *r, const __u32 *w,
			  __u32 left, struct sm_sdma_packet *p)
{
	p->words = 8;
	if (!r->atomics)
		return -EINVAL;
	if (left < p->words)
		return -ENODATA;
	if (SM_FIELD(w[0], 8, 0x1ffff) ||
	    sm_sdma_atomic_kind(SM_FIELD(w[0], 25, 0x7f), p))
		return -EINVAL;
	p->dst = sm_sdma_address(w + 1);
	p->value = sm_sdma_address(w + 3);
	p->compare = sm_sdma_address(w + 5);
	if (p->bytes == 4) {
		p->value &= 0xffffffff;
		p->compare &= 0xffffffff;
	}

	return p->dst & (p->bytes - 1) || w[7] ? -EINVAL : 0;
}

/*
 * @left words are left of the IB, of which the first SM_SDMA_HEAD, if there are as
 * many, are at @w. -ENODATA: the packet sticks out of the IB. -EINVAL: it is none
 * that may be run.
 */
int sm_sdma_decode(enum sm_sdma_gen gen, const __u32 *w, __u32 left,
		   struct sm_sdma_packet *p)
{
	const struct sm_sdma_rules *r = &sm_sdma_rules[gen];
	int err;

	*p = (struct sm_sdma_packet){ .kind = SM_SDMA_NOP };
	if (!left)
		return -ENODATA;
	switch (w[0] & 0xff) {	/* the opcodes: navi10_sdma_pkt_open.h:26-36 */
	case 0:
		err = sm_sdma_nop(w, p);
		break;
	case 1:
		err = sm_sdma_copy(r, w, left, p);
		break;
	case 2:
		err = sm_sdma_write(r, w, left, p);
		break;
	case 10:
		err = sm_sdma_atomic(r, w, left, p);
		break;
	case 11:
		err = sm_sdma_fill(r, w, left, p);
		break;
	default:
		return -EINVAL;
	}
	if (!err && p->words > left)
		err = -ENODATA;

	return err;
}

/* nvd.h:33, :48, :55; gfx_v10_0.c:9837: the largest count says that nothing follows */
int sm_pm4_decode(__u32 head, __u32 left, struct sm_sdma_packet *p)
{
	__u32 count = SM_FIELD(head, 16, 0x3fff);

	*p = (struct sm_sdma_packet){ .kind = SM_SDMA_NOP };
	if (!left)
		return -ENODATA;
	if (head >> 30 != 3 || SM_FIELD(head, 0, 0xffff) != 0x10 << 8)
		return -EINVAL;
	p->words = count == 0x3fff ? 1 : count + 2;

	return p->words > left ? -ENODATA : 0;
}
