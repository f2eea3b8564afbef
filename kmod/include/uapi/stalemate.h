/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * stalemate: a mock secondary MMU that can be watched.
 *
 * /dev/stalemate gives root (CAP_SYS_ADMIN at open) a context bound to the
 * opener's address space. A context owns, in this order:
 *
 *   1. a witness (SM_IOC_SETUP): our own, always correct mmu notifier on the
 *      mm. It times, counts, logs and checks every invalidation, mirrors
 *      nothing, and is shared with userspace by mmap.
 *   2. mirrors (SM_IOC_MIRROR_CREATE): fake device TLBs over a range of the
 *      arena, each kept true by one discipline (a "profile"), or deliberately
 *      not (a "defect").
 *   3. agents (SM_IOC_AGENT_START): kernel threads that read and write memory
 *      through a mirror, as a device engine would.
 *
 * Addresses are user virtual addresses in bytes. `start` is page aligned and
 * `end` is exclusive. Times are CLOCK_MONOTONIC nanoseconds.
 *
 * Every ioctl argument is an extensible struct: the first member is its size
 * as the caller knows it. One that is shorter than here is refused; a longer one
 * is accepted as long as its unknown tail is zero. Each has a member @reserved,
 * which must be zero and is left so: what comes may take its place, or go behind
 * the last member, and then a struct that ends where it does here is zero
 * extended. All are the same for callers of 32 and of 64 bits.
 *
 * Errors common to all ioctls: -EINVAL size too small or a reserved member
 * set; -E2BIG a non-zero unknown tail; -EFAULT the struct is not readable or
 * writable (a mirror or agent whose name could not be told is gone again);
 * -ENOTTY unknown command; -EPERM the caller runs in another mm than the
 * opener; -ESRCH the opener's mm is gone; -EBADFD SM_IOC_SETUP is missing.
 * After the mm is gone SM_IOC_QUERY, SM_IOC_SNAPSHOT, SM_IOC_ENTRY,
 * SM_IOC_STATS, SM_IOC_VIOLATIONS, SM_IOC_ACCESS (-ESRCH from a correct mirror)
 * and the calls that stop and destroy still answer, to any holder of the file:
 * that is how a parent sees what a device kept of its dead child.
 *
 * If an agent holds the last reference to a dying mm, the mm is torn down, and
 * the file closed, by a kernel worker a moment after the process is gone.
 */
#ifndef _UAPI_STALEMATE_H
#define _UAPI_STALEMATE_H

#include <linux/const.h>
#include <linux/ioctl.h>
#include <linux/types.h>

#include "stalemate_agent.h"
#include "stalemate_drivers.h"
#include "stalemate_map.h"
#include "stalemate_names.h"

/* The largest arena, in bytes. */
#define SM_ARENA_MAX		(64ULL << 30)

/*
 * A table entry, in the layout of /proc/pid/pagemap so that the two compare
 * with one xor: violation = present(M) && ((M ^ P) & SM_ENT_COMPARE).
 */
#define SM_ENT_PFN		(_BITULL(55) - 1)	/* bits 0-54 */
#define SM_ENT_WRITE		_BITULL(55)
#define SM_ENT_ORDER_SHIFT	56			/* bits 56-60 */
#define SM_ENT_ORDER		(31ULL << SM_ENT_ORDER_SHIFT)
#define SM_ENT_ACCESSED		_BITULL(61)	/* of profiles that age */
#define SM_ENT_RACED		_BITULL(62)	/* installed in spite of an event */
#define SM_ENT_PRESENT		_BITULL(63)
#define SM_ENT_COMPARE		(SM_ENT_PRESENT | SM_ENT_PFN)

/**
 * struct sm_ioc_query - module-wide state; allowed to every holder of the file
 * @size: sizeof(struct sm_ioc_query)
 * @reserved: zero
 * @profiles: out: mask of supported enum sm_profile
 * @defects: out: bitmap of enum sm_defect; empty if they cannot be armed here
 * @sabotage: out: bitmap of enum sm_sabotage; likewise
 * @contexts: out: live contexts that have a witness
 * @mirrors: out: live mirrors
 * @leaves: out: live table leaves
 * @agents: out: live agents
 * @mms: out: mm_users references held
 * @pages: out: page references held
 * @broken: out: subscriptions of real drivers that are broken now, see struct
 *	sm_ioc_sabotage; each of them keeps the module loaded
 * @swallowed: out: invalidations that broken subscriptions were not told of,
 *	since the module was loaded
 * @passed: out: invalidations that they were told of
 * @features: out: SM_FEATURE_* of this kernel
 * @refused: out: starts that a notifier other than an interval notifier refused,
 *	in an mm that has a witness, since the module was loaded; 0 where callers
 *	have no names (SM_FEATURE_STACKS)
 * @closed: out: those of them after which the core was seen to have closed its
 *	interval notifiers; see SM_CONTRACT_LEFT_OPEN
 */
