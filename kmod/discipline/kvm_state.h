/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of discipline kvm share. No functions. */
#ifndef SM_KVM_STATE_H
#define SM_KVM_STATE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "discipline/notifier.h"
#include "mirror.h"

/*
 * Named after struct kvm's. @mmu_lock is taken before the table's lock: for writing
 * by events, for reading by faults and by who tears a root down.
 */
struct sm_kvm {
	struct sm_notifier n;
	rwlock_t mmu_lock;
	/* Changed under both locks. */
	long in_progress;
	unsigned long seq;
	unsigned long range_start;
	unsigned long range_end;
	/* mn_active_invalidate_count: up before all of an event, down after all of it. */
	atomic_long_t active;
	bool listed;			/* caches are on gpc_list; no lock */
	struct mutex slots_lock;	/* outside of the others */
	/*
	 * Under @mmu_lock: entries of faults that began at @root or later are in the
	 * root that is in use, and those that began at @oldest or later and before
	 * @root are in the one that is being torn down, while there is one.
	 */
	u64 root;
	u64 oldest;
	bool invalid;			/* there is */
	/* Under @mmu_lock for writing. */
	struct list_head shadows;
	unsigned int nr_shadows;
};

#endif /* SM_KVM_STATE_H */
