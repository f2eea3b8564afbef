/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps: making them, and looking at what is left of them. */
#ifndef SM_GNTDEV_MAP_H
#define SM_GNTDEV_MAP_H

#include <stdbool.h>

#include "state.h"

int gnt_map_make(struct gnt_thread *g, struct gnt_map *m);
int gnt_map_clear(struct gnt_thread *g, struct gnt_map *m);
void gnt_map_announce(struct gnt_map *m, unsigned int first, unsigned int end,
		      enum gnt_place place);
void gnt_map_commit(struct gnt_map *m);
void gnt_map_retract(struct gnt_map *m);
void gnt_map_verify(struct gnt_thread *g, struct gnt_map *m);
bool gnt_map_alive(const struct gnt_map *m);
bool gnt_map_holds(const struct gnt_map *m, unsigned int place);
void *gnt_map_at(const struct gnt_map *m, unsigned int place);

#endif /* SM_GNTDEV_MAP_H */
