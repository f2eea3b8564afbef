/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between a backend and those who use it: struct sm_backend says for
 * each operation who calls it, in which order, from which thread, and what may be
 * under way at the same time. Nobody calls one but through these, which assert that,
 * of both sides, as far as it can be seen cheaply.
 *
 * Who breaks the contract breaks the run: it cannot be judged, and says in one line
 * what was broken. No driver is ever accused of it.
 */
#ifndef SM_CALL_H
#define SM_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host.h"

/* Was attach() called? Then detach() has to follow. */
static inline bool sm_call_begun(const struct sm_calls *calls)
{
	return calls->phase != SM_CALL_NEW;
}

/*
 * As the operations of struct sm_backend. What would break the contract is not
 * called, and is -EPROTO, as is an answer that cannot be true. (After a detach()
 * that may not be called, which is false, the backend still uses what it was given.)
 */
int sm_call_attach(struct sm_host *host);
bool sm_call_detach(struct sm_host *host);
int sm_call_access(struct sm_host *host, const struct sm_mirror *m,
		   unsigned int lane, struct sm_access *a, unsigned int nr);
int sm_call_agent_start(struct sm_host *host, const struct sm_mirror *m,
			const struct sm_ioc_agent_start *how,
			struct sm_device_agent *agent);
int sm_call_agent_stop(struct sm_host *host, struct sm_device_agent *agent);
void sm_call_agent_free(struct sm_host *host, struct sm_device_agent *agent);
int sm_call_fault(struct sm_host *host, const struct sm_mirror *m,
		  uint32_t flags, uint32_t batch, uint64_t start, uint64_t end,
		  uint64_t *done);
int sm_call_snapshot(struct sm_host *host, const struct sm_mirror *m,
		     uint64_t start, uint64_t end, uint64_t *buf,
		     uint64_t *present);
int sm_call_check(struct sm_host *host, const struct sm_mirror *m,
		  uint64_t start, uint64_t end, struct sm_ioc_check *out);
int sm_call_stats(struct sm_host *host, const struct sm_mirror *m,
		  struct sm_ioc_stats *out);
int sm_call_apply(struct sm_turn *turn);
void sm_call_rest(struct sm_host *host);
void sm_call_worker(struct sm_host *host);
void sm_call_describe(struct sm_host *host, char *buf, size_t size);

#endif /* SM_CALL_H */
