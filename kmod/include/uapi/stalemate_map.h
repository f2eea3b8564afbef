/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What the module shares with userspace by mmap: the witness (read only), the
 * tags (read-write) and a ring of samples for each agent (read-write).
 *
 * Writers and readers run at the same time. Each structure says in which order
 * its words are written; a reader loads them in the opposite one.
 */
#ifndef _UAPI_STALEMATE_MAP_H
#define _UAPI_STALEMATE_MAP_H

#include <linux/const.h>
#include <linux/types.h>

/* Witness counters are kept per granule of the arena: 2 MiB. */
#define SM_GRANULE_SHIFT	21
#define SM_GRANULE_SIZE		_BITULL(SM_GRANULE_SHIFT)

/* An event wider than this many granules counts in the wide pair only. */
#define SM_WIDE_GRANULES	64

/**
 * enum sm_event - invalidation events, independent of the kernel's numbering
 * @SM_EVENT_UNMAP: MMU_NOTIFY_UNMAP
 * @SM_EVENT_CLEAR: MMU_NOTIFY_CLEAR
 * @SM_EVENT_PROTECTION_VMA: MMU_NOTIFY_PROTECTION_VMA
 * @SM_EVENT_PROTECTION_PAGE: MMU_NOTIFY_PROTECTION_PAGE
 * @SM_EVENT_SOFT_DIRTY: MMU_NOTIFY_SOFT_DIRTY
 * @SM_EVENT_RELEASE: MMU_NOTIFY_RELEASE, and the release callback
 * @SM_EVENT_MIGRATE: MMU_NOTIFY_MIGRATE
 * @SM_EVENT_EXCLUSIVE: MMU_NOTIFY_EXCLUSIVE
 * @SM_EVENT_OTHER: an event this module does not know
 * @SM_EVENT_FLUSH: a TLB flush passed on to secondary TLBs; it has no end
 * @SM_EVENT_NR: number of events, at most SM_EVENT_ROOM
 */
enum sm_event {
	SM_EVENT_UNMAP,
	SM_EVENT_CLEAR,
	SM_EVENT_PROTECTION_VMA,
	SM_EVENT_PROTECTION_PAGE,
	SM_EVENT_SOFT_DIRTY,
	SM_EVENT_RELEASE,
	SM_EVENT_MIGRATE,
	SM_EVENT_EXCLUSIVE,
	SM_EVENT_OTHER,
	SM_EVENT_FLUSH,
	SM_EVENT_NR,
};

#define SM_EVENT_ROOM		32

/**
 * enum sm_phase - which callback wrote a witness record
 * @SM_PHASE_START: invalidate_range_start
 * @SM_PHASE_END: invalidate_range_end
 * @SM_PHASE_RELEASE: release
 * @SM_PHASE_FLUSH: invalidate_range, or arch_invalidate_secondary_tlbs
 * @SM_PHASE_NR: number of phases
 */
enum sm_phase {
	SM_PHASE_START,
	SM_PHASE_END,
	SM_PHASE_RELEASE,
	SM_PHASE_FLUSH,
	SM_PHASE_NR,
};

/* mmap offsets. The mappings cannot be inherited or grown. */
#define SM_MAP_WITNESS		0ULL		/* read only */
#define SM_MAP_TAGS		_BITULL(32)	/* read-write */
#define SM_MAP_AGENT(id)	((2ULL << 32) + ((__u64)(id) << 28))

#define SM_WITNESS_MAGIC	0x6574616d656c6174ULL
#define SM_WITNESS_VERSION	1

/**
 * struct sm_granule - events that touched one granule of the arena
 * @started: events whose start reached the witness, which is after every
 *	mirror and before any page table entry changes; followed by a full
 *	barrier
 * @ended: events whose end reached the witness
 *
 * A granule was quiet during a window iff, reading ended before started, the
 * two were equal when the window opened, and started is unchanged when it
 * closes; the same must hold of the wide pair.
 */
struct sm_granule {
	__u64 started;
	__u64 ended;
};

/**
 * struct sm_witness_header - start of the witness mapping
 * @magic: SM_WITNESS_MAGIC
 * @version: SM_WITNESS_VERSION
 * @header_size: bytes of this header
 * @arena_start: first byte of the arena
 * @arena_end: end of the arena, exclusive
 * @granule_off: offset of the struct sm_granule array, one per granule
 * @granule_nr: elements of that array
 * @record_off: offset of the record ring
 * @record_size: bytes of one struct sm_record
 * @record_slots: slots of the ring, a power of two
 * @granule_size: bytes of one struct sm_granule
 * @tag_size: bytes of one struct sm_tag, in the mapping at SM_MAP_TAGS
 * @wide: events wider than SM_WIDE_GRANULES granules
 * @head: record number that the next record will get, from 0
 * @gen: generation: incremented at every start that touches the arena, at
 *	release, and by callbacks of mirrors that note their own invalidations
 * @events: starts seen that touch the arena, by enum sm_event
 * @foreign: starts seen elsewhere in the mm (counted, not recorded)
 * @nonblock: starts that must not sleep
 * @dropped: records left out, because their slot was still being written
 * @untracked: starts that the contract checker had no room for: of their own
 *	ends it checks only that there are not more of them
 * @contract: contract violations found
 * @reserved: zero
 */
