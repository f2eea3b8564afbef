/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the table of a real driver. */
#ifndef SM_PEEK_H
#define SM_PEEK_H

struct sm_ctx;
struct sm_ioc_peek;

int sm_peek(struct sm_ctx *ctx, struct sm_ioc_peek *arg);

#endif /* SM_PEEK_H */
