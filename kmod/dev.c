// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/stalemate. A context is bound to the mm that opened it, holds only
 * mmgrab on it, and therefore never keeps it alive: a file that held mmget
 * while its own mapping lives in that mm would be a cycle that kill -9 never
 * frees.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "access.h"
#include "agent.h"
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "fault.h"
#include "mirror.h"
#include "oracle.h"
#include "witness.h"

#define SM_ARENA_LOWEST		SZ_64K
#define SM_AMPLIFY_MAX_NS	(10 * NSEC_PER_MSEC)
#define SM_ACCESS_MAX		SZ_1M

struct sm_counts sm_counts;

/* Contexts with a witness, at most one for an mm: see sm_ctx_mm_get(). */
static LIST_HEAD(sm_contexts);
static DEFINE_MUTEX(sm_contexts_lock);

/*
 * Hold the mm for one fault batch. Agents that fault all the time could hand
 * the last reference of a killed process to each other for ever, and its file,
 * which its own mapping holds, would never be closed. So a kernel thread backs
 * off when nobody but this context holds the mm: mm_refs counts at most what
 * we hold, hence no more than mm_users, and less as long as a task lives.
 */
int sm_ctx_mm_get(struct sm_ctx *ctx)
{
	if (!mmget_not_zero(ctx->mm))
		return -ESRCH;
	atomic64_inc(&sm_counts.mms);
	atomic_inc(&ctx->mm_refs);
	if ((current->flags & PF_KTHREAD) &&
	    atomic_read(&ctx->mm->mm_users) <= atomic_read(&ctx->mm_refs)) {
		sm_ctx_mm_put(ctx);
		return -ESRCH;
	}

	return 0;
}

/* The last put tears the mm down, which must not happen here: do it async. */
void sm_ctx_mm_put(struct sm_ctx *ctx)
{
	atomic_dec(&ctx->mm_refs);
	atomic64_dec(&sm_counts.mms);
	mmput_async(ctx->mm);
}

static bool sm_ctx_dead(const struct sm_ctx *ctx)
{
	return READ_ONCE(ctx->dead) || !atomic_read(&ctx->mm->mm_users);
}

static struct sm_mirror *sm_ctx_mirror(struct sm_ctx *ctx, u32 id)
{
	lockdep_assert_held(&ctx->sem);

	return id < SM_MAX_MIRRORS ? ctx->mirror[id] : NULL;
}

static void sm_ctx_stop_agent(struct sm_ctx *ctx, unsigned int i)
{
	struct sm_agent *a = ctx->agent[i];

	mutex_lock(&ctx->map_lock);
	ctx->agent[i] = NULL;
	mutex_unlock(&ctx->map_lock);
	sm_agent_stop(a);
}

static void sm_ctx_destroy_mirror(struct sm_ctx *ctx, u32 id)
{
	struct sm_mirror *m = ctx->mirror[id];
	unsigned int i;

	for (i = 0; i < SM_MAX_AGENTS; i++)
		if (ctx->agent[i] && sm_agent_uses(ctx->agent[i], m))
			sm_ctx_stop_agent(ctx, i);
	ctx->mirror[id] = NULL;
	sm_mirror_destroy(m);
}

/* ---- ioctls: each is called with ctx->sem held as the table says -------- */

static int sm_ioc_query(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_query *q = arg;

	q->api = SM_API_VERSION;
	q->profiles = BIT_ULL(SM_PROFILE_NR) - 1;
	q->defects = sm_defect_allowed();
	q->contexts = atomic64_read(&sm_counts.contexts);
	q->mirrors = atomic64_read(&sm_counts.mirrors);
	q->leaves = atomic64_read(&sm_counts.leaves);
	q->agents = atomic64_read(&sm_counts.agents);
	q->mms = atomic64_read(&sm_counts.mms);
	q->pages = atomic64_read(&sm_counts.pages);

	return 0;
}

