/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes on beside the storm. */
#ifndef SM_VERBS_WORKER_H
#define SM_VERBS_WORKER_H
#ifdef HAVE_IBVERBS

struct sm_host;

void verbs_worker(struct sm_host *host);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_WORKER_H */
