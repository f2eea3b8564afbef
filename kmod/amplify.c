// SPDX-License-Identifier: GPL-2.0-only
/* Races are made wider: see amplify.h. */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/random.h>

#include "amplify.h"
#include "mirror.h"

#define SM_AMPLIFY_EVERY	16
#define SM_AMPLIFY_NAP_EVERY	4	/* of those */
#define SM_AMPLIFY_NAPS		6	/* lengths of them, each twice the last */
#define SM_AMPLIFY_LONG_NS	NSEC_PER_MSEC	/* always a nap, of that length */

/* Sometimes just long enough for one who interferes, sometimes for more. */
static void sm_mirror_nap(u32 ns)
{
	unsigned long us = DIV_ROUND_UP(ns, NSEC_PER_USEC);

	us <<= ns < SM_AMPLIFY_LONG_NS ? get_random_u32() % SM_AMPLIFY_NAPS : 0;
	usleep_range(us, us + us / 4);
}

static void sm_mirror_spin(u32 ns)
{
	u64 until = ktime_get_ns() + ns;

	while (ktime_get_ns() < until)
		cpu_relax();
}

void sm_mirror_amplify(struct sm_mirror *m)
{
	/* At random: a count would favour one place over another. */
	if (!m->amplify_ns || READ_ONCE(m->dead) ||
	    get_random_u32() % SM_AMPLIFY_EVERY)
		return;
	atomic64_inc(&m->amplified);
	if (num_online_cpus() == 1 || m->amplify_ns >= SM_AMPLIFY_LONG_NS ||
	    !(get_random_u32() % SM_AMPLIFY_NAP_EVERY))
		sm_mirror_nap(m->amplify_ns);
	else
		sm_mirror_spin(m->amplify_ns);
}
