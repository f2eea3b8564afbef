/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each ioctl does: @arg is its struct, in a copy of the kernel's, and ctx->sem
 * is held as the table in ioctl.c says. What a call made that nobody will hear of is
 * undone. (sm_ioc_NAME is the struct.)
 */
#ifndef SM_IOC_H
#define SM_IOC_H

struct sm_ctx;

/* ioc_ctx.c */
int sm_do_query(struct sm_ctx *ctx, void *arg);
int sm_do_setup(struct sm_ctx *ctx, void *arg);
int sm_do_violations(struct sm_ctx *ctx, void *arg);
int sm_do_sabotage(struct sm_ctx *ctx, void *arg);
int sm_do_peek(struct sm_ctx *ctx, void *arg);
int sm_do_migrate(struct sm_ctx *ctx, void *arg);
int sm_do_age(struct sm_ctx *ctx, void *arg);

/* ioc_mirror.c */
int sm_do_mirror_create(struct sm_ctx *ctx, void *arg);
void sm_undo_mirror_create(struct sm_ctx *ctx, void *arg);
int sm_do_mirror_destroy(struct sm_ctx *ctx, void *arg);
int sm_do_access(struct sm_ctx *ctx, void *arg);
int sm_do_fault(struct sm_ctx *ctx, void *arg);
int sm_do_snapshot(struct sm_ctx *ctx, void *arg);
int sm_do_entry(struct sm_ctx *ctx, void *arg);
int sm_do_check(struct sm_ctx *ctx, void *arg);
int sm_do_stats(struct sm_ctx *ctx, void *arg);
int sm_do_agent_start(struct sm_ctx *ctx, void *arg);
void sm_undo_agent_start(struct sm_ctx *ctx, void *arg);
int sm_do_agent_stop(struct sm_ctx *ctx, void *arg);

#endif /* SM_IOC_H */