struct sm_witness_header {
	__u64 magic;
	__u32 version;
	__u32 header_size;
	__u64 arena_start;
	__u64 arena_end;
	__u32 granule_off;
	__u32 granule_nr;
	__u32 record_off;
	__u32 record_size;
	__u64 record_slots;
	__u32 granule_size;
	__u32 tag_size;
	struct sm_granule wide;
	__u64 head;
	__u64 gen;
	__u64 events[SM_EVENT_ROOM];
	__u64 foreign;
	__u64 nonblock;
	__u64 dropped;
	__u64 untracked;
	__u64 contract;
	__u64 reserved[8];
};

#define SM_RECORD_IPS		8
#define SM_RECORD_BLOCKABLE	1	/* sm_record.flags */

/**
 * struct sm_record - one callback seen by the witness
 * @seq: 2 * number + 1 while the slot is being written, 2 * number + 2 when
 *	it is complete; a reader checks it before and after copying the slot
 * @t_ns: CLOCK_MONOTONIC
 * @start: first byte of the event
 * @end: end of the event, exclusive, or ULONG_MAX
 * @pair: opaque key, the same in the start and the end of one event
 * @gen: generation after this record (starts), or at it
 * @tid: thread that ran the callback
 * @phase: enum sm_phase
 * @event: enum sm_event
 * @flags: SM_RECORD_BLOCKABLE
 * @nr_ips: valid elements of @ips
 * @reserved: zero
 * @ips: raw return addresses, innermost first (starts only)
 *
 * Record number n is in slot n & (record_slots - 1); the oldest records are
 * overwritten.
 */
struct sm_record {
	__u64 seq;
	__u64 t_ns;
	__u64 start;
	__u64 end;
	__u64 pair;
	__u64 gen;
	__u32 tid;
	__u8 phase;
	__u8 event;
	__u8 flags;
	__u8 nr_ips;
	__u64 reserved;
	__u64 ips[SM_RECORD_IPS];
};

/**
 * struct sm_tag - what userspace says of one page's content
 * @announced: written by the page's owner before it changes the page
 * @committed: written by the owner after it changed the page
 *
 * The tags mapping is an array of these, one per page of the arena. The module
 * never interprets them: an agent copies @committed before an access and
 * @announced after it, so that userspace can judge the access later.
 */
struct sm_tag {
	__u64 announced;
	__u64 committed;
};

#define SM_SAMPLE_WRITE		1	/* sm_sample.flags */

/**
 * struct sm_sample - one finished access of an agent
 * @va: address of the 8-byte word
 * @value: what was read or written
 * @before: sm_tag.committed of the page before the access
 * @after: sm_tag.announced of the page after the access
 * @t_ns: CLOCK_MONOTONIC after the access
 * @error: 0, or a negative errno with which the access was refused
 * @flags: SM_SAMPLE_WRITE
 */
struct sm_sample {
	__u64 va;
	__u64 value;
	__u64 before;
	__u64 after;
	__u64 t_ns;
	__s32 error;
	__u32 flags;
};

/**
 * struct sm_agent_ring - an agent's mapping
 * @head: samples produced (written by the kernel, release)
 * @tail: samples consumed (written by userspace, release); a full ring stops
 *	the agent until there is room
 * @slots: slots of @samples, a power of two
 * @stalled: times the agent found the ring full
 * @accesses: accesses finished, refused ones included
 * @refused: accesses that ended with an error
 * @aim_start: written by userspace, at any time: the agent makes three in four
 *	accesses to [@aim_start, @aim_end), so that it meets what changes there;
 *	ignored unless page aligned and inside the agent's range
 * @aim_end: end of that, exclusive
 * @ended: 0, or the negative errno for which the agent gave up: -ESRCH, the mm
 *	is gone
 * @sample_size: bytes of one struct sm_sample
 * @reserved: zero
 * @samples: sample n is in slot n & (slots - 1)
 */
struct sm_agent_ring {
	__u64 head;
	__u64 tail;
	__u64 slots;
	__u64 stalled;
	__u64 accesses;
	__u64 refused;
	__u64 aim_start;
	__u64 aim_end;
	__s64 ended;
	__u64 sample_size;
	__u64 reserved[6];
	struct sm_sample samples[];
};

#endif /* _UAPI_STALEMATE_MAP_H */
