// SPDX-License-Identifier: GPL-2.0-only
/*
 * Soft-dirty bits: clearing them write protects the whole process, the event
 * is [0, -1), and a page has the bit again after the next write, be it a
 * device's.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/pagemap.h"
#include "judge/legal.h"
#include "module/needs.h"
#include "op.h"
#include "soft_dirty.h"
#include "storm/touch.h"

#define CLEAR_REFS	"/proc/self/clear_refs"
#define PAGEMAP		"/proc/self/pagemap"

/* One thread's clearing would undo what another is about to look for. */
static pthread_mutex_t clearing = PTHREAD_MUTEX_INITIALIZER;

void sm_soft_dirty_lock(void)
{
	pthread_mutex_lock(&clearing);
}

void sm_soft_dirty_unlock(void)
{
	pthread_mutex_unlock(&clearing);
}

int sm_soft_dirty_clear(void)
{
	int fd = open(CLEAR_REFS, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, "4", 1) < 0)
		err = -errno;
	close(fd);
	return err;
}

static bool soft_dirty_is(uint64_t va, int pagemap)
{
	uint64_t entry;

	return sm_pagemap_read(pagemap, va, 1, &entry) ||
	       (entry & SM_SOFT_DIRTY_BIT);
}

static int soft_dirty_check(struct sm_storm_thread *t, const struct sm_span *s)
{
	int pagemap = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
	int err;

	if (pagemap < 0)
		return -errno;
	err = sm_soft_dirty_clear();
	if (!err) {
		sm_touch_write(t);
		if (!sm_legal_memory(SM_LEGAL_UNNOTED, s->region->kind))
			sm_touch_tracked(t, soft_dirty_is, pagemap,
					 "its soft-dirty bit");
	}
	close(pagemap);
	return err;
}

static int soft_dirty(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err;

	sm_touch_write(t);
	sm_soft_dirty_lock();
	err = soft_dirty_check(t, s);
	sm_soft_dirty_unlock();
	return err;
}

/* Has a page that was just written the bit? */
int sm_soft_dirty_try(void)
{
	uint64_t *p = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int pagemap = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
	int err = pagemap < 0 ? -errno : 0;
	uint64_t entry = 0;

	if (p == MAP_FAILED)
		err = -ENOMEM;
	else
		sm_write(p, 1);
	if (!err)
		err = sm_pagemap_read(pagemap, (uintptr_t)p, 1, &entry);
	if (!err && !(entry & SM_SOFT_DIRTY_BIT))
		err = -EOPNOTSUPP;
	if (!err && access(CLEAR_REFS, W_OK))
		err = -errno;
	if (p != MAP_FAILED)
		munmap(p, SM_PAGE_SIZE);
	if (pagemap >= 0)
		close(pagemap);
	return err;
}

static const char *soft_dirty_bits(const struct sm_need *n)
{
	return sm_needs_why(n, sm_soft_dirty_try(),
			    "no permission to use /proc/self/pagemap and clear_refs");
}

const struct sm_op sm_ops_soft_dirty[] = {
	{
		.name = "soft-dirty",
		.class = "track",
		.about = "clears soft-dirty bits, and looks for the device's writes",
		.memory = SM_MEM_ANY_PAGES,
		.slow = true,
		.emitters = { "clear_refs_write", NULL },
		.needs = { {
			.lacks = soft_dirty_bits,
			.why = "no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)",
		} },
		.apply = soft_dirty,
	},
	{ .name = NULL }
};
