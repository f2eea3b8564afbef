// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ops that ask whether a write outlives reclaim, where nothing but a dirty bit
 * tells of it. Each begins with pages that are clean, and yet writable.
 *
 * A device's write to a page marks it, and for good. Whether the kernel itself
 * loses what a processor wrote does not show where devices write as well: then
 * it is done to pages that they cannot reach.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "judge/known.h"
#include "judge/oracle.h"
#include "module/device.h"
#include "module/profiles.h"
#include "op.h"
#include "storm/touch.h"

#define PART_PAGES	16	/* each is compressed, and comes back by a fault */
#define WHOLE_EVERY	8	/* parts of blocks */

static int dirty_advise(uint64_t va, uint64_t len, int advice)
{
	return madvise((void *)va, len, advice) < 0 ? -errno : 0;
}

/* Reclaim takes only what is in the page table. */
static void dirty_map_again(const struct sm_storm_thread *t)
{
	unsigned int i;

	for (i = 0; i < t->nr_touched; i++)
		sm_read((uint64_t *)(t->scene->arena.start +
				     (t->touched[i] << SM_PAGE_SHIFT)));
}

/*
 * Shared memory: out of the page table first, as the bit has to move over; and again,
 * if a huge page is to go in part: that only splits it, and the rest of it is out of
 * the page table then.
 */
static int dirty_reclaim(struct sm_storm_thread *t, const struct sm_span *s,
			 bool part)
{
	bool anon = sm_span_anon(s);
	int err = anon ? 0 : sm_span_advise(s, MADV_DONTNEED);

	if (!err && part && !anon) {
		dirty_map_again(t);
		err = sm_span_advise(s, MADV_PAGEOUT);
	}
	if (!anon)
		dirty_map_again(t);
	if (!err)
		err = sm_span_advise(s, MADV_PAGEOUT);
	if (!err && !anon)
		err = sm_span_advise(s, MADV_DONTNEED);
	if (!err)
		sm_touch_survived(t, "reclaim");
	return err;
}

static void dirty_visitor_writes(struct sm_storm_thread *t, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < t->nr_touched; i++) {
		uint64_t page = t->touched[i];
		uint64_t va = t->scene->arena.start + (page << SM_PAGE_SHIFT) +
			      8 * SM_WORD_DIRECT;
		uint64_t value = sm_model_mark(SM_MARK_DIRECT, page,
					       ++t->writes);

		if (!sm_device_access(&t->scene->dev, id, true, va, &value,
				      sizeof(value), NULL))
			t->wrote[i] = value;
	}
}

/*
 * Where it is: agents, the chaser and other threads go there. [0, 0): nowhere that they
 * could go.
 */
static void dirty_show(const struct sm_storm_thread *t, uint64_t start,
		       uint64_t end)
{
	sm_write(&t->flight->start, start);
	sm_write(&t->flight->end, end);
	sm_touch_aim(t, start, end);
}

/*
 * Who comes to write, and has gone before the pages are reclaimed. Those who stay would
 * mark the pages when these are zapped, if they had them by then, be it for reading: so
 * they are not told of it, and it is to be over soon.
 */
static bool dirty_visitor(struct sm_storm_thread *t, const struct sm_span *s,
			  uint32_t *id)
{
	if (!t->mirror->profile || sm_mirror_pinned(t->mirror))
		return false;
	dirty_show(t, 0, 0);
	return !sm_device_mirror(&t->scene->dev,
				 t->mirror->profile - sm_profiles,
				 &t->mirror->defects, s->start, s->end,
				 t->scene->spec->amplify_ns, id);
}

/*
 * Holes, in a mapping that is new: once soft-dirty bits have been cleared, a page that
 * is read in one of before is mapped read-only, so that the kernel notes who writes to
 * it first (vma_wants_writenotify()), and marks the page itself.
 */
static int dirty_visit(struct sm_storm_thread *t, const struct sm_span *s,
		       uint32_t id)
{
	int err = sm_span_renew(t, s);

	if (!err) {
		memset(t->wrote, 0, sizeof(t->wrote));
		dirty_map_again(t);
		dirty_visitor_writes(t, id);
	}
	sm_device_mirror_destroy(&t->scene->dev, id);
	return err ? err : dirty_reclaim(t, s, false);
}

/*
 * A hole that is read: the page is there, and nobody has written to it. Those who would
 * be first, and write, are told of it only then: the kernel marks a page itself if it
 * comes by a fault that writes, and a huge one for all.
 */
