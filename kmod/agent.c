// SPDX-License-Identifier: GPL-2.0-only
/*
 * Agents. A kernel thread picks random pages of its range and reads or writes
 * one word of each through the mirror, as a device engine would, and leaves a
 * sample of each access in a ring that userspace judges.
 *
 * It never adopts the mm (kthread_use_mm() would make it one more process that
 * shares it, which process_mrelease() refuses): faults take a reference to the
 * mm for one batch, see sm_ctx_mm_get().
 */
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "access.h"
#include "agent.h"
#include "counts.h"
#include "ctx.h"
#include "mirror.h"
#include "mirror_life.h"
#include "witness.h"

#define SM_AGENT_WRITE_EVERY	4
#define SM_AGENT_STAY_EVERY	4
#define SM_AGENT_BLOCK		4
#define SM_AGENT_BLOCKS		6
#define SM_AGENT_NICE		10	/* more than who starts it */
#define SM_AGENT_FULL_NS	(200 * NSEC_PER_USEC)

struct sm_agent {
	struct sm_mirror *m;
	struct sm_engine engine;
	struct sm_cache *cache;		/* its own, or NULL */
	struct sm_ioc_agent_start args;
	struct task_struct *task;
	struct sm_agent_ring *ring;	/* vmalloc_user */
	size_t ring_size;
	u64 slots;
	u64 head;			/* ours; ring->head is its copy */
	u64 rand;
	u64 last;			/* page of the last access, or 0 */
	u32 writes;
	int nice;
	bool stopping;			/* see sm_agent_stop() */
};

/* splitmix64: the same seed gives the same pages. */
static u64 sm_agent_rand(struct sm_agent *a)
{
	u64 z = a->rand += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

	return z ^ (z >> 31);
}

static void sm_agent_sleep(u64 ns)
{
	ktime_t t = ns_to_ktime(ns);

	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop())
		schedule_hrtimeout(&t, HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
}

static bool sm_agent_ends(const struct sm_agent *a)
{
	return READ_ONCE(a->stopping) || kthread_should_stop();
}

/* Wait for room; the tail is userspace's and may be anything. */
static bool sm_agent_room(struct sm_agent *a)
{
	/* Acquire: the reader is done with the slots before its tail. */
	while (a->head - smp_load_acquire(&a->ring->tail) >= a->slots) {
		WRITE_ONCE(a->ring->stalled, a->ring->stalled + 1);
		sm_agent_sleep(SM_AGENT_FULL_NS);
		if (sm_agent_ends(a))
			return false;
	}

	return true;
}

static void sm_agent_sample(struct sm_agent *a, const struct sm_sample *s)
{
	struct sm_agent_ring *ring = a->ring;

	ring->samples[a->head & (a->slots - 1)] = *s;
	a->head++;
	WRITE_ONCE(ring->accesses, a->head);
	if (s->error)
		WRITE_ONCE(ring->refused, ring->refused + 1);
	/* Pairs with the reader's acquire: the sample before its number. */
	smp_store_release(&ring->head, a->head);
}

/*
 * The first or last page of [@start, @end), if that is where an op is at work, or
 * else of an aligned block of 2^4 pages to a leaf, as drivers' windows, objects
 * and slots are, around @page.
 */
static u64 sm_agent_edge(u64 r, bool aimed, u64 page, u64 start, u64 end)
{
	u64 size = PAGE_SIZE << (SM_AGENT_BLOCK + (r >> 44) % SM_AGENT_BLOCKS);
	bool last = (r >> 41) & 1;
	u64 edge;

	if (aimed)
		return last ? end - PAGE_SIZE : start;
	edge = ALIGN_DOWN(page, size);
	if (last)
		edge += size - PAGE_SIZE;

	return edge >= start && edge < end ? edge : page;
}

/*
 * The next page: the last one again, as what outlives an event that came while
 * it was in use is seen only by who comes back; or anywhere; or where userspace
 * says that something goes on. The aim may change between the two loads and may
 * be anything: check what we use.
 */
static u64 sm_agent_page(struct sm_agent *a, u64 r, bool *aimed)
{
	u64 start = READ_ONCE(a->ring->aim_start);
	u64 end = READ_ONCE(a->ring->aim_end);
	u64 page;

	*aimed = false;
	if (a->last && (r >> 52) % SM_AGENT_STAY_EVERY == 0)
		return a->last;
	*aimed = true;
	if ((r >> 48) % 4 == 0 || start >= end || start < a->args.start ||
	    end > a->args.end || !PAGE_ALIGNED(start | end)) {
		start = a->args.start;
		end = a->args.end;
		*aimed = false;
	}

	page = start + (r & 0xffffffff) % ((end - start) >> PAGE_SHIFT) *
	       PAGE_SIZE;
	/* Ranges are rounded, cut and joined at their ends: half the time. */
	if ((r >> 40) & 1)
		page = sm_agent_edge(r, *aimed, page, start, end);

	return page;
}

