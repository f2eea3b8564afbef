// SPDX-License-Identifier: GPL-2.0-only
/* stalemate.ko: a mock secondary MMU that can be watched. */
#include <linux/mmu_notifier.h>
#include <linux/module.h>

#include "counts.h"
#include "dev.h"
#include "hook.h"
#include "selftest.h"

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

/*
 * Who may still hold the module when it goes:
 *
 *  1. Open files and mappings. Each holds the module, so there are none; and with
 *     the last of a context went all that it had, see sm_teardown().
 *  2. Subscriptions of drivers that are broken. Each holds the module.
 *  3. Interval notifiers that could not be removed. They hold it for ever.
 *  4. Whoever calls a function that is hooked. sm_hook_exit() waits for them.
 *  5. Callbacks of notifiers: the last to be unregistered may have left some in
 *     flight, and mmu_notifier_synchronize() waits for them.
 *  6. mmput_async() of an mm. It knows nothing of us.
 */
static void __exit sm_exit(void)
{
	sm_dev_exit();
	sm_hook_exit();
	WARN_ON_ONCE(!sm_counts_idle());
	mmu_notifier_synchronize();
}

module_init(sm_init);
module_exit(sm_exit);

MODULE_AUTHOR("The stalemate developers");
MODULE_DESCRIPTION("Mock secondary MMU: finds stale translations");
MODULE_LICENSE("GPL");
MODULE_VERSION(STALEMATE_VERSION);