static bool sm_setup_valid(const struct sm_ioc_setup *s)
{
	if (s->start < SM_ARENA_LOWEST || s->end > TASK_SIZE_MAX ||
	    s->start >= s->end || s->end - s->start > SM_ARENA_MAX)
		return false;
	if (!IS_ALIGNED(s->start | s->end, SM_GRANULE_SIZE))
		return false;

	return !s->reserved && s->ring_order >= 6 && s->ring_order <= 20;
}

/* Reserve the mm: one witness each. */
static int sm_ctx_enlist(struct sm_ctx *ctx)
{
	struct sm_ctx *other;
	int ret = 0;

	mutex_lock(&sm_contexts_lock);
	list_for_each_entry(other, &sm_contexts, node)
		if (other->mm == ctx->mm)
			ret = -EBUSY;
	if (!ret)
		list_add(&ctx->node, &sm_contexts);
	mutex_unlock(&sm_contexts_lock);

	return ret;
}

static void sm_ctx_delist(struct sm_ctx *ctx)
{
	mutex_lock(&sm_contexts_lock);
	list_del_init(&ctx->node);
	mutex_unlock(&sm_contexts_lock);
}

static int sm_ioc_setup(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_setup *s = arg;
	struct sm_witness *w;
	int ret;

	if (!sm_setup_valid(s))
		return -EINVAL;
	ret = sm_ctx_enlist(ctx);
	if (ret)
		return ret;
	ctx->cookie = s->cookie;
	w = sm_witness_create(ctx, s);
	if (IS_ERR(w)) {
		sm_ctx_delist(ctx);
		return PTR_ERR(w);
	}
	atomic64_inc(&sm_counts.contexts);
	s->witness_size = w->area_size;
	s->tags_size = w->tags_size;
	/* Pairs with sm_mmap(), which cannot take ctx->sem. */
	smp_store_release(&ctx->witness, w);

	return 0;
}

static int sm_ioc_mirror_create(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_mirror_create *c = arg;
	const struct sm_witness *w = ctx->witness;
	struct sm_mirror *m;
	u32 id;

	if (c->reserved || c->reserved2 || c->amplify_ns > SM_AMPLIFY_MAX_NS ||
	    !PAGE_ALIGNED(c->start | c->end) || c->start >= c->end ||
	    c->start < w->start || c->end > w->end)
		return -EINVAL;
	for (id = 0; id < SM_MAX_MIRRORS && ctx->mirror[id]; id++)
		;
	if (id == SM_MAX_MIRRORS)
		return -ENOSPC;
	m = sm_mirror_create(ctx, id, c);
	if (IS_ERR(m))
		return PTR_ERR(m);
	ctx->mirror[id] = m;
	c->id = id;

	return 0;
}

static int sm_ioc_mirror_destroy(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_mirror_destroy *d = arg;

	if (!sm_ctx_mirror(ctx, d->id))
		return -ENOENT;
	sm_ctx_destroy_mirror(ctx, d->id);

	return 0;
}

static int sm_ioc_access(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_access *a = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, a->id);

	if ((a->flags & ~SM_ACCESS_WRITE) || a->reserved || !a->len ||
	    a->len > SM_ACCESS_MAX)
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (a->va + a->len < a->va ||
	    !sm_mirror_contains(m, a->va, a->va + a->len))
		return -ERANGE;
	a->done = 0;
	a->entry = 0;

	return sm_access_user(m, a);
}

static int sm_ioc_fault(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_fault *f = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, f->id);

	if ((f->flags & ~(SM_FAULT_WRITE | SM_FAULT_DRY)) || !f->batch ||
	    f->batch > SM_FAULT_BATCH_MAX || !PAGE_ALIGNED(f->start | f->end))
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (!sm_mirror_contains(m, f->start, f->end))
		return -ERANGE;
	f->done = 0;

	return sm_fault_range(m, f);
}