/* Returns 0, or -ESRCH when the mm is gone and the agent with it. */
static int sm_agent_access(struct sm_agent *a)
{
	const struct sm_ioc_agent_start *args = &a->args;
	const struct sm_witness *w = a->m->ctx->witness;
	u64 r = sm_agent_rand(a);
	bool aimed;
	u64 page = sm_agent_page(a, r, &aimed);
	u64 pgno = (page - w->start) >> PAGE_SHIFT;
	struct sm_tag *tag = &w->tags[pgno];
	struct sm_sample s = {};
	bool write = args->flags & SM_AGENT_WRITE;
	u64 entry;

	a->last = page;

	if (write && (args->flags & SM_AGENT_READ))
		write = (r >> 56) % SM_AGENT_WRITE_EVERY == 0;
	s.va = page + 8 * (write ? args->write_word : args->read_word);
	if (write) {
		s.flags = SM_SAMPLE_WRITE;
		s.value = (u64)args->stamp << 48 | (pgno & 0xffffff) << 24 |
			  (++a->writes & 0xffffff);
	}

	/* Half of the aimed accesses fault, to meet what goes on there. */
	if (aimed && (args->flags & SM_AGENT_EVICT) && (r >> 50) % 2)
		sm_access_evict(a->m, page);

	s.before = READ_ONCE(tag->committed);
	smp_mb();	/* committed before the access, see struct sm_tag */
	s.error = sm_access(a->m, a->cache, s.va, &s.value, sizeof(s.value),
			    write, &entry);
	smp_mb();	/* the access before announced */
	s.after = READ_ONCE(tag->announced);
	s.t_ns = ktime_get_ns();
	if (s.error == -ESRCH)
		return s.error;
	sm_agent_sample(a, &s);

	return 0;
}

static int sm_agent_thread(void *arg)
{
	struct sm_agent *a = arg;

	/*
	 * A device does not take the CPU from those who change the memory; and
	 * an agent that is preempted half way makes for the longest races.
	 */
	set_user_nice(current, a->nice);
	/* Before @stopping is looked at, which is set before it is sent. */
	allow_kernel_signal(SIGKILL);
	while (!sm_agent_ends(a)) {
		int ret;

		if (!sm_agent_room(a))
			break;
		ret = sm_agent_access(a);
		if (ret) {
			WRITE_ONCE(a->ring->ended, ret);
			break;
		}
		if (a->args.interval_ns)
			sm_agent_sleep(a->args.interval_ns);
		cond_resched();
	}
	/* Whatever ended it, whoever started it stops it. */
	while (!kthread_should_stop())
		sm_agent_sleep(NSEC_PER_SEC);

	return 0;
}

/* Called with ctx->sem held for writing. */
struct sm_agent *sm_agent_start(struct sm_mirror *m,
				const struct sm_ioc_agent_start *args)
{
	struct sm_agent *a;
	int ret = -ENOMEM;

	lockdep_assert_held_write(&m->ctx->sem);

	a = kzalloc(sizeof(*a), GFP_KERNEL_ACCOUNT);
	if (!a)
		return ERR_PTR(-ENOMEM);
	a->m = m;
	a->args = *args;
	a->rand = args->seed;
	a->nice = min(task_nice(current) + SM_AGENT_NICE, MAX_NICE);
	a->slots = 1ULL << args->ring_order;
	a->ring_size = PAGE_ALIGN(struct_size(a->ring, samples, a->slots));
	a->ring = vmalloc_user(a->ring_size);
	if (!a->ring)
		goto err_free;
	a->ring->slots = a->slots;
	a->ring->sample_size = sizeof(struct sm_sample);

	a->cache = sm_mirror_add_engine(m, &a->engine);
	a->task = kthread_run(sm_agent_thread, a, "sm_agent/%u", m->id);
	if (IS_ERR(a->task)) {
		ret = PTR_ERR(a->task);
		goto err_ring;
	}
	atomic64_inc(&sm_counts.agents);

	return a;

err_ring:
	sm_mirror_del_engine(m, &a->engine);
	vfree(a->ring);
err_free:
	kfree(a);
	return ERR_PTR(ret);
}

/*
 * Somebody else may hold the mm's lock for as long as he likes. An agent waits for it
 * killably, like any process, and asleep in the lock's queue: where it only tried, and
 * tried again, those that change the mm all the time would keep it out. But to be told
 * to stop ends no wait of a kernel thread, so it is sent a signal too, which nobody
 * but the kernel can send.
 *
 * The ring's pages live on in whatever mapping still holds them.
 */
void sm_agent_stop(struct sm_agent *a)
{
	WRITE_ONCE(a->stopping, true);
	send_sig(SIGKILL, a->task, 1);
	kthread_stop(a->task);
	sm_mirror_del_engine(a->m, &a->engine);
	vfree(a->ring);
	kfree(a);
	atomic64_dec(&sm_counts.agents);
}

bool sm_agent_uses(const struct sm_agent *a, const struct sm_mirror *m)
{
	return a->m == m;
}

size_t sm_agent_map_size(const struct sm_agent *a)
{
	return a->ring_size;
}

int sm_agent_mmap(struct sm_agent *a, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, a->ring, 0);
}
