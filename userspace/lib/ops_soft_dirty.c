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

#include "engine.h"
#include "ops.h"
#include "pagemap.h"
#include "touch.h"

#define CLEAR_REFS	"/proc/self/clear_refs"
#define PAGEMAP		"/proc/self/pagemap"
#define PM_SOFT_DIRTY	SM_BIT(55)

/* One thread's clearing would undo what another is about to look for. */
static pthread_mutex_t clearing = PTHREAD_MUTEX_INITIALIZER;

static int soft_dirty_clear(void)
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
	       (entry & PM_SOFT_DIRTY);
}

/* The bit of shared memory is lost with its page table entry, legally. */
static int soft_dirty_check(struct sm_storm_thread *t, const struct sm_span *s)
{
	int pagemap = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
	int err;

	if (pagemap < 0)
		return -errno;
	err = soft_dirty_clear();
	if (!err) {
		sm_touch_write(t);
		if (sm_span_anon(s))
			sm_touch_tracked(t, soft_dirty_is, pagemap,
					 "its soft-dirty bit");
	}
	close(pagemap);
	return err;
}

int sm_ops_soft_dirty(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err;

	sm_touch_write(t);
	pthread_mutex_lock(&clearing);
	err = soft_dirty_check(t, s);
	pthread_mutex_unlock(&clearing);
	return err;
}

/*
 * sm_ops_soft_dirty_try() - 0 if a page that was just written has the bit, or a
 * negative errno
 */
int sm_ops_soft_dirty_try(void)
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
	if (!err && !(entry & PM_SOFT_DIRTY))
		err = -EOPNOTSUPP;
	if (!err && access(CLEAR_REFS, W_OK))
		err = -errno;
	if (p != MAP_FAILED)
		munmap(p, SM_PAGE_SIZE);
	if (pagemap >= 0)
		close(pagemap);
	return err;
}
