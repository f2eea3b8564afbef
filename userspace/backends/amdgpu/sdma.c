// SPDX-License-Identifier: GPL-2.0-only
/* Packets of AMD's SDMA engines: see sdma.h. Line numbers are of Linux 7.3.4. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sdma.h"

/* navi10_sdma_pkt_open.h:26-36; cikd.h:499-544 has the same, but no ATOMIC. */
#define OP_NOP		0U
#define OP_COPY		1U
#define OP_WRITE	2U
#define OP_ATOMIC	10U
#define OP_FILL		11U

#define NOP_COUNT	16	/* navi10_sdma_pkt_open.h:4515 */
#define NOP_MAX		0x4000U	/* navi10_sdma_pkt_open.h:4514, and the header */
#define FILL_WORDS	(2U << 30) /* cikd.h:545-548: units of a word */
#define ATOMIC_OP	25	/* navi10_sdma_pkt_open.h:4133 */
#define COPY_CPV	(1U << 19) /* sdma_v6_0_0_pkt_open.h:134, sdma_v7_0.c:1769 */
#define FILL_COMPRESS	(1U << 16) /* sdma_v7_0.c:59, sdma_v7_0.c:1803 */

#define SI_MAJOR	1U

const struct amdgpu_sdma amdgpu_sdma_table[] = {
	{ /* cik_sdma.c:1310, :1339, :1356; cikd.h has no limit of writes */
		.name = "SDMA 2.0 (CIK)", .major = 2, .minor = 0,
		.copy_words = 7, .copy_max = 0x1fffff, .write_max = 0x3fffff,
	}, { /* sdma_v2_4.c:1198, :1228, :1244; iceland_sdma_pkt_open.h:1384 */
		.name = "SDMA 2.4 (VI)", .major = 2, .minor = 4,
		.copy_words = 7, .copy_max = 0x1fffff, .write_max = 0x3fffff,
	}, { /* sdma_v3_0.c:1596, :1626, :1643; tonga_sdma_pkt_open.h:1384, :2048 */
		.name = "SDMA 3.0 (VI)", .major = 3, .minor = 0,
		.copy_words = 7, .copy_max = 0x3fffe0, .write_max = 0x3fffff,
		.atomic = true,
	}, { /* likewise, :1652 */
		.name = "SDMA 3.1 (VI)", .major = 3, .minor = 1,
		.copy_words = 7, .copy_max = 0x3fffe0, .write_max = 0x3fffff,
		.atomic = true,
	}, { /* sdma_v4_0.c:2581, :2612, :2737; vega10_sdma_pkt_open.h:1588, :2745 */
		.name = "SDMA 4.0 (AI)", .major = 4, .minor = 0, .less = 1,
		.copy_words = 7, .copy_max = 1 << 22, .write_max = 0x100000,
		.atomic = true,
	}, { /* sdma_v4_4_2.c:2291, :2322, :2376 */
		.name = "SDMA 4.4 (AI)", .major = 4, .minor = 4, .less = 1,
		.copy_words = 7, .copy_max = 1 << 30, .write_max = 0x100000,
		.atomic = true,
	}, { /* sdma_v5_0.c:2015, :2046, :2062; navi10_sdma_pkt_open.h:2706, :4133 */
		.name = "SDMA 5.0 (NV)", .major = 5, .minor = 0, .less = 1,
		.copy_words = 7, .copy_max = 1 << 22, .write_max = 0x100000,
		.atomic = true,
	}, { /* sdma_v5_2.c:2022, :2053, :2069 */
		.name = "SDMA 5.2 (NV)", .major = 5, .minor = 2, .less = 1,
		.copy_words = 7, .copy_max = 1 << 30, .write_max = 0x100000,
		.atomic = true,
	}, { /* sdma_v6_0.c:1830, :1861, :1877; sdma_v6_0_0_pkt_open.h:3119, :4829 */
		.name = "SDMA 6.0 (GC 11)", .major = 6, .minor = 0, .less = 1,
		.copy_words = 7, .copy_max = 1 << 30, .write_max = 0x100000,
		.atomic = true,
	}, { /* sdma_v7_0.c:1753-1784: CPV, and a word of it; :1811, :1826 */
		.name = "SDMA 7.0 (GC 12)", .major = 7, .minor = 0, .less = 1,
		.copy_words = 8, .copy_flags = COPY_CPV,
		.fill_flags = FILL_COMPRESS,
		.copy_max = 1 << 30, .write_max = 0x100000, .atomic = true,
	}, { /* sdma_v7_1.c:1712-1750, :1753, :1768: neither */
		.name = "SDMA 7.1 (GC 12.1)", .major = 7, .minor = 1, .less = 1,
		.copy_words = 7, .copy_max = 1 << 30, .write_max = 0x100000,
		.atomic = true,
	},
	{ .name = NULL }
};

