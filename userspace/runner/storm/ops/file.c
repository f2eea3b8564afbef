// SPDX-License-Identifier: GPL-2.0-only
/* Files on a disk: writing them back, and reading them again. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "op.h"
#include "storm/touch.h"

static int file_sync(const struct sm_span *s)
{
	return msync((void *)s->start, s->end - s->start, MS_SYNC) < 0 ?
		       -errno : 0;
}

/* Out of the page table, then out of memory: the next reader asks the disk. */
static int file_drop(struct sm_storm_thread *t, const struct sm_span *s)
{
	const struct sm_arena *a = &t->scene->arena;
	int err = sm_span_advise(s, MADV_DONTNEED);

	if (err)
		return err;
	return -posix_fadvise(a->files[s->region->kind], s->start - a->start,
			      s->end - s->start, POSIX_FADV_DONTNEED);
}

/*
 * Writing back makes pages clean and read-only, and a device that writes again
 * has to ask again, or nobody knows that there is more to write back.
 */
static int file_sync_drop(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err;

	sm_touch_write(t);
	err = file_sync(s);
	if (err)
		return err;
	sm_touch_write(t);
	err = file_sync(s);
	if (!err)
		err = file_drop(t, s);
	if (!err)
		sm_touch_survived(t, "write-back");
	return err;
}

static const char *file_disk(const struct sm_need *n)
{
	(void)n;
	return sm_source_no_disk();
}

const struct sm_op sm_ops_file[] = {
	{
		.name = "msync",
		.class = "track",
		.about = "writes a file back, drops it, looks for the device's writes",
		.memory = SM_MEM_ANY_FILE,
		.slow = true,
		.emitters = { "page_vma_mkclean_one", NULL },
		.needs = { {
			.memory = SM_BIT(SM_MEM_FILE),
			.lacks = file_disk,
		} },
		.apply = file_sync_drop,
	},
	{ .name = NULL }
};
