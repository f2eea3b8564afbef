// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine. Each access is of one page, through the ring's translation cache or
 * else the table, and both of that is done under the table's lock: an invalidation
 * that has taken it for writing finds no access under way, and no later one finds
 * what it dropped.
 *
 * All of it runs before a fence signals: nothing here allocates, or waits for
 * anybody who does.
 */
#include <linux/highmem.h>
#include <linux/math64.h>

#include "bo.h"
#include "compat/compat.h"
#include "exec.h"
#include "hw.h"
#include "page.h"

static bool sm_exec_allowed(const struct sm_job *job, u64 va, bool write,
			    int *err)
{
	u32 i;

	*err = -EFAULT;
	/* No span binds it to what is in the table. */
	if (job->vm->lr.on)
		return sm_vm_contains(job->vm, va & PAGE_MASK, PAGE_SIZE);
	for (i = 0; i < job->nr_spans; i++) {
		const struct sm_span *s = &job->spans[i];

		if (va < s->first || va > s->last)
			continue;
		*err = -EACCES;
		if (!write || s->write)
			return true;
	}

	return false;
}

/* The entry of a page, 0 if there is none. */
static u64 sm_exec_translate(struct sm_ring *ring, struct sm_vm *vm, u64 pgno)
{
	struct sm_cached *c = &ring->cache[pgno % SM_DRM_CACHE];

	lockdep_assert_held_read(&vm->table_lock);
	if (ring->cache_vm != vm->id || ring->cache_gen != vm->tlb_gen) {
		memset(ring->cache, 0, sizeof(ring->cache));
		ring->cache_vm = vm->id;
		ring->cache_gen = vm->tlb_gen;
	}
	if (c->ent && c->pgno == pgno) {
		sm_stat_inc(&ring->gpu->stats.tlb_hits);
		return c->ent;
	}
	sm_stat_inc(&ring->gpu->stats.tlb_misses);
	c->pgno = pgno;
	c->ent = sm_tlb_peek(&vm->tlb, pgno);
	if (!(c->ent & SM_ENT_PRESENT))
		c->ent = 0;

	return c->ent;
}

/* Words are not torn. */
static void sm_exec_copy(void *to, const void *from, u32 len)
{
	u32 i;

	if (((unsigned long)to | (unsigned long)from | len) & 7) {
		memcpy(to, from, len);
		return;
	}
	for (i = 0; i < len / 8; i++)
		WRITE_ONCE(((u64 *)to)[i], READ_ONCE(((const u64 *)from)[i]));
}

/* Of packets: what the engine's own commands have no word for. */
static void sm_exec_atomic(const struct sm_access *a, void *at)
{
	if (a->op == SM_EXEC_SWAP && a->len == 8)
		(void)xchg((u64 *)at, a->value);
	else if (a->op == SM_EXEC_SWAP)
		(void)xchg((u32 *)at, (u32)a->value);
	else if (a->op == DRM_STALEMATE_OP_ADD)
		atomic_add(a->value, (atomic_t *)at);
	else
		(void)cmpxchg((u32 *)at, (u32)a->mask, (u32)a->value);
}

static void sm_exec_touch(const struct sm_access *a, void *at)
{
	if (a->op == SM_EXEC_SWAP || (a->op && a->len == 4))
		sm_exec_atomic(a, at);
	else if (a->op == DRM_STALEMATE_OP_ADD)
		atomic64_add(a->value, (atomic64_t *)at);
	else if (a->op == DRM_STALEMATE_OP_XCHG)
		(void)cmpxchg64((u64 *)at, a->mask, a->value);
	else if (a->write)
		sm_exec_copy(at, a->buf, a->len);
	else
		sm_exec_copy(a->buf, at, a->len);
}

static void sm_exec_use(const struct sm_vm *vm, struct page *page, u64 va,
			const struct sm_access *a)
{
	bool wary = a->write && READ_ONCE(vm->defective);
	struct page *head = wary ? sm_bo_hold(page) : NULL;
	void *at;

	if (wary && !head)
		return;
	at = kmap_local_page(page);
	sm_exec_touch(a, at + offset_in_page(va));
	kunmap_local(at);
	if (head)
		sm_page_put(head);
}

/* What is missing can be had in svm mode; else @err. What faults is not remembered. */
static int sm_exec_fault(struct sm_ring *ring, struct sm_job *job, u64 va,
			 const struct sm_access *a, int err)
{
	if (!job->vm->svm)
		return err;
	ring->cache[(va >> PAGE_SHIFT) % SM_DRM_CACHE].ent = 0;
	job->fault_write = a->write;

	return SM_EXEC_FAULT;
}