static int sm_ioc_snapshot(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_snapshot *s = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, s->id);

	if (!PAGE_ALIGNED(s->start | s->end))
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (!sm_mirror_contains(m, s->start, s->end))
		return -ERANGE;

	return sm_mirror_snapshot(m, s);
}

static int sm_ioc_entry(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_entry *e = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, e->id);
	const struct sm_leaf *leaf;
	unsigned int slot;

	if (!m)
		return -ENOENT;
	if (e->va < m->start || e->va >= m->end)
		return -ERANGE;
	e->entry = 0;
	e->gen = 0;
	e->last_inval = 0;
	leaf = sm_tlb_leaf(&m->tlb, e->va >> PAGE_SHIFT);
	if (!leaf)
		return 0;
	slot = sm_tlb_slot(e->va >> PAGE_SHIFT);
	read_lock(&m->lock);
	e->entry = leaf->ent[slot];
	e->gen = leaf->gen[slot];
	e->last_inval = READ_ONCE(leaf->last_inval[slot]);
	read_unlock(&m->lock);

	return 0;
}

static int sm_ioc_check(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_check *c = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, c->id);

	if (!PAGE_ALIGNED(c->start | c->end))
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (!sm_mirror_contains(m, c->start, c->end))
		return -ERANGE;
	c->pages = 0;
	c->accepted = 0;
	c->rejected = 0;
	c->violations = 0;

	return sm_oracle_check(m, c);
}

static bool sm_agent_valid(const struct sm_ioc_agent_start *s)
{
	const u32 rw = SM_AGENT_READ | SM_AGENT_WRITE;

	return !(s->flags & ~rw) && (s->flags & rw) &&
	       s->ring_order >= 6 && s->ring_order <= 18 &&
	       s->read_word < PAGE_SIZE / 8 && s->write_word < PAGE_SIZE / 8 &&
	       !s->reserved && !s->reserved2 &&
	       PAGE_ALIGNED(s->start | s->end);
}

static int sm_ioc_agent_start(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_agent_start *s = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, s->id);
	struct sm_agent *a;
	u32 i;

	if (!sm_agent_valid(s))
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (!sm_mirror_contains(m, s->start, s->end))
		return -ERANGE;
	for (i = 0; i < SM_MAX_AGENTS && ctx->agent[i]; i++)
		;
	if (i == SM_MAX_AGENTS)
		return -ENOSPC;
	a = sm_agent_start(m, s);
	if (IS_ERR(a))
		return PTR_ERR(a);
	s->agent = i;
	s->map_size = sm_agent_map_size(a);
	mutex_lock(&ctx->map_lock);
	ctx->agent[i] = a;
	mutex_unlock(&ctx->map_lock);

	return 0;
}

static int sm_ioc_agent_stop(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_agent_stop *s = arg;

	if (s->agent >= SM_MAX_AGENTS || !ctx->agent[s->agent])
		return -ENOENT;
	sm_ctx_stop_agent(ctx, s->agent);

	return 0;
}

static int sm_ioc_violations(struct sm_ctx *ctx, void *arg)
{
	return sm_oracle_take(ctx, arg);
}

static int sm_ioc_stats(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_stats *st = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, st->id);

	if (!m)
		return -ENOENT;
	sm_mirror_stats(m, st);

	return 0;
}

#define SM_OP_WRITE	BIT(0)	/* wants ctx->sem for writing */
#define SM_OP_DEAD	BIT(1)	/* works when the mm is gone */
#define SM_OP_ANYONE	BIT(2)	/* ... and for any mm before that */
#define SM_OP_NEW	BIT(3)	/* works without a witness */

struct sm_op {
	size_t size;
	size_t min_size;
	unsigned int flags;
	int (*fn)(struct sm_ctx *ctx, void *arg);
};