const struct amdgpu_sdma *amdgpu_sdma_find(uint32_t major, uint32_t minor,
					   char *why, size_t size)
{
	const struct amdgpu_sdma *gen;

	for (gen = amdgpu_sdma_table; gen->name; gen++)
		if (gen->major == major && gen->minor == minor)
			return gen;
	if (major == SI_MAJOR) /* si_dma.c:847, sid.h:557-582 */
		snprintf(why, size,
			 "an engine of SI, whose packets are others than those since CIK");
	else
		snprintf(why, size, "SDMA %u.%u is not known", major, minor);
	return NULL;
}

/* ---- packets ------------------------------------------------------------------ */

/* Room for a packet, or NULL. */
static uint32_t *sdma_take(struct amdgpu_ib *ib, uint32_t words)
{
	uint32_t *to = ib->words + ib->nr;

	if (words > ib->room - ib->nr)
		return NULL;
	ib->nr += words;
	return to;
}

static void sdma_wide(uint32_t *to, uint64_t value)
{
	to[0] = (uint32_t)value;
	to[1] = (uint32_t)(value >> 32);
}

int amdgpu_sdma_nop(struct amdgpu_ib *ib, uint32_t words)
{
	uint32_t *p;

	if (!words || words > NOP_MAX)
		return -EINVAL;
	p = sdma_take(ib, words);
	if (!p)
		return -ENOSPC;
	memset(p, 0, words * sizeof(*p));
	p[0] = OP_NOP | (words - 1) << NOP_COUNT;
	return 0;
}

int amdgpu_sdma_copy(const struct amdgpu_sdma *gen, struct amdgpu_ib *ib,
		     uint64_t dst, uint64_t src, uint32_t bytes)
{
	uint32_t *p;

	if (!bytes || bytes > gen->copy_max)
		return -EINVAL;
	p = sdma_take(ib, gen->copy_words);
	if (!p)
		return -ENOSPC;
	memset(p, 0, gen->copy_words * sizeof(*p));
	p[0] = OP_COPY | gen->copy_flags;
	p[1] = bytes - gen->less;
	sdma_wide(p + 3, src);
	sdma_wide(p + 5, dst);
	return 0;
}

int amdgpu_sdma_write(const struct amdgpu_sdma *gen, struct amdgpu_ib *ib,
		      uint64_t dst, const uint32_t *data, uint32_t nr)
{
	uint32_t *p;

	if (!nr || nr > gen->write_max || dst % 4)
		return -EINVAL;
	p = sdma_take(ib, 4 + nr);
	if (!p)
		return -ENOSPC;
	p[0] = OP_WRITE;
	sdma_wide(p + 1, dst);
	p[3] = nr - gen->less;
	memcpy(p + 4, data, nr * sizeof(*data));
	return 0;
}

int amdgpu_sdma_fill(const struct amdgpu_sdma *gen, struct amdgpu_ib *ib,
		     uint64_t dst, uint32_t word, uint32_t bytes)
{
	uint32_t *p;

	if (!bytes || bytes > gen->copy_max || (dst | bytes) % 4)
		return -EINVAL;
	p = sdma_take(ib, 5);
	if (!p)
		return -ENOSPC;
	p[0] = OP_FILL | gen->fill_flags | FILL_WORDS;
	sdma_wide(p + 1, dst);
	p[3] = word;
	p[4] = bytes - gen->less;
	return 0;
}

int amdgpu_sdma_atomic(const struct amdgpu_sdma *gen, struct amdgpu_ib *ib,
		       enum amdgpu_atomic op, uint64_t at, uint64_t operand,
		       uint64_t expect)
{
	uint32_t *p;

	if (!gen->atomic || at % 8)
		return -EINVAL;
	p = sdma_take(ib, 8);
	if (!p)
		return -ENOSPC;
	p[0] = OP_ATOMIC | (uint32_t)op << ATOMIC_OP;
	sdma_wide(p + 1, at);
	sdma_wide(p + 3, operand);
	sdma_wide(p + 5, expect);
	p[7] = 0;
	return 0;
}
