/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SM_KPROBE_H
#define _SM_KPROBE_H

#include <linux/kprobes.h>

/*
 * A probe that was unregistered, or whose registering failed, keeps the address
 * of its symbol, and is refused with both: it can be set again once that is gone.
 */
static inline void sm_kprobe_forget(struct kprobe *kp)
{
	kp->addr = NULL;
	kp->flags = 0;
}

#endif /* _SM_KPROBE_H */