#define SM_OP(nr, name, last, f)					\
	[_IOC_NR(nr) - _IOC_NR(SM_IOC_QUERY)] = {			\
		.size = sizeof(struct sm_ioc_##name),			\
		.min_size = offsetofend(struct sm_ioc_##name, last),	\
		.flags = f,						\
		.fn = sm_ioc_##name,					\
	}

static const struct sm_op sm_ops[] = {
	SM_OP(SM_IOC_QUERY, query, pages,
	      SM_OP_DEAD | SM_OP_ANYONE | SM_OP_NEW),
	SM_OP(SM_IOC_SETUP, setup, tags_size, SM_OP_WRITE | SM_OP_NEW),
	SM_OP(SM_IOC_MIRROR_CREATE, mirror_create, reserved2, SM_OP_WRITE),
	SM_OP(SM_IOC_MIRROR_DESTROY, mirror_destroy, id,
	      SM_OP_WRITE | SM_OP_DEAD),
	SM_OP(SM_IOC_ACCESS, access, entry, SM_OP_DEAD),
	SM_OP(SM_IOC_FAULT, fault, done, 0),
	SM_OP(SM_IOC_SNAPSHOT, snapshot, present, SM_OP_DEAD),
	SM_OP(SM_IOC_ENTRY, entry, last_inval, SM_OP_DEAD),
	SM_OP(SM_IOC_CHECK, check, violations, 0),
	SM_OP(SM_IOC_AGENT_START, agent_start, map_size, SM_OP_WRITE),
	SM_OP(SM_IOC_AGENT_STOP, agent_stop, agent, SM_OP_WRITE | SM_OP_DEAD),
	SM_OP(SM_IOC_VIOLATIONS, violations, total, SM_OP_DEAD),
	SM_OP(SM_IOC_STATS, stats, leaves, SM_OP_DEAD),
};

/* Who may call what, and when. */
static int sm_op_allowed(const struct sm_ctx *ctx, const struct sm_op *op)
{
	bool dead = sm_ctx_dead(ctx);

	if (dead && !(op->flags & SM_OP_DEAD))
		return -ESRCH;
	if (!dead && current->mm != ctx->mm && !(op->flags & SM_OP_ANYONE))
		return -EPERM;

	return 0;
}

static int sm_op_call(struct sm_ctx *ctx, const struct sm_op *op, void *arg)
{
	bool write = op->flags & SM_OP_WRITE;
	int ret;

	if (write)
		ret = down_write_killable(&ctx->sem);
	else
		ret = down_read_killable(&ctx->sem);
	if (ret)
		return ret;

	if (!ctx->witness && !(op->flags & SM_OP_NEW))
		ret = -EBADFD;
	else if (ctx->witness && op->fn == sm_ioc_setup)
		ret = -EBUSY;
	else
		ret = op->fn(ctx, arg);

	if (write)
		up_write(&ctx->sem);
	else
		up_read(&ctx->sem);

	return ret;
}

static long sm_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
{
	struct sm_ctx *ctx = file->private_data;
	void __user *user = (void __user *)uarg;
	unsigned int nr = _IOC_NR(cmd) - _IOC_NR(SM_IOC_QUERY);
	union {
		u32 size;
		struct sm_ioc_query query;
		struct sm_ioc_setup setup;
		struct sm_ioc_mirror_create create;
		struct sm_ioc_access access;
		struct sm_ioc_check check;
		struct sm_ioc_agent_start agent;
		struct sm_ioc_stats stats;
	} arg;
	const struct sm_op *op;
	u32 size;
	int ret;

	if (cmd != _IO(SM_IOC_TYPE, _IOC_NR(cmd)) || nr >= ARRAY_SIZE(sm_ops))
		return -ENOTTY;
	op = &sm_ops[nr];
	if (WARN_ON_ONCE(op->size > sizeof(arg)))
		return -EINVAL;
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < op->min_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&arg, op->size, user, size);
	if (ret)
		return ret;
	ret = sm_op_allowed(ctx, op);
	if (ret)
		return ret;
	ret = sm_op_call(ctx, op, &arg);
	if (ret == -EINTR && fatal_signal_pending(current))
		return ret;
	/* Also on error: how far it got. The caller's size stays. */
	arg.size = size;
	if (copy_to_user(user, &arg, min_t(size_t, size, op->size)))
		return -EFAULT;

	return ret;
}

/* ---- file -------------------------------------------------------------- */

static int sm_mmap_witness(struct sm_witness *w, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	sm_vm_flags_clear(vma, VM_MAYWRITE);

	return remap_vmalloc_range(vma, w->area, 0);
}

static int sm_mmap_agent(struct sm_ctx *ctx, struct vm_area_struct *vma,
			 u64 off)
{
	u64 id = (off - SM_MAP_AGENT(0)) >> 28;
	int ret = -ENOENT;

	if (id >= SM_MAX_AGENTS || off != SM_MAP_AGENT(id))
		return -EINVAL;
	mutex_lock(&ctx->map_lock);
	if (ctx->agent[id])
		ret = sm_agent_mmap(ctx->agent[id], vma);
	mutex_unlock(&ctx->map_lock);

	return ret;
}

/* mmap_lock is held, so ctx->sem cannot be taken. */
static int sm_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct sm_ctx *ctx = file->private_data;
	/* Pairs with the release in sm_ioc_setup(). */
	struct sm_witness *w = smp_load_acquire(&ctx->witness);
	u64 off = (u64)vma->vm_pgoff << PAGE_SHIFT;

	if (vma->vm_mm != ctx->mm)
		return -EPERM;
	if (!w)
		return -EBADFD;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	/* remap_vmalloc_range() adds up from here. */
	vma->vm_pgoff = 0;
	sm_vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	if (off == SM_MAP_WITNESS)
		return sm_mmap_witness(w, vma);
	if (off == SM_MAP_TAGS)
		return remap_vmalloc_range(vma, w->tags, 0);

	return sm_mmap_agent(ctx, vma, off);
}

