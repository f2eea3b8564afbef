/* SPDX-License-Identifier: GPL-2.0-only */
/* The op table as main makes it, for tests that look at rows. */
#ifndef REAL_OPS_H
#define REAL_OPS_H

#include <stdlib.h>

#include "backends/backends.h"
#include "run/choose.h"

static void __attribute__((constructor)) real_ops(void)
{
	if (sm_choose_fill(sm_backends))
		abort();
}

#endif /* REAL_OPS_H */
