/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of AMD's SDMA engines, as user IBs need them. The table says what differs
 * between generations; where each column is read, of Linux 7.3.4 below
 * drivers/gpu/drm/amd/amdgpu:
 *
 *	major, minor	what AMDGPU_INFO_HW_IP_INFO says of the engine: sdma_v*_ip_block
 *	less		emit_copy_buffer(), emit_fill_buffer(): the count, or one less;
 *			the ring tests' WRITE_UNTILED_DW_3_COUNT() for writes
 *	copy_max	buffer_funcs.copy_max_bytes, fill_max_bytes
 *	write_max	*_sdma_pkt_open.h: SDMA_PKT_WRITE_UNTILED_DW_3_count_mask
 *	copy_words	buffer_funcs.copy_num_dw
 *	atomic		*_sdma_pkt_open.h: is there an SDMA_PKT_ATOMIC_HEADER?
 *
 * No code here is shared with the decoder of stalemate_drm.ko, which judges it.
 */
#ifndef SM_AMDGPU_SDMA_H
#define SM_AMDGPU_SDMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct amdgpu_sdma - a generation of engines
 * @name: for people
 * @major: of the engine's block
 * @minor: likewise
 * @less: what a count field is less than the count: 0 or 1
 * @copy_words: words of a copy
 * @copy_flags: of its header
 * @fill_flags: of a fill's header
 * @copy_max: bytes of a copy or fill, at most
 * @write_max: words of a write, at most
 * @atomic: it has atomics
 */
struct amdgpu_sdma {
	const char *name;
	uint32_t major;
	uint32_t minor;
	uint32_t less;
	uint32_t copy_words;
	uint32_t copy_flags;
	uint32_t fill_flags;
	uint32_t copy_max;
	uint32_t write_max;
	bool atomic;
};

/**
 * struct amdgpu_ib - packets that are put together
 * @words: where
 * @nr: words that are there
 * @room: for how many
 */
struct amdgpu_ib {
	uint32_t *words;
	uint32_t nr;
	uint32_t room;
};

/**
 * enum amdgpu_atomic - atomics on a word of 64 bits (navi10_enum.h:12349-12357)
 * @AMDGPU_ATOMIC_SWAP: the operand takes its place
 * @AMDGPU_ATOMIC_CMPSWAP: ... if it is what was expected
 * @AMDGPU_ATOMIC_ADD: the operand is added
 */
enum amdgpu_atomic {
	AMDGPU_ATOMIC_SWAP = 0x27,
	AMDGPU_ATOMIC_CMPSWAP = 0x28,
	AMDGPU_ATOMIC_ADD = 0x2f,
};

/** amdgpu_sdma_table - all generations; the last has no name */
extern const struct amdgpu_sdma amdgpu_sdma_table[];

/**
 * amdgpu_sdma_find() - the generation of an engine
 * @major: its block's version
 * @minor: likewise
 * @why: out: one line, if there is none
 * @size: bytes of it
 *
 * Return: it, or NULL if there is no such, or it is refused.
 */
const struct amdgpu_sdma *amdgpu_sdma_find(uint32_t major, uint32_t minor,
					   char *why, size_t size);

/*
 * Each adds one packet. They return 0; -ENOSPC if the IB has no room, -EINVAL if the
 * engine has no such packet: its size is 0 or too large, or an address or a size is
 * not aligned. Nothing was added then.
 */

/** amdgpu_sdma_nop() - @words words that do nothing, of which the first says how many */
int amdgpu_sdma_nop(struct amdgpu_ib *ib, uint32_t words);

/** amdgpu_sdma_copy() - @bytes, of any alignment */
int amdgpu_sdma_copy(const struct amdgpu_sdma *gen, struct amdgpu_ib *ib,
		     uint64_t dst, uint64_t src, uint32_t bytes);

/** amdgpu_sdma_write() - @nr words of @data, which are part of the packet */
int amdgpu_sdma_write(const struct amdgpu_sdma *gen, struct amdgpu_ib *ib,
		      uint64_t dst, const uint32_t *data, uint32_t nr);

/** amdgpu_sdma_fill() - @bytes, a multiple of 4, with @word */
int amdgpu_sdma_fill(const struct amdgpu_sdma *gen, struct amdgpu_ib *ib,
		     uint64_t dst, uint32_t word, uint32_t bytes);

/** amdgpu_sdma_atomic() - on the 64 bits at @at, once; @expect is of CMPSWAP */
int amdgpu_sdma_atomic(const struct amdgpu_sdma *gen, struct amdgpu_ib *ib,
		       enum amdgpu_atomic op, uint64_t at, uint64_t operand,
		       uint64_t expect);

#endif /* SM_AMDGPU_SDMA_H */
