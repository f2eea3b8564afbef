/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Ioctls about real drivers: to break what they subscribe to, to read the tables
 * that they keep, and to do to memory what only they do. Sizes, reserved members
 * and common errors are those of every ioctl, see stalemate.h.
 */
#ifndef _UAPI_STALEMATE_DRIVERS_H
#define _UAPI_STALEMATE_DRIVERS_H

#include <linux/const.h>
#include <linux/types.h>

#include "stalemate_names.h"

/**
 * struct sm_ioc_sabotage - break real drivers that mirror this mm
 * @size: sizeof(struct sm_ioc_sabotage)
 * @reserved: zero
 * @defects: bitmap of enum sm_sabotage, at least one
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
 * Errors: -EINVAL, also for a bit that is no such defect, and for none; -EPERM
 * defects cannot be armed here; -EBUSY done already; -EOPNOTSUPP no dynamic ftrace
 * here; -ESHUTDOWN kernel.ftrace_enabled is 0, or somebody else (a live patch) has
 * hooked one of the functions; -ENOMEM.
 */
struct sm_ioc_sabotage {
	__u32 size;
	__u32 reserved[5];
	__u64 defects[SM_DEFECT_WORDS];
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
 * @reserved: zero
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
 * first call that asks for any page.
 * SM_DRIVER_RADEON: @start is user virtual; table n is, page by page, what the n-th
 * user pointer to it says that is bound; it is there while sm_rv100 is loaded.
 *
 * Errors: -EINVAL range, driver, or @fd is no virtual machine; -EBADF; -EPERM the
 * machine belongs to another mm; -EOPNOTSUPP not in this kernel, or
 * no such module; -ENODEV it has no card; -ESHUTDOWN as for
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
	__u64 reserved[4];
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
 * @reserved: zero
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
	__u64 reserved[4];
};

#define SM_AGE_CLEAR		1	/* sm_ioc_age.flags: one of the two */
#define SM_AGE_FLUSH		2
#define SM_AGE_AGAIN		4	/* or one of them, and this */

/**
 * struct sm_ioc_age - ask all who mirror the mm whether a page was used, as those do
 *	who age pages
 * @size: sizeof(struct sm_ioc_age)
 * @flags: 0: ask (test_young()); SM_AGE_CLEAR: ask, and have them forget it
 *	(clear_young()); SM_AGE_FLUSH: and flush, so that the next use is seen
 *	(clear_flush_young()); SM_AGE_AGAIN besides: and ask again, at once
 * @va: the page, page aligned, inside the arena
 * @young: out: somebody's device has used it; of SM_AGE_AGAIN: since
 * @cleared: out: how often anybody had them forget anything inside the arena, this
 *	call included
 * @excused: out: how often entries near that page might have gone from mirrors of the
 *	module, by rights
 * @unused: out, of SM_AGE_AGAIN: no mirror of the module has used the page since it
 *	was to forget it, nor has any been given a new entry; then it is not young
 * @reserved: zero
 *
 * If the answer is no, and @flags 0, both counts have everything in them that can
 * have made it so.
 *
 * Errors: -EOPNOTSUPP see sm_ioc_query.features; -ERANGE; -EINVAL.
 */
struct sm_ioc_age {
	__u32 size;
	__u32 flags;
	__u64 va;
	__u64 young;
	__u64 cleared;
	__u64 excused;
	__u64 unused;
	__u64 reserved[3];
};

#endif /* _UAPI_STALEMATE_DRIVERS_H */
