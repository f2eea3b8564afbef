// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files on a disk: writing them back, and reading them again, be it past the page cache
 * into memory that devices have.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "judge/known.h"
#include "op.h"
#include "storm/touch.h"

#define DIRECT_PAGES	16

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

static int file_put(int file, uint64_t word, uint64_t at)
{
	ssize_t put = pwrite(file, &word, sizeof(word), at);

	return put < 0 ? -errno : put != sizeof(word) ? -EIO : 0;
}

/* What a span is about to hold, on the disk. */
static int file_fill(struct sm_storm_thread *t, const struct sm_span *s, int file)
{
	uint64_t i, page;
	int err = 0;

	for (i = 0; i < s->nr && !err; i++) {
		page = i * SM_PAGE_SIZE;
		err = file_put(file, sm_span_next(t, s->first + i),
			       page + sizeof(uint64_t) * SM_WORD_STAMP);
		if (!err)
			err = file_put(file, t->scene->model.cookie,
				       page + sizeof(uint64_t) * SM_WORD_COOKIE);
	}
	return err;
}

/* From now on past the page cache. */
static int file_direct(int file)
{
	return fcntl(file, F_SETFL, O_RDWR | O_DIRECT) < 0 ? -errno : 0;
}

/*
 * The disk writes to memory: all of a page, whoever wrote to it before. The kernel holds
 * the pages meanwhile, and has no use for one that is shared, as the zero page is.
 */
static int file_into_span(struct sm_storm_thread *t, const struct sm_span *s,
			  int file)
{
	static const struct sm_change c = {
		.clear = SM_TAG_ZERO,
		.set = SM_TAG_STAMP,
		.stamps = 1,
	};
	const ssize_t len = s->end - s->start;
	ssize_t got;

	sm_touch_read(t);
	sm_span_announce(t, s, c);
	got = pread(file, (void *)s->start, len, 0);
	if (got != len)
		return got < 0 ? -errno : -EIO;
	sm_span_commit(t, s);
	return 0;
}

static int file_read_direct(struct sm_storm_thread *t, const struct sm_span *s)
{
	const struct sm_span part = sm_span_part(s, 0, s->nr < DIRECT_PAGES ?
						 s->nr : DIRECT_PAGES);
	int err = sm_span_drop(t, s);
	int file;

	if (err)
		return err;
	file = sm_source_disk(part.end - part.start);
	if (file == -ENOSPC) {
		t->counted = false;
		return 0;
	}
	if (file < 0)
		return file;
	err = file_fill(t, &part, file);
	if (err == -ENOSPC || err == -EDQUOT) {	/* others fill it as well */
		close(file);
		t->counted = false;
		return 0;
	}
	if (!err)
		err = file_direct(file);
	if (!err)
		err = file_into_span(t, &part, file);
	close(file);
	return err;
}

/*
 * Pages that devices have are given up, and who reads next asks the disk. Nobody may
 * write to them meanwhile: the kernel keeps a page that somebody does write to, and what
 * is in it is not what is on the disk (dio_warn_stale_pagecache()). Of a file of its own,
 * so that no large folio is that of a neighbour, too, who writes.
 */
static int file_write_under(struct sm_storm_thread *t, const struct sm_span *s,
			    int file)
{
	static const struct sm_change c = {
		.clear = SM_TAG_ZERO,
		.set = SM_TAG_STAMP,
		.stamps = 1,
	};
	const ssize_t len = s->end - s->start;
	int err = sm_span_protect(t, s, PROT_READ);
	ssize_t put;

	if (err)
		return err;
	sm_touch_read(t);
	sm_span_announce(t, s, c);
	put = pwrite(file, (void *)t->scratch, len, sm_span_at(s));
	if (put != len)
		return put < 0 ? -errno : -EIO;
	sm_span_commit(t, s);
	sm_touch_read(t);
	return sm_span_protect(t, s, PROT_READ | PROT_WRITE);
}

/* A fresh page to write from. */
static int file_write_from(struct sm_storm_thread *t, const struct sm_span *s,
			   int file)
{
	const size_t len = s->end - s->start;
	void *p = mmap((void *)t->scratch, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	int err;

	if (p == MAP_FAILED)
		return -errno;
	sm_span_stamp_at(t, s, t->scratch);
	err = file_write_under(t, s, file);
	if (munmap(p, len) < 0 && !err)
		err = -errno;
	return err;
}

/* Over what is there, or into holes, of which a device has zeroes. */
static int file_write_over(struct sm_storm_thread *t, const struct sm_span *s,
			   int file)
{
	int err;

	if (sm_rng_one_in(&t->rng, 2)) {
		sm_span_stamp(t, s);
		sm_touch_before(t);
	}
	err = file_direct(file);
	return err ? err : file_write_from(t, s, file);
}

static int file_write_direct(struct sm_storm_thread *t, const struct sm_span *s)
{
	return sm_span_in_file(t, s, file_write_over);
}

static const char *file_no_direct(const struct sm_need *n)
{
	int file = sm_source_disk(SM_PAGE_SIZE);
	int err = file < 0 ? file : file_direct(file);

	if (file < 0)
		return sm_source_no_disk();
	close(file);
	return err ? n->why : NULL;
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
	{
		.name = "direct-read",
		.class = "file",
		.about = "reads a disk into pages, past the page cache (O_DIRECT)",
		.memory = SM_MEM_ANY_ANON,
		.slow = true,
		.rare = true,
		.emitters = { "wp_page_copy", "zap_page_range_single", NULL },
		.needs = { {
			.lacks = file_no_direct,
			.why = "no O_DIRECT in /var/tmp",
		} },
		.apply = file_read_direct,
	},
	{
		.name = "direct-write",
		.class = "file",
		.about = "writes to a disk under a mapping, past the page cache (O_DIRECT)",
		.memory = SM_MEM_ANY_FILE,
		.slow = true,
		.rare = true,
		.not_pinned = "a page that is pinned is written to all the time",
		.avoid = SM_BIT(SM_KNOWN_DAX_WRITE),
		.avoid_on = SM_BIT(SM_MEM_DAX),
		.emitters = { "zap_page_range_single", NULL },
		.needs = { {
			.memory = SM_BIT(SM_MEM_FILE),
			.lacks = file_no_direct,
			.why = "no O_DIRECT in /var/tmp",
		} },
		.apply = file_write_direct,
	},
	{ .name = NULL }
};