struct sm_ioc_query {
	__u32 size;
	__u32 reserved[15];
	__u64 profiles;
	__u64 defects[SM_DEFECT_WORDS];
	__u64 sabotage[SM_DEFECT_WORDS];
	__u64 contexts;
	__u64 mirrors;
	__u64 leaves;
	__u64 agents;
	__u64 mms;
	__u64 pages;
	__u64 broken;
	__u64 swallowed;
	__u64 passed;
	__u64 features;
	__u64 refused;
	__u64 closed;
};

#define SM_FEATURE_MIGRATE	1	/* SM_IOC_MIGRATE */
#define SM_FEATURE_EXCLUSIVE	2	/* ... with SM_MIGRATE_EXCLUSIVE */
#define SM_FEATURE_STACKS	4	/* who sends is known by name */
#define SM_FEATURE_SABOTAGE	8	/* SM_IOC_SABOTAGE */
#define SM_FEATURE_PEEK_KVM	16	/* SM_IOC_PEEK of SM_DRIVER_KVM */
#define SM_FEATURE_PEEK_ODP	32	/* ... and of SM_DRIVER_UMEM_ODP */
#define SM_FEATURE_NONBLOCK	64	/* locks may be taken where none may sleep */
#define SM_FEATURE_AGE		128	/* SM_IOC_AGE */

/**
 * struct sm_ioc_setup - create the witness
 * @size: sizeof(struct sm_ioc_setup)
 * @ring_order: log2 of the record ring's slots, 6 to 20
 * @start: arena start, granule aligned
 * @end: arena end, granule aligned, at most SM_ARENA_MAX after @start
 * @cookie: 8 bytes that userspace keeps in the last word of each of its pages;
 *	a stale entry is written through only if the page carries it
 * @reserved: zero
 * @witness_size: out: bytes to map at SM_MAP_WITNESS
 * @tags_size: out: bytes to map at SM_MAP_TAGS
 *
 * Errors: -EBUSY done already, here or in another context of this mm; -EINVAL
 * range or order; -ENOMEM; -EINTR a signal was pending while the notifier was
 * registered.
 */
struct sm_ioc_setup {
	__u32 size;
	__u32 ring_order;
	__u64 start;
	__u64 end;
	__u64 cookie;
	__u64 reserved[4];
	__u64 witness_size;
	__u64 tags_size;
};

/**
 * struct sm_ioc_mirror_create - create a mirror
 * @size: sizeof(struct sm_ioc_mirror_create)
 * @profile: enum sm_profile
 * @defects: bitmap of enum sm_defect
 * @start: start, page aligned, inside the arena
 * @end: end, page aligned, inside the arena
 * @amplify_ns: widen race windows by this much on one event in 16, or, asleep,
 *	by up to 32 times as much; 0 is off, at most 10 ms
 * @id: out: names the mirror within this context
 * @reserved: zero
 *
 * Errors: -EINVAL, also for a bit that is no defect; -EOPNOTSUPP unknown profile, one
 * that this kernel cannot do, or a defect that does not apply to it; -EPERM a defect
 * cannot be armed here; -ENOSPC 64 mirrors; -ENOMEM; -EINTR; -EIO an event may never end.
 */
struct sm_ioc_mirror_create {
	__u32 size;
	__u32 profile;
	__u64 defects[SM_DEFECT_WORDS];
	__u64 start;
	__u64 end;
	__u32 amplify_ns;
	__u32 id;
	__u64 reserved[4];
};

/**
 * struct sm_ioc_mirror_destroy - destroy a mirror and its agents
 * @size: sizeof(struct sm_ioc_mirror_destroy)
 * @id: the mirror
 * @reserved: zero
 *
 * Errors: -ENOENT.
 */
struct sm_ioc_mirror_destroy {
	__u32 size;
	__u32 id;
	__u64 reserved[2];
};

#define SM_ACCESS_WRITE		1	/* sm_ioc_access.flags */
#define SM_ACCESS_KEPT		2	/* sm_violation.detail alone */

