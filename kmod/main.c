// SPDX-License-Identifier: GPL-2.0-only
/* stalemate.ko: a mock secondary MMU that can be watched. */
#include <linux/mmu_notifier.h>
#include <linux/module.h>

#include "dev.h"
#include "hook.h"
#include "peek.h"
#include "selftest.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static bool selftest;
module_param(selftest, bool, 0444);
MODULE_PARM_DESC(selftest, "Test the witness first; a failure refuses to load");

static int __init sm_init(void)
{
	int ret;

	ret = selftest ? sm_selftest() : 0;
	if (ret)
		return ret;

	return sm_dev_init();
}

static void __exit sm_exit(void)
{
	sm_dev_exit();
	sm_hook_exit();
	sm_peek_odp_exit();
	/*
	 * No file is open, so every notifier was unregistered; but the last
	 * unregister may have left callbacks in flight to SRCU.
	 */
	mmu_notifier_synchronize();
}

module_init(sm_init);
module_exit(sm_exit);

MODULE_AUTHOR("The stalemate developers");
MODULE_DESCRIPTION("Mock secondary MMU: finds stale translations");
MODULE_LICENSE("GPL");
MODULE_VERSION(STALEMATE_VERSION);