static int dirty_hole(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err;

	dirty_show(t, 0, 0);
	err = sm_span_renew(t, s);
	if (!err)
		sm_touch_read(t);
	dirty_show(t, s->start, s->end);
	return err;
}

static int dirty_shared(struct sm_storm_thread *t, const struct sm_span *s)
{
	uint32_t id = 0;
	int err = 0;

	if (dirty_visitor(t, s, &id))
		err = dirty_visit(t, s, id);
	if (!err)
		err = dirty_hole(t, s);
	if (err)
		return err;
	sm_touch_write(t);
	return dirty_reclaim(t, s, false);
}

/*
 * A few pages of a block, or now and then the whole of it: to write out a block and
 * to read it again takes as long as dozens of other ops.
 */
static struct sm_span dirty_part(struct sm_storm_thread *t,
				 const struct sm_span *s)
{
	uint64_t nr = 1 + sm_rng_below(&t->rng, PART_PAGES);

	if (sm_rng_one_in(&t->rng, WHOLE_EVERY))
		return *s;
	return sm_span_part(s, sm_rng_below(&t->rng, s->nr - nr + 1), nr);
}

static bool dirty_avoids(const struct sm_storm_thread *t, enum sm_known known)
{
	return t->scene->spec->avoid & SM_BIT(known);
}

/*
 * They must be there, whatever reclaim did; one is told of that is not, and of which
 * kernels that is known. Then all are written again, or whoever has them next would be
 * accused.
 */
static bool dirty_kept(struct sm_storm_thread *t, const struct sm_span *s,
		       uint64_t va, const char *how, enum sm_known known)
{
	const uint64_t *words = (const uint64_t *)va;
	struct sm_hit h = { .oracle = "dirty", .kind = SM_KIND_KNOWN + known };
	uint64_t i, seen, wrote;

	sm_add(&t->scene->result->mirrors[0].dirty_pages, s->nr);
	for (i = 0; i < s->nr; i++, words += SM_PAGE_WORDS) {
		wrote = sm_span_next(t, s->first + i);
		seen = sm_read(&words[SM_WORD_STAMP]);
		if (seen == wrote)
			continue;
		h.va = s->start + i * SM_PAGE_SIZE;
		sm_docket_hit(t->host->docket, &h,
			      "the CPU wrote %016llx to a page of %llx %s, reclaim lost it: the CPU reads %016llx (%s, --avoid %s)",
			      (unsigned long long)wrote,
			      (unsigned long long)h.va, how,
			      (unsigned long long)seen, sm_known[known].page,
			      sm_known[known].name);
		return false;
	}
	return true;
}

/* The pages that were written to elsewhere are those of the span from now on. */
static const struct sm_change dirty_arrive = {
	.clear = SM_TAG_ZERO,
	.set = SM_TAG_STAMP | SM_TAG_ACCESS,
	.stamps = 1,
};

/* No device has had them before. */
static int dirty_move_in(struct sm_storm_thread *t, const struct sm_span *s)
{
	const uint64_t len = s->end - s->start;

	sm_span_announce(t, s, dirty_arrive);
	if (mremap((void *)t->scratch, len, len,
		   MREMAP_MAYMOVE | MREMAP_FIXED, s->start) == MAP_FAILED)
		return -errno;
	sm_span_commit(t, s);
	t->vmas += 2;
	return 0;
}

/*
 * One that may be freed. It is made elsewhere: if a device were first to read in a
 * hole, there would be small pages.
 */
