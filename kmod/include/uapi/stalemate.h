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
 * as the caller knows it. A short struct is zero extended, a long one is
 * accepted as long as its unknown tail is zero, reserved members must be zero.
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

#include "stalemate_map.h"
#include "stalemate_names.h"

#define SM_API_VERSION		1

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
#define SM_ENT_PRESENT		_BITULL(63)
#define SM_ENT_COMPARE		(SM_ENT_PRESENT | SM_ENT_PFN)

/**
 * struct sm_ioc_query - module-wide state; allowed to every holder of the file
 * @size: sizeof(struct sm_ioc_query)
 * @api: out: SM_API_VERSION
 * @profiles: out: mask of supported enum sm_profile
 * @defects: out: mask of enum sm_defect; 0 if defects cannot be armed here
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
 * @features: out: SM_FEATURE_* of this kernel; what comes after
 *	SM_FEATURE_TOLD counts only if that is set, as older modules know
 *	nothing of it
 * @refused: out: starts that a notifier other than an interval notifier refused,
 *	in an mm that has a witness, since the module was loaded; 0 where callers
 *	have no names (SM_FEATURE_STACKS)
 * @closed: out: those of them after which the core was seen to have closed its
 *	interval notifiers; see SM_CONTRACT_LEFT_OPEN
 */
struct sm_ioc_query {
	__u32 size;
	__u32 api;
	__u64 profiles;
	__u64 defects;
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
#define SM_FEATURE_TOLD		4	/* the following are told */
#define SM_FEATURE_STACKS	8	/* who sends is known by name */
#define SM_FEATURE_SABOTAGE	16	/* SM_IOC_SABOTAGE */
#define SM_FEATURE_PEEK_KVM	32	/* SM_IOC_PEEK of SM_DRIVER_KVM */
#define SM_FEATURE_PEEK_ODP	64	/* ... and of SM_DRIVER_UMEM_ODP */
#define SM_FEATURE_NONBLOCK	128	/* locks may be taken where none may sleep */

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
	__u64 reserved;
	__u64 witness_size;
	__u64 tags_size;
};

/**
 * struct sm_ioc_mirror_create - create a mirror
 * @size: sizeof(struct sm_ioc_mirror_create)
 * @profile: enum sm_profile
 * @defects: mask of enum sm_defect
 * @start: start, page aligned, inside the arena
 * @end: end, page aligned, inside the arena
 * @amplify_ns: widen race windows by this much on one event in 16, or, asleep,
 *	by up to 32 times as much; 0 is off, at most 10 ms
 * @reserved: zero
 * @id: out: names the mirror within this context
 * @reserved2: zero
 *
 * Errors: -EINVAL; -EOPNOTSUPP unknown profile or defect, a profile that this
 * kernel cannot do, or a defect that does not apply to the profile; -EPERM
 * defects cannot be armed here; -ENOSPC 64 mirrors already; -ENOMEM; -EINTR.
 */
struct sm_ioc_mirror_create {
	__u32 size;
	__u32 profile;
	__u64 defects;
	__u64 start;
	__u64 end;
	__u32 amplify_ns;
	__u32 reserved;
	__u32 id;
	__u32 reserved2;
};

/**
 * struct sm_ioc_mirror_destroy - destroy a mirror and its agents
 * @size: sizeof(struct sm_ioc_mirror_destroy)
 * @id: the mirror
 *
 * Errors: -ENOENT.
 */
struct sm_ioc_mirror_destroy {
	__u32 size;
	__u32 id;
};

#define SM_ACCESS_WRITE		1	/* sm_ioc_access.flags */

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
 * -ERANGE outside the mirror; -EINTR.
 */
struct sm_ioc_access {
	__u32 size;
	__u32 id;
	__u32 flags;
	__u32 reserved;
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
};

/**
 * struct sm_ioc_snapshot - copy the table
 * @size: sizeof(struct sm_ioc_snapshot)
 * @id: the mirror
 * @start: start, page aligned, inside the mirror
 * @end: end, page aligned, inside the mirror
 * @buf: user pointer to one __u64 per page
 * @present: out: present entries among them
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
};

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
 * @stamp: what a write stores in its bits 48-63; bits 24-47 are the page's
 *	number in the arena and bits 0-23 count the agent's writes
 * @reserved: zero
 * @agent: out: names the agent within this context, 0 to 15
 * @reserved2: zero
 * @map_size: out: bytes to map at SM_MAP_AGENT(@agent)
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
	__u16 read_word;
	__u16 write_word;
	__u16 stamp;
	__u16 reserved;
	__u32 agent;
	__u32 reserved2;
	__u64 map_size;
};

/**
 * struct sm_ioc_agent_stop - stop an agent
 * @size: sizeof(struct sm_ioc_agent_stop)
 * @agent: the agent
 *
 * Returns when its last sample is in the ring. A mapping of the ring stays
 * valid; the number may be given to the next agent. Errors: -ENOENT.
 */
struct sm_ioc_agent_stop {
	__u32 size;
	__u32 agent;
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
 *	write was at fault
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
};

