// SPDX-License-Identifier: GPL-2.0-only
/* The owner of a span uses the device on it. */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "backends/call.h"
#include "judge/legal.h"
#include "judge/oracle.h"
#include "touch.h"

static const char touch_who[] = "a direct access";

/* A device may always be refused, for one of these reasons. */
static bool touch_refused(struct sm_host *host, int err)
{
	if (!err)
		return false;
	if (err != -EFAULT && err != -EPERM && err != -EBUSY &&
	    err != -EINTR && err != -ENOMEM)
		sm_end_break(host->end, "device access failed: %s",
			     strerror(-err));
	return true;
}

/*
 * The processor read @seen at @va: does the page say so, too, that is mapped there? Reclaim
 * takes clean pages away, and has other processors forget them a batch later
 * (try_to_unmap_flush() at the end of shrink_folio_list(), mm/vmscan.c): who faults in
 * between has another page, and who does not need to fault may read the old one
 * (docs/found/reclaim-tlb.md). The kernel goes by the page table for us.
 */
static uint64_t touch_memory(uint64_t va, uint64_t seen)
{
	uint64_t word;
	struct iovec to = { .iov_base = &word, .iov_len = sizeof(word) };
	struct iovec from = { .iov_base = (void *)va, .iov_len = sizeof(word) };

	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof(word))
		return seen;
	return word;
}

/* Returns true if data was transferred. */
static bool touch_access(struct sm_storm_thread *t, struct sm_access *a)
{
	struct sm_host *host = t->host;
	struct sm_mirror_result *seen = sm_scene_seen(host->scene, t->mirror);
	enum sm_spent at;
	int err;

	if (sm_read(&host->end->stuck))
		return false;	/* each more would take as long again */
	at = sm_clock_turn(&t->clock, SM_SPENT_DEVICE);
	err = sm_call_access(host, t->mirror, t->index, a, 1);
	sm_clock_turn(&t->clock, at);
	if (err == -ETIMEDOUT) {
		sm_host_hang(host, touch_who, NULL, t->index);
		return false;
	}
	if (touch_refused(host, err ? err : a->error)) {
		sm_add(&seen->refused, 1);
		return false;
	}
	sm_add(&seen->accesses, 1);
	return true;
}

/* Returns true if data was transferred. */
static bool touch_read(struct sm_storm_thread *t, uint64_t page)
{
	struct sm_host *host = t->host;
	struct sm_access a = {
		.va = host->scene->arena.start + (page << SM_PAGE_SHIFT),
	};
	uint64_t state = sm_model_state(&host->scene->model, page);

	if (!touch_access(t, &a))
		return false;
	sm_oracle_judge_read(host->docket, t->mirror, touch_who, a.va, a.value,
			     state, state, 0);
	return true;
}

/* Returns what was written, 0 if nothing was. */
static uint64_t touch_write(struct sm_storm_thread *t, uint64_t page)
{
	struct sm_host *host = t->host;
	uint64_t va = host->scene->arena.start + (page << SM_PAGE_SHIFT) +
		      8 * SM_WORD_DIRECT;
	uint64_t state = sm_model_state(&host->scene->model, page);
	uint64_t value = sm_model_mark(SM_MARK_DIRECT, page, ++t->writes);
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_LOST,
		.mirror = t->mirror,
		.va = va,
	};
	struct sm_access a = { .va = va, .value = value, .write = true };
	uint64_t seen;

	if (sm_mirror_reads(t->mirror) || !touch_access(t, &a))
		return 0;
	sm_oracle_judge_write(host->docket, t->mirror, touch_who, va, state,
			      state, 0);
	if (sm_legal_mirror(SM_LEGAL_PINNED, t->mirror) ||
	    !(state & SM_TAG_READ))
		return value;
	seen = sm_read((uint64_t *)va);
	if (seen != value)
		seen = touch_memory(va, seen);
	if (seen != value)
		sm_docket_hit(host->docket, &h,
			      "a direct access wrote %016llx to %llx, the CPU reads %016llx",
			      (unsigned long long)value, (unsigned long long)va,
			      (unsigned long long)seen);
	return value;
}

/*
 * sm_touch_aim() - the thread's agents go where an op is at work: that is where
 * races are lost.
 */
void sm_touch_aim(const struct sm_storm_thread *t, uint64_t start, uint64_t end)
{
	const struct sm_scene_agent *a;
	unsigned int i;

	for (i = t->index; i < t->scene->nr_agents;
	     i += t->scene->spec->threads) {
		a = &t->scene->agents[i];
		if (!a->aim_start)
			continue;
		sm_write(a->aim_start, start);
		sm_write(a->aim_end, end);
	}
}

/*
 * sm_touch_pick() - choose the mirror and the pages: the ends of the span,
 * where ranges are cut short, as often as one anywhere.
 */
void sm_touch_pick(struct sm_storm_thread *t, const struct sm_span *s)
{
	t->nr_touched = 0;
	t->mirror =
		&t->scene->mirrors[sm_rng_below(&t->rng, t->scene->nr_mirrors)];
	if (t->scene->spec->absent & SM_ABSENT_DEVICE)
		return;
	t->touched[t->nr_touched++] = s->first + sm_rng_below(&t->rng, s->nr);
	if (sm_rng_one_in(&t->rng, 2) && s->nr < SM_GRANULE_PAGES)
		return;
	t->touched[t->nr_touched++] = s->first + s->nr - 1;
	t->touched[t->nr_touched++] = s->first;
}

