/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Ioctls about agents: kernel threads that use a mirror as a device engine would.
 * Sizes, reserved members and common errors are those of every ioctl, see
 * stalemate.h.
 */
#ifndef _UAPI_STALEMATE_AGENT_H
#define _UAPI_STALEMATE_AGENT_H

#include <linux/types.h>

#define SM_AGENT_READ		1	/* sm_ioc_agent_start.flags */
#define SM_AGENT_WRITE		2
#define SM_AGENT_EVICT		4

/**
 * struct sm_ioc_agent_start - start a kernel thread that uses a mirror
 * @size: sizeof(struct sm_ioc_agent_start)
 * @id: the mirror
 * @flags: SM_AGENT_READ, SM_AGENT_WRITE or both (one access in four writes, and
 *	one in four goes to the page of the last one);
 *	SM_AGENT_EVICT: before half of the accesses that are aimed (see struct
 *	sm_agent_ring) drop the entry, as a device TLB that runs out of room
 * @ring_order: log2 of the sample ring's slots, 6 to 18
 * @start: start, page aligned, inside the mirror
 * @end: end, page aligned, inside the mirror
 * @seed: seed of the agent's page sequence
 * @interval_ns: time between accesses; 0 is flat out
 * @read_word: index of the 8-byte word to read in each page, 0 to 511
 * @write_word: index of the word to write, 0 to 511
 * @stamp: what a write stores in its bits 48-63, at most 65535; bits 24-47 are
 *	the page's number in the arena and bits 0-23 count the agent's writes
 * @agent: out: names the agent within this context, 0 to 15
 * @map_size: out: bytes to map at SM_MAP_AGENT(@agent)
 * @reserved: zero
 *
 * Errors: -ENOENT; -ERANGE; -EINVAL; -ENOSPC 16 agents already; -ENOMEM; -EINTR.
 */
struct sm_ioc_agent_start {
	__u32 size;
	__u32 id;
	__u32 flags;
	__u32 ring_order;
	__u64 start;
	__u64 end;
	__u64 seed;
	__u64 interval_ns;
	__u32 read_word;
	__u32 write_word;
	__u32 stamp;
	__u32 agent;
	__u64 map_size;
	__u64 reserved[4];
};

/**
 * struct sm_ioc_agent_stop - stop an agent
 * @size: sizeof(struct sm_ioc_agent_stop)
 * @agent: the agent
 * @reserved: zero
 *
 * Returns when its last sample is in the ring. A mapping of the ring stays
 * valid; the number may be given to the next agent. Errors: -ENOENT.
 */
struct sm_ioc_agent_stop {
	__u32 size;
	__u32 agent;
	__u64 reserved[2];
};

#endif /* _UAPI_STALEMATE_AGENT_H */
