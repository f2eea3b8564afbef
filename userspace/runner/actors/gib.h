/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared hugetlb of a GiB, whose page table two mappings have until they are parted. */
#ifndef SM_GIB_H
#define SM_GIB_H

#include <stdint.h>

#include "look.h"

struct sm_need;

const char *sm_gib_lacks(const struct sm_need *n);
uint64_t sm_gib_make(void);
int sm_gib_part(const struct sm_run_spec *spec, struct sm_device *d,
		const struct sm_own *r, struct sm_look *l);

#endif /* SM_GIB_H */
