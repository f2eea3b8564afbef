/* SPDX-License-Identifier: GPL-2.0-only */
/* How an op ends. */
#ifndef SM_GNTDEV_FINISH_H
#define SM_GNTDEV_FINISH_H

#include "state.h"

int gnt_finish(struct gnt_thread *g, struct gnt_map *m);
int gnt_finish_refused(struct gnt_thread *g, struct gnt_map *m);

#endif /* SM_GNTDEV_FINISH_H */