/* One access. @va and @a->len do not cross a page. */
int sm_exec_access(struct sm_ring *ring, struct sm_job *job, u64 va,
		   const struct sm_access *a)
{
	struct sm_vm *vm = job->vm;
	int err = 0;
	u64 ent;

	job->result.fault_va = va;
	if (!sm_exec_allowed(job, va, a->write, &err))
		return err;
	read_lock(&vm->table_lock);
	ent = sm_exec_translate(ring, vm, va >> PAGE_SHIFT);
	/* By now it may be another job's: see sm_hw_give_up(). */
	err = sm_hw_why_stop(job);
	if (err)
		goto out;
	if (!ent)
		err = sm_exec_fault(ring, job, va, a,
				    READ_ONCE(vm->lr.oom) ? -ENOMEM : -EFAULT);
	else if (a->write && !(ent & SM_ENT_WRITE))
		err = sm_exec_fault(ring, job, va, a, -EACCES);
	else
		sm_exec_use(vm, pfn_to_page(ent & SM_ENT_PFN), va, a);
out:
	read_unlock(&vm->table_lock);
	if (!err)
		job->result.fault_va = 0;

	return err;
}

static int sm_exec_do_copy(struct sm_ring *ring, struct sm_job *job,
			   const struct drm_stalemate_cmd *c)
{
	struct sm_access a = { .buf = ring->bounce };
	u64 src = c->src + job->done, dst = c->dst + job->done;
	int err;

	a.len = min(sm_exec_room(src, c->len - job->done),
		    sm_exec_room(dst, c->len - job->done));
	err = sm_exec_access(ring, job, src, &a);
	a.write = true;
	if (!err)
		err = sm_exec_access(ring, job, dst, &a);
	if (!err)
		job->done += a.len;

	return err;
}

static int sm_exec_do_fill(struct sm_ring *ring, struct sm_job *job,
			   const struct drm_stalemate_cmd *c)
{
	u64 dst = c->dst + job->done;
	struct sm_access a = { .buf = ring->bounce, .write = true };
	int err;

	a.len = sm_exec_room(dst, c->len - job->done);
	memset64(ring->bounce, c->value, a.len / 8);
	err = sm_exec_access(ring, job, dst, &a);
	if (!err)
		job->done += a.len;

	return err;
}

static int sm_exec_do_compare(struct sm_ring *ring, struct sm_job *job,
			      const struct drm_stalemate_cmd *c)
{
	u64 word = 0;
	struct sm_access a = { .buf = &word, .len = 8 };
	int err = sm_exec_access(ring, job, c->src, &a);

	if (err || !((word ^ c->value) & c->mask))
		return err;
	if (!job->result.miscompares++) {
		job->result.miscompare_va = c->src;
		job->result.miscompare_value = word;
	}

	return 0;
}

static int sm_exec_do_wait(struct sm_ring *ring, struct sm_job *job,
			   const struct drm_stalemate_cmd *c)
{
	u64 word = 0;
	struct sm_access a = { .buf = &word, .len = 8 };
	int err = sm_exec_access(ring, job, c->src, &a);

	if (err)
		return err;

	return (word ^ c->value) & c->mask ? SM_EXEC_WAIT : 0;
}

static int sm_exec_do_word(struct sm_ring *ring, struct sm_job *job,
			   const struct drm_stalemate_cmd *c)
{
	u64 word = c->value;
	const struct sm_access a = {
		.buf = &word, .len = 8, .write = true, .op = c->op,
		.value = c->value, .mask = c->mask,
	};

	return sm_exec_access(ring, job, c->dst, &a);
}

static int sm_exec_command(struct sm_ring *ring, struct sm_job *job,
			   const struct drm_stalemate_cmd *c)
{
	switch (c->op) {
	case DRM_STALEMATE_OP_COPY:
		return sm_exec_do_copy(ring, job, c);
	case DRM_STALEMATE_OP_FILL:
		return sm_exec_do_fill(ring, job, c);
	case DRM_STALEMATE_OP_COMPARE:
		return sm_exec_do_compare(ring, job, c);
	case DRM_STALEMATE_OP_WAIT:
		return sm_exec_do_wait(ring, job, c);
	default:
		return sm_exec_do_word(ring, job, c);
	}
}

/*
 * At most a page of the job. Returns 0 if there is more to do, SM_EXEC_DONE,
 * SM_EXEC_WAIT, SM_EXEC_FAULT, or a negative errno.
 */
int sm_exec_step(struct sm_ring *ring, struct sm_job *job)
{
	const struct drm_stalemate_cmd *c = &job->cmds[job->cmd];
	bool long_one = c->op == DRM_STALEMATE_OP_COPY ||
			c->op == DRM_STALEMATE_OP_FILL;
	int ret = sm_exec_command(ring, job, c);

	if (ret)
		return ret;
	if (long_one && job->done < c->len)
		return 0;
	job->done = 0;

	return ++job->cmd == job->nr_cmds ? SM_EXEC_DONE : 0;
}