static int sm_open(struct inode *inode, struct file *file)
{
	struct sm_ctx *ctx;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!current->mm)
		return -EINVAL;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return -ENOMEM;
	mmgrab(current->mm);
	ctx->mm = current->mm;
	init_rwsem(&ctx->sem);
	mutex_init(&ctx->map_lock);
	spin_lock_init(&ctx->vlock);
	INIT_LIST_HEAD(&ctx->mirrors);
	INIT_LIST_HEAD(&ctx->node);
	file->private_data = ctx;

	return 0;
}

/* The last user is gone: agents, then mirrors, then the witness. */
static int sm_release(struct inode *inode, struct file *file)
{
	struct sm_ctx *ctx = file->private_data;
	unsigned int i;

	for (i = 0; i < SM_MAX_AGENTS; i++)
		if (ctx->agent[i])
			sm_ctx_stop_agent(ctx, i);
	for (i = 0; i < SM_MAX_MIRRORS; i++)
		if (ctx->mirror[i])
			sm_ctx_destroy_mirror(ctx, i);
	if (ctx->witness) {
		sm_witness_destroy(ctx->witness);
		sm_ctx_delist(ctx);
		atomic64_dec(&sm_counts.contexts);
	}
	mmdrop(ctx->mm);
	kfree(ctx);

	return 0;
}

static const struct file_operations sm_fops = {
	.owner = THIS_MODULE,
	.open = sm_open,
	.release = sm_release,
	.unlocked_ioctl = sm_ioctl,
	.mmap = sm_mmap,
	.llseek = sm_no_llseek,
};

static struct miscdevice sm_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "stalemate",
	.fops = &sm_fops,
	.mode = 0600,
};

int sm_dev_init(void)
{
	return misc_register(&sm_misc);
}

void sm_dev_exit(void)
{
	misc_deregister(&sm_misc);
}