/**
 * struct sm_ioc_access - read or write memory as the device would
 * @size: sizeof(struct sm_ioc_access)
 * @id: the mirror
 * @flags: SM_ACCESS_WRITE, or 0 to read
 * @reserved: zero
 * @va: first byte, inside the mirror
 * @len: bytes, at most 1 MiB
 * @buf: user pointer to @len bytes: destination of a read, source of a write
 * @done: out, also on error: bytes that were transferred
 * @entry: out: the table entry that served the last page
 *
 * Goes page by page: at most one page per hold of the table's lock. A miss is
 * a device page fault.
 *
 * Errors: -EFAULT no readable mapping at va + done, or @buf is bad; -EPERM a
 * write to a read-only mapping; -EBUSY invalidations kept a fault from
 * finishing for one second, or took the entry away again 4096 times; -ENOENT;
 * -ERANGE outside the mirror; -EINTR; -EIO as for struct sm_ioc_mirror_create;
 * -EOPNOTSUPP a write by a device that only reads.
 */
struct sm_ioc_access {
	__u32 size;
	__u32 id;
	__u32 flags;
	__u32 reserved[5];
	__u64 va;
	__u64 len;
	__u64 buf;
	__u64 done;
	__u64 entry;
};

#define SM_FAULT_WRITE		1	/* sm_ioc_fault.flags */
#define SM_FAULT_DRY		2	/* walk, but install nothing (bench) */

/**
 * struct sm_ioc_fault - make the device fault in a range
 * @size: sizeof(struct sm_ioc_fault)
 * @id: the mirror
 * @flags: SM_FAULT_WRITE, SM_FAULT_DRY
 * @batch: pages per hmm_range_fault() call, 1 to 512
 * @start: start, page aligned, inside the mirror
 * @end: end, page aligned, inside the mirror
 * @done: out, also on error: bytes that were faulted
 * @reserved: zero
 *
 * Errors: as struct sm_ioc_access.
 */
struct sm_ioc_fault {
	__u32 size;
	__u32 id;
	__u32 flags;
	__u32 batch;
	__u64 start;
	__u64 end;
	__u64 done;
	__u64 reserved[4];
};

/**
 * struct sm_ioc_snapshot - copy the table
 * @size: sizeof(struct sm_ioc_snapshot)
 * @id: the mirror
 * @start: start, page aligned, inside the mirror
 * @end: end, page aligned, inside the mirror
 * @buf: user pointer to one __u64 per page
 * @present: out: present entries among them
 * @reserved: zero
 *
 * Takes no lock: each entry is read once, so it is some value the entry had
 * during the call.
 *
 * Errors: -ENOENT; -ERANGE; -EFAULT; -EINTR (killed).
 */
struct sm_ioc_snapshot {
	__u32 size;
	__u32 id;
	__u64 start;
	__u64 end;
	__u64 buf;
	__u64 present;
	__u64 reserved[4];
};

/**
 * struct sm_ioc_entry - one table entry with its history
 * @size: sizeof(struct sm_ioc_entry)
 * @id: the mirror
 * @va: any address in the page
 * @entry: out: the entry
 * @gen: out: generation in which it was installed
 * @last_inval: out: generation of the last invalidation of its page, written
 *	by the witness
 * @reserved: zero
 *
 * Errors: -ENOENT; -ERANGE.
 */
struct sm_ioc_entry {
	__u32 size;
	__u32 id;
	__u64 va;
	__u64 entry;
	__u64 gen;
	__u64 last_inval;
	__u64 reserved[4];
};

/**
 * struct sm_ioc_check - compare a mirror with the page table, permissions
 *	included (oracle perm)
 * @size: sizeof(struct sm_ioc_check)
 * @id: the mirror
 * @start: start, page aligned, inside the mirror
 * @end: end, page aligned, inside the mirror
 * @pages: out: present entries compared in quiet windows
 * @accepted: out: windows (granules) compared
 * @rejected: out: windows that an invalidation disturbed
 * @violations: out: violations found, each also queued for SM_IOC_VIOLATIONS
 * @reserved: zero
 *
 * Errors: -ENOENT; -ERANGE; -EINTR; -ENOMEM.
 */
struct sm_ioc_check {
	__u32 size;
	__u32 id;
	__u64 start;
	__u64 end;
	__u64 pages;
	__u64 accepted;
	__u64 rejected;
	__u64 violations;
	__u64 reserved[4];
};

