/* SPDX-License-Identifier: GPL-2.0-only */
/* A heap that a device mirrors becomes smaller and larger, by brk(). */
#ifndef SM_HEAP_H
#define SM_HEAP_H

#include <stdint.h>

#include "look.h"

uint64_t sm_heap_make(void);
int sm_heap_churn(const struct sm_run_spec *spec, struct sm_device *d,
		  const struct sm_own *r, struct sm_look *l);

#endif /* SM_HEAP_H */