/* sm_touch_read() - use the pages, but leave them as they are. */
void sm_touch_read(struct sm_storm_thread *t)
{
	unsigned int i;

	for (i = 0; i < t->nr_touched; i++)
		touch_read(t, t->touched[i]);
}

static uint64_t touch_granule(uint64_t page)
{
	return page >> (SM_GRANULE_SHIFT - SM_PAGE_SHIFT);
}

/* sm_touch_write() - write to the pages, and remember what. */
void sm_touch_write(struct sm_storm_thread *t)
{
	const struct sm_device *d = &t->scene->dev;
	unsigned int i;

	for (i = 0; i < t->nr_touched; i++) {
		t->quiet[i] = d->witness &&
			      sm_window_open(d, touch_granule(t->touched[i]),
					     &t->window[i]);
		t->wrote[i] = touch_write(t, t->touched[i]);
	}
}

/*
 * sm_touch_survived() - what sm_touch_write() wrote must outlive @who. An older
 * write is no substitute: that is what a lost one leaves. A newer one is, as the
 * same page may be among the touched ones twice.
 */
void sm_touch_survived(struct sm_storm_thread *t, const char *who)
{
	struct sm_hit h = {
		.oracle = "dirty",
		.kind = SM_KIND_UNSAVED,
		.mirror = t->mirror,
	};
	unsigned int i;
	uint64_t seen;

	for (i = 0; i < t->nr_touched; i++) {
		h.va = t->scene->arena.start +
		       (t->touched[i] << SM_PAGE_SHIFT) + 8 * SM_WORD_DIRECT;
		seen = sm_read((uint64_t *)h.va);
		if (!t->wrote[i] || sm_legal_mirror(SM_LEGAL_PINNED, t->mirror))
			continue;
		sm_add(&sm_scene_seen(t->host->scene, t->mirror)->dirty_pages,
		       1);
		if (!sm_model_mark_since(seen, t->wrote[i]))
			seen = touch_memory(h.va, seen);
		if (sm_model_mark_since(seen, t->wrote[i]))
			continue;
		sm_docket_hit(t->host->docket, &h,
			      "a device wrote %016llx to %llx, %s lost it: the CPU reads %016llx",
			      (unsigned long long)t->wrote[i],
			      (unsigned long long)h.va, who,
			      (unsigned long long)seen);
	}
}

/*
 * Is a write of the processor noted? A page that migrates while the kernel begins
 * to take notes stays writable, and no write to it is noted, whoever writes: the
 * driver asked for a writable page and got one. See docs/found/soft-dirty.md. The
 * word is ours alone, and stays what it is.
 */
static bool touch_cpu_tracked(uint64_t va, bool (*tracked)(uint64_t va, int fd),
			      int fd)
{
	uint64_t *word = (uint64_t *)va + SM_WORD_DIRECT;

	sm_write(word, touch_memory((uint64_t)word, sm_read(word)));
	return tracked(va, fd);
}

/* Did anything come between, after which even this write says nothing? */
static bool touch_left_alone(const struct sm_storm_thread *t, unsigned int i)
{
	return !t->scene->dev.witness ||
	       (t->quiet[i] &&
		sm_window_close(&t->scene->dev, touch_granule(t->touched[i]),
				&t->window[i]));
}

/*
 * sm_touch_tracked() - the kernel was told to note which pages are written,
 * then sm_touch_write() wrote. @tracked says whether that was noted.
 */
void sm_touch_tracked(struct sm_storm_thread *t,
		      bool (*tracked)(uint64_t va, int fd), int fd,
		      const char *where)
{
	struct sm_hit h = {
		.oracle = "dirty",
		.kind = SM_KIND_UNNOTED,
		.mirror = t->mirror,
	};
	unsigned int i;

	for (i = 0; i < t->nr_touched; i++) {
		h.va = t->scene->arena.start + (t->touched[i] << SM_PAGE_SHIFT);
		if (!t->wrote[i] || sm_legal_mirror(SM_LEGAL_PINNED, t->mirror))
			continue;
		sm_add(&sm_scene_seen(t->host->scene, t->mirror)->dirty_pages,
		       1);
		if (tracked(h.va, fd))
			continue;
		if (!touch_cpu_tracked(h.va, tracked, fd)) {
			sm_count(&t->unnoted, 1);
			continue;
		}
		if (!touch_left_alone(t, i))
			continue;
		sm_docket_hit(t->host->docket, &h,
			      "a device wrote %016llx to the page at %llx, which %s does not show",
			      (unsigned long long)t->wrote[i],
			      (unsigned long long)h.va, where);
	}
}

/* sm_touch_use() - read or write a page. Returns true if data was transferred. */
bool sm_touch_use(struct sm_storm_thread *t, uint64_t page)
{
	if (sm_rng_one_in(&t->rng, 2))
		return touch_write(t, page);
	return touch_read(t, page);
}

/* sm_touch_before() - make the mirror hold the pages. */
void sm_touch_before(struct sm_storm_thread *t)
{
	bool write = sm_rng_one_in(&t->rng, 2);
	unsigned int i;

	for (i = 0; i < t->nr_touched; i++) {
		if (write)
			touch_write(t, t->touched[i]);
		else
			touch_read(t, t->touched[i]);
	}
}

/* sm_touch_after() - use them again. */
void sm_touch_after(struct sm_storm_thread *t)
{
	unsigned int i;

	for (i = 0; i < t->nr_touched; i++) {
		touch_read(t, t->touched[i]);
		if (sm_rng_one_in(&t->rng, 2))
			touch_write(t, t->touched[i]);
	}
}