/**
 * struct sm_violation - one finding of a kernel-side oracle
 * @oracle: enum sm_oracle
 * @mirror: the mirror, or ~0 (contract)
 * @va: page address
 * @t_ns: CLOCK_MONOTONIC
 * @entry: the table entry
 * @cpu: what the CPU's page table says, in entry layout (perm); else 0
 * @start: range of the event at fault (over, contract); else 0
 * @end: end of that range
 * @gen: generation in which the entry was installed
 * @last_inval: generation of the last invalidation of the page
 * @tid: thread that found it
 * @detail: enum sm_contract; enum sm_blocking; SM_ACCESS_WRITE if a device
 *	write was at fault, SM_ACCESS_KEPT if a device could still have used
 *	what it had kept (late)
 * @reserved: zero
 */
struct sm_violation {
	__u32 oracle;
	__u32 mirror;
	__u64 va;
	__u64 t_ns;
	__u64 entry;
	__u64 cpu;
	__u64 start;
	__u64 end;
	__u64 gen;
	__u64 last_inval;
	__u32 tid;
	__u32 detail;
	__u64 reserved[2];
};

/**
 * struct sm_ioc_violations - take queued violations
 * @size: sizeof(struct sm_ioc_violations)
 * @nr: in: room at @buf, in struct sm_violation; out: how many were taken
 * @buf: user pointer
 * @total: out: violations found so far in this context, dropped ones included
 * @reserved: zero
 *
 * The first 64 that are not taken yet are kept. Errors: -EFAULT.
 */
struct sm_ioc_violations {
	__u32 size;
	__u32 nr;
	__u64 buf;
	__u64 total;
	__u64 reserved[4];
};

/**
 * struct sm_ioc_stats - what a mirror did
 * @size: sizeof(struct sm_ioc_stats)
 * @id: the mirror
 * @faults: out: device faults
 * @retries: out: faults repeated because of a racing invalidation
 * @installed: out: entries installed (pages)
 * @huge: out: huge entries installed
 * @events: out: invalidation callbacks that reached the mirror's range
 * @dropped: out: entries dropped by invalidations (pages)
 * @reads: out: pages read
 * @writes: out: pages written
 * @amplified: out: widened windows
 * @present: out: entries present now
 * @leaves: out: leaves allocated
 * @change_pte: out: change_pte() callbacks that reached the mirror's range
 * @clear_flush_young: out: clear_flush_young() callbacks, likewise
 * @clear_young: out: clear_young() callbacks, likewise
 * @test_young: out: test_young() callbacks, likewise
 * @aged: out: entries whose accessed bit those cleared
 * @reserved: zero
 */
struct sm_ioc_stats {
	__u32 size;
	__u32 id;
	__u64 faults;
	__u64 retries;
	__u64 installed;
	__u64 huge;
	__u64 events;
	__u64 dropped;
	__u64 reads;
	__u64 writes;
	__u64 amplified;
	__u64 present;
	__u64 leaves;
	__u64 change_pte;
	__u64 clear_flush_young;
	__u64 clear_young;
	__u64 test_young;
	__u64 aged;
	__u64 reserved[8];
};

#define SM_IOC_TYPE		0xE5
#define SM_IOC_QUERY		_IO(SM_IOC_TYPE, 0x80)
#define SM_IOC_SETUP		_IO(SM_IOC_TYPE, 0x81)
#define SM_IOC_MIRROR_CREATE	_IO(SM_IOC_TYPE, 0x82)
#define SM_IOC_MIRROR_DESTROY	_IO(SM_IOC_TYPE, 0x83)
#define SM_IOC_ACCESS		_IO(SM_IOC_TYPE, 0x84)
#define SM_IOC_FAULT		_IO(SM_IOC_TYPE, 0x85)
#define SM_IOC_SNAPSHOT		_IO(SM_IOC_TYPE, 0x86)
#define SM_IOC_ENTRY		_IO(SM_IOC_TYPE, 0x87)
#define SM_IOC_CHECK		_IO(SM_IOC_TYPE, 0x88)
#define SM_IOC_AGENT_START	_IO(SM_IOC_TYPE, 0x89)
#define SM_IOC_AGENT_STOP	_IO(SM_IOC_TYPE, 0x8a)
#define SM_IOC_VIOLATIONS	_IO(SM_IOC_TYPE, 0x8b)
#define SM_IOC_STATS		_IO(SM_IOC_TYPE, 0x8c)
#define SM_IOC_SABOTAGE		_IO(SM_IOC_TYPE, 0x8d)
#define SM_IOC_PEEK		_IO(SM_IOC_TYPE, 0x8e)
#define SM_IOC_MIGRATE		_IO(SM_IOC_TYPE, 0x8f)
#define SM_IOC_AGE		_IO(SM_IOC_TYPE, 0x90)

#endif /* _UAPI_STALEMATE_H */
