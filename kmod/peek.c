// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the table of a real driver: what is common to all.
 *
 * A driver's table is its own, so each look takes the driver's own lock if it is
 * to be had, holds it for a few hundred entries, and holds what keeps the table
 * alive; see peek_kvm.c and peek_odp.c.
 */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ctx.h"
#include "look.h"
#include "peek.h"
#include "peek_kvm.h"
#include "peek_odp.h"
#include "peek_radeon.h"

#define SM_PEEK_TRIES	100

/* How the tables of each driver are read. */
static int (*const sm_peek_look[SM_DRIVER_NR])(struct sm_look *p) = {
	[SM_DRIVER_KVM] = sm_peek_kvm,
	[SM_DRIVER_UMEM_ODP] = sm_peek_odp,
	[SM_DRIVER_RADEON] = sm_peek_radeon,
};

static int sm_peek_batch(struct sm_look *p, u32 driver)
{
	unsigned int i;
	int ret;

	for (i = 0; i < SM_PEEK_TRIES; i++) {
		memset(p->ent, 0, p->nr * sizeof(*p->ent));
		p->tables = 0;
		p->unread = 0;
		ret = sm_peek_look[driver](p);
		if (ret != -EBUSY)
			break;
		usleep_range(20, 50);
	}

	return ret;
}

static int sm_peek_all(struct sm_look *p, struct sm_ioc_peek *arg)
{
	u64 __user *buf = u64_to_user_ptr(arg->buf);
	u64 left = (arg->end - arg->start) >> PAGE_SHIFT;
	unsigned int i;
	int ret;

	for (p->start = arg->start; left; p->start += p->nr << PAGE_SHIFT) {
		/* Ends where a page of page table entries does. */
		p->nr = min_t(u64, left, SM_PEEK_BATCH -
			      (p->start >> PAGE_SHIFT) % SM_PEEK_BATCH);
		ret = sm_peek_batch(p, arg->driver);
		if (ret)
			return ret;
		arg->tables = p->tables;
		arg->unread = p->unread;
		for (i = 0; i < p->nr; i++)
			arg->present += !!(p->ent[i] & SM_ENT_PRESENT);
		if (copy_to_user(buf, p->ent, p->nr * sizeof(*p->ent)))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		buf += p->nr;
		left -= p->nr;
		cond_resched();
	}

	return 0;
}

/* SM_IOC_PEEK, of a driver that can be read here. */
int sm_peek(struct sm_ctx *ctx, struct sm_ioc_peek *arg)
{
	struct sm_look p = { .mm = ctx->mm, .table = arg->table };
	int ret;

	if (arg->driver == SM_DRIVER_KVM) {
		p.file = fget(arg->fd);
		if (!p.file)
			return -EBADF;
	}
	p.ent = kmalloc_array(SM_PEEK_BATCH, sizeof(*p.ent),
			      GFP_KERNEL_ACCOUNT);
	ret = p.ent ? sm_peek_all(&p, arg) : -ENOMEM;
	kfree(p.ent);
	if (p.file)
		fput(p.file);

	return ret;
}
