/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking for pages ahead. */
#ifndef SM_VERBS_ADVISE_H
#define SM_VERBS_ADVISE_H
#ifdef HAVE_IBVERBS

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>

#include "dev.h"

int verbs_advise(struct verbs_dev *dev, const struct ibv_mr *mr, uint64_t va,
		 uint32_t len, bool write, bool wait);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_ADVISE_H */
