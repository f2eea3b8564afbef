// SPDX-License-Identifier: GPL-2.0-only
/* What is done to the memory of the whole machine: pages of ours move, or are lost. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/memory.h"
#include "base/swaps.h"
#include "memory/source.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"
#include "unplug.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

#define COMPACT		"/proc/sys/vm/compact_memory"
#define OFFLINE		"/sys/devices/system/memory/soft_offline_page"
#define POISON		"/sys/devices/system/memory/hard_offline_page"

#define NO_FAILURE	"no pages can be taken out of use (CONFIG_MEMORY_FAILURE)"
#define NO_ROOT		"taking pages out of use is for root alone (CAP_SYS_ADMIN)"

/* What is taken is gone until the machine starts anew: so much by one thread at most. */
#define MACHINE_TAKEN	16

/* All of memory is gone through: pages of ours may move, or not. */
static int machine_compact(struct sm_storm_thread *t, const struct sm_span *s)
{
	int fd = open(COMPACT, O_WRONLY | O_CLOEXEC);
	int err = 0;

	(void)s;
	if (fd < 0)
		return -errno;
	sm_touch_before(t);
	if (write(fd, "1", 1) < 0 && errno != EINTR)
		err = -errno;
	close(fd);
	return err;
}

/*
 * A page, or a block, that the device was made to hold, and sm_unplug_lock; false: enough
 * was taken, or memory is away.
 */
static bool machine_take(struct sm_storm_thread *t, const struct sm_span *s,
			 struct sm_span *page)
{
	uint64_t nr = sm_arena_is(s->region->kind, SM_MEM_ANY_BLOCK) ?
			      SM_GRANULE_PAGES : 1;
	uint64_t skip;

	if (t->taken >= MACHINE_TAKEN ||
	    !sm_source_spare(s->region->kind, 0) ||
	    pthread_mutex_trylock(&sm_unplug_lock)) {
		t->counted = false;
		return false;
	}
	sm_touch_before(t);
	skip = t->nr_touched ? t->touched[0] - s->first : 0;
	*page = sm_span_part(s, skip - skip % nr, nr);
	return true;
}

/*
 * A page that has had errors: what it holds moves, and it is used no more. Somebody
 * may hold it just now.
 */
static int machine_offline(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_span page;
	int err;

	if (!machine_take(t, s, &page))
		return 0;
	err = sm_span_advise(&page, MADV_SOFT_OFFLINE);
	pthread_mutex_unlock(&sm_unplug_lock);
	if (err)
		t->counted = false;
	else
		t->taken++;
	return err == -EPERM ? err : 0;
}

/*
 * A page that is broken: nobody may use it from then on, and what it held is lost. What
 * fails half-way has marked the page perhaps, and left it mapped.
 */
static int machine_poison(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change gone = {
		.clear = SM_TAG_ACCESS | SM_TAG_STAMP,
		.set = SM_TAG_ZERO,
	};
	struct sm_span page;
	uint64_t *word;
	int err;

	if (!machine_take(t, s, &page))
		return 0;
	/* What is clean and in swap as well would come back from there. */
	word = (uint64_t *)page.start + SM_WORD_STAMP;
	sm_write(word, sm_read(word));
	sm_span_announce(t, &page, gone);
	t->taken++;
	/* Who says that a page is broken is taken for who stumbled over it. */
	sm_crash_expect(SIGBUS, BUS_MCEERR_AR);
	err = sm_span_advise(&page, MADV_HWPOISON);
	sm_crash_expect(0, 0);
	pthread_mutex_unlock(&sm_unplug_lock);
	if (err == -EPERM)
		return err;
	if (err) {
		t->counted = false;
		sm_span_blur(t, &page);
	} else {
		sm_span_commit(t, &page);
		sm_touch_after(t);
	}
	return sm_span_replace(t, &page);
}

/* Who swaps in more than there is room for is the first to be killed. */
static bool machine_has_room(const struct sm_swap *s)
{
	return sm_memory_left("").bytes / 2 > s->used;
}

/*
 * Written to by a device and swapped out; then all comes back, as there is nothing to
 * swap to any more. A runner that is killed meanwhile leaves it so: its session does not.
 */
