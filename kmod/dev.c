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
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "agent.h"
#include "compat/compat.h"
#include "dev.h"
#include "ioctl.h"
#include "mirror.h"
#include "sabotage.h"
#include "witness.h"

struct sm_counts sm_counts;

/* Contexts with a witness, at most one for an mm: see sm_ctx_mm_get(). */
static LIST_HEAD(sm_contexts);
static DEFINE_MUTEX(sm_contexts_lock);

/*
 * Hold the mm for one fault batch. Agents that fault all the time could hand
 * the last reference of a killed process to each other for ever, and its file,
 * which its own mapping holds, would never be closed. So a kernel thread backs
 * off when nobody but this context holds the mm. mm_lock makes mm_refs exactly
 * what this context holds, so mm_users is greater as long as a task lives.
 */
int sm_ctx_mm_get(struct sm_ctx *ctx)
{
	bool alone;

	spin_lock(&ctx->mm_lock);
	if (!mmget_not_zero(ctx->mm)) {
		spin_unlock(&ctx->mm_lock);
		return -ESRCH;
	}
	ctx->mm_refs++;
	alone = atomic_read(&ctx->mm->mm_users) <= ctx->mm_refs;
	spin_unlock(&ctx->mm_lock);
	atomic64_inc(&sm_counts.mms);

	if (alone && (current->flags & PF_KTHREAD)) {
		sm_ctx_mm_put(ctx);
		return -ESRCH;
	}

	return 0;
}

/* The last put tears the mm down, which must not happen here: do it async. */
void sm_ctx_mm_put(struct sm_ctx *ctx)
{
	atomic64_dec(&sm_counts.mms);
	spin_lock(&ctx->mm_lock);
	ctx->mm_refs--;
	mmput_async(ctx->mm);
	spin_unlock(&ctx->mm_lock);
}

/* Reserve the mm: one witness each. */
int sm_ctx_enlist(struct sm_ctx *ctx)
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

void sm_ctx_delist(struct sm_ctx *ctx)
{
	mutex_lock(&sm_contexts_lock);
	list_del_init(&ctx->node);
	mutex_unlock(&sm_contexts_lock);
}

void sm_ctx_stop_agent(struct sm_ctx *ctx, unsigned int i)
{
	struct sm_agent *a = ctx->agent[i];

	mutex_lock(&ctx->map_lock);
	ctx->agent[i] = NULL;
	mutex_unlock(&ctx->map_lock);
	sm_agent_stop(a);
}

void sm_ctx_destroy_mirror(struct sm_ctx *ctx, u32 id)
{
	struct sm_mirror *m = ctx->mirror[id];
	unsigned int i;

	for (i = 0; i < SM_MAX_AGENTS; i++)
		if (ctx->agent[i] && sm_agent_uses(ctx->agent[i], m))
			sm_ctx_stop_agent(ctx, i);
	ctx->mirror[id] = NULL;
	sm_mirror_destroy(m);
}

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
	sm_vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	if (off == SM_MAP_WITNESS)
		return sm_mmap_witness(w, vma);
	if (off == SM_MAP_TAGS)
		return remap_vmalloc_range(vma, w->tags, 0);

	return sm_mmap_agent(ctx, vma, off);
}

/* A context of the caller's mm. */
struct sm_ctx *sm_ctx_alloc(void)
{
	struct sm_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return NULL;
	mmgrab(current->mm);
	ctx->mm = current->mm;
	init_rwsem(&ctx->sem);
	mutex_init(&ctx->map_lock);
	mutex_init(&ctx->take_lock);
	spin_lock_init(&ctx->mm_lock);
	spin_lock_init(&ctx->vlock);
	INIT_LIST_HEAD(&ctx->mirrors);
	INIT_LIST_HEAD(&ctx->node);

	return ctx;
}

void sm_ctx_free(struct sm_ctx *ctx)
{
	mmdrop(ctx->mm);
	kfree(ctx);
}

static int sm_open(struct inode *inode, struct file *file)
{
	struct sm_ctx *ctx;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!current->mm)
		return -EINVAL;
	ctx = sm_ctx_alloc();
	if (!ctx)
		return -ENOMEM;
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
	sm_sabotage_disarm(ctx);
	if (ctx->witness) {
		sm_witness_destroy(ctx->witness);
		sm_ctx_delist(ctx);
		atomic64_dec(&sm_counts.contexts);
	}
	if (!READ_ONCE(ctx->poisoned))
		sm_ctx_free(ctx);

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