static int dirty_free(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change freed = { .set = SM_TAG_ZERO };
	int err = sm_arena_map(&t->scene->arena, s->region->kind, t->scratch,
			       s->start, s->end - s->start, MAP_FIXED);

	if (err)
		return err;
	sm_span_stamp_at(t, s, t->scratch);
	err = dirty_move_in(t, s);
	if (err)
		return err;
	sm_span_announce(t, s, freed);
	err = sm_span_advise(s, MADV_FREE);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/* A clean huge page: one that may be freed, or, of shared memory, a read hole. */
static int dirty_thp(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_span part = dirty_part(t, s);
	int err;

	sm_touch_pick(t, &part);
	err = sm_span_anon(s) ? dirty_free(t, s) : dirty_hole(t, s);
	if (err)
		return err;
	sm_touch_write(t);
	return dirty_reclaim(t, &part, part.nr < s->nr);
}

/* A hole is read, written to, taken out of the page table, read, reclaimed. */
static int dirty_through(struct sm_storm_thread *t, const struct sm_span *s,
			 uint64_t va)
{
	const struct sm_span part = dirty_part(t, s);
	const uint64_t at = va + part.start - s->start;
	const uint64_t len = s->end - s->start;
	unsigned int i;
	int err = dirty_advise(va, len, MADV_REMOVE);

	if (err)
		return err;
	/* What is mapped by a read is clean; a fault that writes marks the page. */
	if (!dirty_avoids(t, SM_KNOWN_ZAP_DIRTY))
		sm_read((uint64_t *)at);
	sm_span_stamp_at(t, s, va);
	err = dirty_advise(va, len, MADV_DONTNEED);
	/* Twice, see dirty_reclaim(). */
	for (i = 0; !err && i < 2; i++) {
		sm_read((uint64_t *)at);
		err = dirty_advise(at, part.end - part.start, MADV_PAGEOUT);
	}
	if (!err)
		err = dirty_advise(va, len, MADV_DONTNEED);
	if (!err && !dirty_kept(t, s, va, "through another mapping",
				SM_KNOWN_ZAP_DIRTY))
		sm_span_stamp_at(t, s, va);
	return err;
}

/* Through a mapping that no device has, while there is no other. */
static int dirty_alias(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change gone = { .clear = SM_TAG_ACCESS };
	const struct sm_arena *a = &t->scene->arena;
	const uint64_t len = s->end - s->start;
	int err;

	sm_span_announce(t, s, gone);
	if (munmap((void *)s->start, len) < 0)
		return -errno;
	sm_span_commit(t, s);
	err = sm_arena_map(a, s->region->kind, t->scratch, s->start, len,
			   MAP_FIXED);
	if (!err)
		err = dirty_through(t, s, t->scratch);
	if (!err && munmap((void *)t->scratch, len) < 0)
		err = -errno;
	if (err)
		return err;
	sm_span_announce(t, s, dirty_arrive);
	err = sm_arena_map(a, s->region->kind, s->start, s->start, len,
			   MAP_FIXED_NOREPLACE);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/* Pages that may be freed are written to, and may not be; then protected. */
static int dirty_forbid(struct sm_storm_thread *t, const struct sm_span *s,
			uint64_t va)
{
	const bool protect = !dirty_avoids(t, SM_KNOWN_MPROTECT_DIRTY);
	const struct sm_span part = dirty_part(t, s);
	const uint64_t len = s->end - s->start;
	bool kept;
	int err;

	sm_span_stamp_at(t, s, va);
	err = dirty_advise(va, len, MADV_FREE);
	if (err)
		return err;
	sm_span_stamp_at(t, s, va);
	if (protect && mprotect((void *)va, len, PROT_READ) < 0)
		return -errno;
	err = dirty_advise(va + part.start - s->start, part.end - part.start,
			   MADV_PAGEOUT);
	if (err)
		return err;
	kept = dirty_kept(t, s, va, "and protected it",
			  SM_KNOWN_MPROTECT_DIRTY);
	if (protect && mprotect((void *)va, len, PROT_READ | PROT_WRITE) < 0)
		return -errno;
	if (!kept)
		sm_span_stamp_at(t, s, va);
	return 0;
}

/* Before they are the span's, so that no device has them. */
static int dirty_protect(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = sm_arena_map(&t->scene->arena, s->region->kind, t->scratch,
			       s->start, s->end - s->start, MAP_FIXED);

	if (!err)
		err = dirty_forbid(t, s, t->scratch);
	return err ? err : dirty_move_in(t, s);
}

const struct sm_op sm_ops_dirty[] = {
	{
		.name = "dirty-shared",
		.class = "track",
		.often = true,
		.about = "has the device write to holes that were read, then reclaims",
		.memory = SM_MEM_ANY_SHMEM | SM_BIT(SM_MEM_FILE),
		.emitters = { "zap_page_range_single", NULL },
		.apply = dirty_shared,
	},
	{
		.name = "dirty-thp",
		.class = "thp",
		.often = true,
		.about = "has the device write to a clean huge page, then reclaims",
		.memory = SM_MEM_ANY_THP,
		.emitters = { "madvise_free_single_vma",
			      "zap_page_range_single", NULL },
		.apply = dirty_thp,
	},
	{
		.name = "dirty-alias",
		.class = "thp",
		.about = "writes to a block through another mapping, then reclaims",
		.memory = SM_MEM_ANY_SHMEM,
		.emitters = { "unmap_vmas", NULL },
		.apply = dirty_alias,
	},
	{
		.name = "dirty-protect",
		.class = "thp",
		.about = "writes to a block that may be freed, protects it, reclaims",
		.memory = SM_MEM_ANY_ANON,
		.emitters = { "unmap_vmas", NULL },
		.apply = dirty_protect,
	},
	{ .name = NULL }
};
