// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls: one table, one handler each (see ioc.h). */
#include <linux/fs.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ctx.h"
#include "ioc.h"
#include "ioctl.h"

static bool sm_ctx_dead(const struct sm_ctx *ctx)
{
	return READ_ONCE(ctx->dead) || !atomic_read(&ctx->mm->mm_users);
}

#define SM_OP_WRITE	BIT(0)	/* wants ctx->sem for writing */
#define SM_OP_DEAD	BIT(1)	/* works when the mm is gone */
#define SM_OP_ANYONE	BIT(2)	/* ... and for any mm before that */
#define SM_OP_NEW	BIT(3)	/* works without a witness */
#define SM_OP_MUTE	BIT(4)	/* has no answer, so none to lose */

/*
 * @min_size is what the struct began with: when members come behind, it stays. When
 * they come in the place of @reserved, there is less of that.
 */
struct sm_op {
	size_t size;
	size_t min_size;
	size_t reserved;		/* offset of what must be zero */
	size_t reserved_size;
	unsigned int flags;
	int (*fn)(struct sm_ctx *ctx, void *arg);
	void (*undo)(struct sm_ctx *ctx, void *arg);
};

#define SM_OP(nr, name, last, f, ...)					\
	[_IOC_NR(nr) - _IOC_NR(SM_IOC_QUERY)] = {			\
		.size = sizeof(struct sm_ioc_##name),			\
		.min_size = offsetofend(struct sm_ioc_##name, last),	\
		.reserved = offsetof(struct sm_ioc_##name, reserved),	\
		.reserved_size =					\
			sizeof_field(struct sm_ioc_##name, reserved),	\
		.flags = f,						\
		.fn = sm_do_##name,					\
		__VA_ARGS__						\
	}

static const struct sm_op sm_ops[] = {
	SM_OP(SM_IOC_QUERY, query, closed,
	      SM_OP_DEAD | SM_OP_ANYONE | SM_OP_NEW),
	SM_OP(SM_IOC_SETUP, setup, tags_size, SM_OP_WRITE | SM_OP_NEW),
	SM_OP(SM_IOC_MIRROR_CREATE, mirror_create, reserved, SM_OP_WRITE,
	      .undo = sm_undo_mirror_create),
	SM_OP(SM_IOC_MIRROR_DESTROY, mirror_destroy, reserved,
	      SM_OP_WRITE | SM_OP_DEAD | SM_OP_MUTE),
	SM_OP(SM_IOC_ACCESS, access, entry, SM_OP_DEAD),
	SM_OP(SM_IOC_FAULT, fault, reserved, 0),
	SM_OP(SM_IOC_SNAPSHOT, snapshot, reserved, SM_OP_DEAD),
	SM_OP(SM_IOC_ENTRY, entry, reserved, SM_OP_DEAD),
	SM_OP(SM_IOC_CHECK, check, reserved, 0),
	SM_OP(SM_IOC_AGENT_START, agent_start, reserved, SM_OP_WRITE,
	      .undo = sm_undo_agent_start),
	SM_OP(SM_IOC_AGENT_STOP, agent_stop, reserved,
	      SM_OP_WRITE | SM_OP_DEAD | SM_OP_MUTE),
	SM_OP(SM_IOC_VIOLATIONS, violations, reserved, SM_OP_DEAD),
	SM_OP(SM_IOC_STATS, stats, reserved, SM_OP_DEAD),
	SM_OP(SM_IOC_SABOTAGE, sabotage, defects, SM_OP_WRITE),
	SM_OP(SM_IOC_PEEK, peek, reserved, 0),
	SM_OP(SM_IOC_MIGRATE, migrate, reserved, 0),
	SM_OP(SM_IOC_AGE, age, reserved, 0),
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

/*
 * Tell the caller the outcome, on error how far it got; the caller's size stays
 * as it is. Still under ctx->sem: what nobody can name, because its name was
 * lost on the way out, nobody else has seen either, and it goes again.
 */
static int sm_op_answer(struct sm_ctx *ctx, const struct sm_op *op, void *arg,
			void __user *user, int ret)
{
	u32 size = *(u32 *)arg;

	if (op->flags & SM_OP_MUTE)
		return ret;
	if (ret == -EINTR && fatal_signal_pending(current))
		return ret;
	if (!copy_to_user(user, arg, min_t(size_t, size, op->size)))
		return ret;
	if (!ret && op->undo)
		op->undo(ctx, arg);

	return -EFAULT;
}

static int sm_op_call(struct sm_ctx *ctx, const struct sm_op *op, void *arg,
		      void __user *user)
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
	else if (ctx->witness && op->fn == sm_do_setup)
		ret = -EBUSY;
	else
		ret = op->fn(ctx, arg);
	ret = sm_op_answer(ctx, op, arg, user, ret);

	if (write)
		up_write(&ctx->sem);
	else
		up_read(&ctx->sem);

	return ret;
}

long sm_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
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

	BUILD_BUG_ON(sizeof(struct sm_ioc_mirror_destroy) > sizeof(arg) ||
		     sizeof(struct sm_ioc_fault) > sizeof(arg) ||
		     sizeof(struct sm_ioc_snapshot) > sizeof(arg) ||
		     sizeof(struct sm_ioc_entry) > sizeof(arg) ||
		     sizeof(struct sm_ioc_agent_stop) > sizeof(arg) ||
		     sizeof(struct sm_ioc_violations) > sizeof(arg) ||
		     sizeof(struct sm_ioc_sabotage) > sizeof(arg) ||
		     sizeof(struct sm_ioc_peek) > sizeof(arg) ||
		     sizeof(struct sm_ioc_migrate) > sizeof(arg) ||
		     sizeof(struct sm_ioc_age) > sizeof(arg));

	if (cmd != _IO(SM_IOC_TYPE, _IOC_NR(cmd)) || nr >= ARRAY_SIZE(sm_ops))
		return -ENOTTY;
	op = &sm_ops[nr];
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < op->min_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&arg, op->size, user, size);
	if (ret)
		return ret;
	if (memchr_inv((char *)&arg + op->reserved, 0, op->reserved_size))
		return -EINVAL;
	ret = sm_op_allowed(ctx, op);
	if (ret)
		return ret;
	/* Nothing may happen whose outcome cannot be told. */
	if (put_user(size, (u32 __user *)user))
		return -EFAULT;
	arg.size = size;

	return sm_op_call(ctx, op, &arg, user);
}
