/* SPDX-License-Identifier: GPL-2.0-only */
/* What stalemate bench measures, all of it. */
#ifndef SM_MEASURES_H
#define SM_MEASURES_H

#include "measure.h"

/* Ends with a NULL name. */
extern const struct sm_measure sm_measures[];

#endif /* SM_MEASURES_H */