static int machine_swapoff(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_swap swaps[SM_SWAPS], *off;
	unsigned int nr = sm_swaps_read(swaps), i;
	int err;

	t->counted = false;
	if (!nr)
		return 0;	/* another thread has it */
	i = sm_rng_below(&t->rng, nr);
	if (!sm_swaps_returns(swaps, nr, i))
		return 0;
	off = &swaps[i];
	sm_touch_write(t);
	err = sm_span_advise(s, MADV_PAGEOUT);
	if (err)
		return err;
	if (machine_has_room(off) && !swapoff(off->path)) {
		t->counted = true;
		sm_touch_survived(t, "swapoff");
		err = sm_swaps_on(off);
	}
	sm_span_verify(t, s);
	return err;
}

static const char *machine_no_swap(const struct sm_need *n)
{
	struct sm_swap swaps[SM_SWAPS];

	if (!sm_swaps_read(swaps))
		return n->why;
	return geteuid() ? "swapoff() is for root alone (CAP_SYS_ADMIN)" : NULL;
}

static const char *machine_lacks(const struct sm_need *n, const char *path,
				 const char *root)
{
	if (access(path, F_OK))
		return n->why;
	if (geteuid())
		return root;
	return access(path, W_OK) ? SM_NEEDS_FORBIDDEN : NULL;
}

static const char *machine_no_compaction(const struct sm_need *n)
{
	return machine_lacks(n, COMPACT, COMPACT " is for root alone");
}

static const char *machine_no_offline(const struct sm_need *n)
{
	return machine_lacks(n, OFFLINE, NO_ROOT);
}

static const char *machine_no_poison(const struct sm_need *n)
{
	return machine_lacks(n, POISON, NO_ROOT);
}

const struct sm_op sm_ops_machine[] = {
	{
		.name = "compact",
		.class = "machine",
		.about = "has all of memory compacted",
		.memory = SM_MEM_ANY_MEMORY | SM_BIT(SM_MEM_ANON_LOCKED),
		.silent = true,
		.slow = true,
		.rare = true,
		.machine = true,
		.needs_root = true,
		.emitters = { "try_to_migrate_one", NULL },
		.needs = { {
			.lacks = machine_no_compaction,
			.why = "no " COMPACT " (CONFIG_COMPACTION)",
		} },
		.apply = machine_compact,
	},
	{
		.name = "soft-offline",
		.class = "machine",
		.about = "takes a page out of use for good (MADV_SOFT_OFFLINE)",
		.memory = SM_MEM_ANY_ANON,
		.slow = true,
		.rare = true,
		.machine = true,
		.needs_root = true,
		.not_pinned = "pages that are pinned do not move",
		.emitters = { "try_to_migrate_one", "__split_huge_pmd", NULL },
		.needs = { {
			.lacks = machine_no_offline,
			.why = NO_FAILURE,
		} },
		.apply = machine_offline,
	},
	{
		.name = "poison",
		.class = "machine",
		.about = "breaks a page, which nobody may use any more (MADV_HWPOISON)",
		.memory = SM_BIT(SM_MEM_ANON) | SM_BIT(SM_MEM_HUGETLB),
		.slow = true,
		.rare = true,
		.machine = true,
		.needs_root = true,
		.not_pinned = "a page that is pinned stays with who pins it",
		.not_with = "kvm",	/* kvm_send_hwpoison_signal() */
		.emitters = { "try_to_unmap_one",
			      "try_to_unmap_poisoned_hugetlb_one", NULL },
		.needs = { {
			.lacks = machine_no_poison,
			.why = NO_FAILURE,
		} },
		.apply = machine_poison,
	},
	{
		.name = "swapoff",
		.class = "machine",
		.about = "has all that is swapped out come back, as there is no swap any more",
		.memory = SM_MEM_ANY_MEMORY,
		.slow = true,
		.rare = true,
		.machine = true,
		.swaps = true,
		.needs_root = true,
		.unused = true,
		.emitters = { "try_to_unmap_one", "__split_huge_pmd", NULL },
		.needs = { {
			.lacks = machine_no_swap,
			.why = "nothing to swap to (mkswap, swapon)",
		} },
		.apply = machine_swapoff,
	},
	{ .name = NULL }
};
