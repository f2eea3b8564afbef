// SPDX-License-Identifier: GPL-2.0-only
/* /dev/stalemate: see ctx.c for what an open file is bound to. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "agent.h"
#include "compat/compat.h"
#include "ctx.h"
#include "dev.h"
#include "ioctl.h"
#include "teardown.h"
#include "witness.h"

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
	/* Pairs with the release in sm_do_setup(). */
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

static int sm_release(struct inode *inode, struct file *file)
{
	sm_teardown(file->private_data);

	return 0;
}

static const struct file_operations sm_fops = {
	.owner = THIS_MODULE,
	.open = sm_open,
	.release = sm_release,
	.unlocked_ioctl = sm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
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
