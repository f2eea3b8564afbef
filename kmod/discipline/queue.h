/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue of an IOMMU that flushes devices' TLBs: a driver submits commands, and
 * waits until the last one of its own is done. The device takes its time, and takes
 * them one after the other.
 *
 *	driver				device
 *
 *	drops; submits
 *					still uses what it has kept
 *	waits
 *					has flushed: walks the table again
 *			[Required: before the wait ends]
 *	returns: the page may be freed
 *
 * No thread stands for the device, as drivers wait in callbacks that hold the page
 * table's lock: what is due is carried out by whoever waits for it, or submits next.
 * A device is idle and done at once, but for one time in SM_QUEUE_SLOW_EVERY of a
 * mirror that widens windows (sm_ioc_mirror_create.amplify_ns).
 *
 * To wait, a driver asks for a completion of what is queued so far, unless somebody has
 * since the last command: need_sync. That may be another processor, as nothing keeps
 * others off the queue between the command and that. In a slow time it takes half of
 * the device's until a driver asks; and as the queue is the IOMMU's, and so that of
 * other processes as well, one of those comes in between one time in
 * SM_QUEUE_OTHER_EVERY: two processors of this one may never be at it at a time, where
 * those of a virtual machine seldom run at once.
 *
 * A completion has a number, which the device writes to memory when it gets there, and
 * whoever waits goes on when that or a higher one is there. So numbers have to be in
 * the order of the queue, and are given under the lock that guards it:
 *
 *	one				another
 *
 *	number 1
 *					number 2
 *					queues its flush, and completion 2
 *	queues its flush, and
 *	completion 1
 *	waits: the device has written 2
 *			[Required: 1 before 2]
 *	returns: the page may be freed
 *
 * amd_iommu took numbers without that lock (CVE-2026-43220), but after it had queued its
 * commands: there a wait for the number timed out.
 */
#ifndef SM_QUEUE_H
#define SM_QUEUE_H

#include <linux/atomic.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "discipline.h"

#define SM_QUEUE_SLOTS		16
#define SM_QUEUE_SLOW_EVERY	64
#define SM_QUEUE_OTHER_EVERY	2
#define SM_QUEUE_SLOW_SHIFTS	7	/* lengths, each twice the last */
#define SM_QUEUE_SLOW_MAX_NS	(4 * NSEC_PER_MSEC)	/* none longer */

struct sm_command {
	unsigned int device;
	struct sm_span span;
	u64 due;			/* ns, CLOCK_MONOTONIC */
};

/* All but @numbers under the mirror's lock. */
struct sm_queue {
	struct sm_command command[SM_QUEUE_SLOTS];
	u64 submitted;
	u64 done;
	bool need_sync;		/* nobody has asked since the last command */
	u64 ask;		/* when who submits now does; 0: at once */
	u64 early;		/* its number, if it has one already */
	u64 before;		/* when what was queued before it will be done; 0: is */
	atomic64_t numbers;	/* the last that was given */
	u64 newest;		/* the highest that was queued */
};

/*
 * What a flush that was submitted waits for, ns, CLOCK_MONOTONIC; 0: nothing. @end is
 * when it takes its commands for done, which is @due, unless there is a defect.
 */
struct sm_completion {
	u64 ask;
	u64 due;
	u64 end;
};

u64 sm_queue_number(struct sm_queue *q);
void sm_queue_begin(struct sm_queue *q, u64 early);
void sm_queue_submit(struct sm_mirror *m, struct sm_queue *q,
		     unsigned int device, struct sm_span span);
struct sm_completion sm_queue_completion(struct sm_queue *q);
void sm_queue_wait(struct sm_mirror *m, struct sm_queue *q,
		   struct sm_completion c);

#endif /* SM_QUEUE_H */
