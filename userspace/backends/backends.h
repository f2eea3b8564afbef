/* SPDX-License-Identifier: GPL-2.0-only */
/* All backends: for main, which hands them in. */
#ifndef SM_BACKENDS_H
#define SM_BACKENDS_H

#include "each.h"

/* Ending with NULL. */
extern const struct sm_backend *const sm_backends[];

#endif /* SM_BACKENDS_H */