/**
 * struct sm_ioc_violations - take queued violations
 * @size: sizeof(struct sm_ioc_violations)
 * @nr: in: room at @buf, in struct sm_violation; out: how many were taken
 * @buf: user pointer
 * @total: out: violations found so far in this context, dropped ones included
 *
 * The first 64 that are not taken yet are kept. Errors: -EFAULT.
 */
struct sm_ioc_violations {
	__u32 size;
	__u32 nr;
	__u64 buf;
	__u64 total;
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
};

/**
 * struct sm_ioc_sabotage - break real drivers that mirror this mm
 * @size: sizeof(struct sm_ioc_sabotage)
 * @reserved: zero
 * @defects: mask of enum sm_defect; there is SM_DEFECT_NO_INVALIDATE
 *
 * Whatever calls mmu_notifier_register() on this mm from now on, or
 * mmu_interval_notifier_insert() with an interval that overlaps the arena (at
 * most 64 subscriptions at a time), stays broken until it unregisters; meanwhile
 * the module cannot be unloaded. A broken subscription is not told of what lies
 * in the arena, and told of what goes beyond. Closing the file ends the breaking
 * of others.
 *
 * The first call hooks those functions with ftrace, until the module is unloaded.
 * Meanwhile the kernel does not let kernel.ftrace_enabled be set to 0.
 *
 * Errors: -EOPNOTSUPP not such a defect, or no dynamic ftrace here; -EPERM defects
 * cannot be armed here; -EBUSY done already; -ESHUTDOWN kernel.ftrace_enabled is
 * 0, or somebody else (a live patch) has hooked one of the functions; -EINVAL;
 * -ENOMEM.
 */
struct sm_ioc_sabotage {
	__u32 size;
	__u32 reserved;
	__u64 defects;
};

/* What SM_IOC_PEEK can be asked for: the highest address, and how much of it. */
#define SM_PEEK_END		_BITULL(52)
#define SM_PEEK_MAX		_BITULL(30)

/**
 * struct sm_ioc_peek - copy a table of a real driver that mirrors this mm
 * @size: sizeof(struct sm_ioc_peek)
 * @driver: enum sm_driver
 * @fd: SM_DRIVER_KVM: the virtual machine; else -1
 * @table: which of the driver's tables, from 0
 * @start: start, page aligned, as the device sees it
 * @end: end, page aligned, at most SM_PEEK_END, SM_PEEK_MAX after @start
 * @buf: user pointer to one __u64 per page; absent pages are 0
 * @present: out: present entries among them
 * @tables: out: how many tables there are now
 * @unread: out: how many others there are now that cannot be read
 *
 * Entries are in the layout of SM_IOC_SNAPSHOT. Each is read under the driver's
 * own lock, 2 MiB at a time. A table that does not exist is empty: they come and
 * go, and keep their order.
 *
 * SM_DRIVER_KVM: @start is guest physical; a table is a root of nested page
 * tables that a vCPU has loaded, so there is none before the first has run. What
 * cannot be read are vCPUs whose root is one of shadow paging.
 * SM_DRIVER_UMEM_ODP: @start is user virtual; a table is a memory region that
 * overlaps the range (the last 2 MiB of it), and that was registered after the
 * first call.
 *
 * Errors: -EINVAL range, driver, or @fd is no virtual machine; -EBADF; -EPERM the
 * machine belongs to another mm; -EOPNOTSUPP not in this kernel; -ESHUTDOWN as for
 * struct sm_ioc_sabotage (SM_DRIVER_UMEM_ODP); -EBUSY the driver holds its lock
 * for too long; -EFAULT; -ENOMEM; -EINTR.
 */
struct sm_ioc_peek {
	__u32 size;
	__u32 driver;
	__s32 fd;
	__u32 table;
	__u64 start;
	__u64 end;
	__u64 buf;
	__u64 present;
	__u32 tables;
	__u32 unread;
};

#define SM_MIGRATE_EXCLUSIVE	1	/* sm_ioc_migrate.flags */
#define SM_MIGRATE_FOREIGN	2

/**
 * struct sm_ioc_migrate - do to memory what drivers with memory of their own do
 * @size: sizeof(struct sm_ioc_migrate)
 * @flags: SM_MIGRATE_EXCLUSIVE: do not migrate pages to others, but make them
 *	the device's alone, until the CPU touches them; SM_MIGRATE_FOREIGN: the
 *	owner in the event is somebody else's, and not this context
 * @start: start, page aligned, inside the arena
 * @end: end, page aligned, inside the arena
 * @done: out, also on error: pages that were migrated, or made exclusive
 *
 * The events are MMU_NOTIFY_MIGRATE and MMU_NOTIFY_EXCLUSIVE, the only ones that
 * have an owner. Only private anonymous memory is migrated, to other pages of
 * ordinary memory, and to fresh ones where there were none. Pages that cannot be
 * had are left alone: pinned ones, for example.
 *
 * Errors: -EOPNOTSUPP see sm_ioc_query.features; -ERANGE; -EINVAL; -EINTR.
 */
struct sm_ioc_migrate {
	__u32 size;
	__u32 flags;
	__u64 start;
	__u64 end;
	__u64 done;
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

#endif /* _UAPI_STALEMATE_H */
