/* SPDX-License-Identifier: GPL-2.0-only */
/* What every part of the gntdev backend does: accuse, access memory, fork. */
#ifndef SM_GNTDEV_COMMON_H
#define SM_GNTDEV_COMMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "state.h"

void gnt_accuse(struct sm_host *host, const char *oracle, enum sm_kind kind,
		const char *op, uint64_t va, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
int gnt_pfn(const struct gnt_state *s, uint64_t va, uint64_t *entry,
	    unsigned int nr);
pid_t gnt_fork(struct gnt_thread *g);
bool gnt_read(struct gnt_thread *g, uint64_t va, uint64_t *value);
bool gnt_write(struct gnt_thread *g, uint64_t va, uint64_t value);

#endif /* SM_GNTDEV_COMMON_H */
