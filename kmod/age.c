// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking who mirrors an mm what their devices have used, as reclaim does.
 *
 * No module is given the functions for that. Where they are, a probe says that is
 * never armed; and they are called as the kernel itself does, directly: a pointer
 * may not lead to a function of which no address is taken (CONFIG_X86_KERNEL_IBT),
 * a static call may.
 */
#include <linux/kprobes.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/static_call.h>

#include "age.h"
#include "compat/compat.h"
#include "ctx.h"
#include "uapi/stalemate.h"

#if defined(CONFIG_HAVE_STATIC_CALL) && defined(CONFIG_KPROBES)

DEFINE_STATIC_CALL_NULL(sm_age_test, __mmu_notifier_test_young);
DEFINE_STATIC_CALL_NULL(sm_age_clear, __mmu_notifier_clear_young);
DEFINE_STATIC_CALL_NULL(sm_age_flush, __mmu_notifier_clear_flush_young);

static DEFINE_MUTEX(sm_age_lock);
static bool sm_age_asked;		/* under sm_age_lock */
static bool sm_age_found;		/* likewise */

/* The function, or its first instruction but a landing pad. */
static void *sm_age_find(const char *name)
{
	struct kprobe p = {
		.symbol_name = name,
		.flags = KPROBE_FLAG_DISABLED,
	};
	void *addr;

	if (register_kprobe(&p))
		return NULL;
	addr = p.addr;
	unregister_kprobe(&p);

	return addr;
}

static bool sm_age_find_all(void)
{
	typeof(__mmu_notifier_test_young) *test =
		sm_age_find("__mmu_notifier_test_young");
	typeof(__mmu_notifier_clear_young) *clear =
		sm_age_find("__mmu_notifier_clear_young");
	typeof(__mmu_notifier_clear_flush_young) *flush =
		sm_age_find("__mmu_notifier_clear_flush_young");

	if (!test || !clear || !flush)
		return false;
	static_call_update(sm_age_test, test);
	static_call_update(sm_age_clear, clear);
	static_call_update(sm_age_flush, flush);

	return true;
}

u64 sm_age_features(void)
{
	bool found;

	mutex_lock(&sm_age_lock);
	if (!sm_age_asked)
		sm_age_found = sm_age_find_all();
	sm_age_asked = true;
	found = sm_age_found;
	mutex_unlock(&sm_age_lock);

	return found ? SM_FEATURE_AGE : 0;
}

static bool sm_age_ask(struct mm_struct *mm, const struct sm_ioc_age *a)
{
	if (a->flags == SM_AGE_FLUSH)
		return static_call(sm_age_flush)(mm, a->va, a->va + PAGE_SIZE);
	if (a->flags == SM_AGE_CLEAR)
		return static_call(sm_age_clear)(mm, a->va, a->va + PAGE_SIZE);

	return static_call(sm_age_test)(mm, a->va);
}

/*
 * The witness counts after the mirrors have forgotten, so whoever is between the
 * two is waited for. In the caller's own mm, which is alive.
 */
int sm_age(struct sm_ctx *ctx, struct sm_ioc_age *a)
{
	if (!sm_age_features())
		return -EOPNOTSUPP;
	a->young = sm_age_ask(ctx->mm, a);
	if (!a->flags && !a->young)
		mmu_notifier_synchronize();
	a->cleared = atomic64_read(&ctx->aged);

	return 0;
}

#else

u64 sm_age_features(void)
{
	return 0;
}

int sm_age(struct sm_ctx *ctx, struct sm_ioc_age *a)
{
	return -EOPNOTSUPP;
}

#endif
