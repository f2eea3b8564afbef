/* SPDX-License-Identifier: GPL-2.0-only */
/* Granted pages, as their granter sees them. */
#ifndef SM_GNTDEV_PAGE_H
#define SM_GNTDEV_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct gnt_page *gnt_page_pick(struct gnt_thread *g);
int gnt_page_give_up(struct gnt_thread *g, struct gnt_page *p);
void gnt_page_stamp(struct gnt_page *p, uint64_t va);
void gnt_page_put(struct gnt_page *p);
void gnt_page_poll(struct gnt_thread *g);
bool gnt_page_orphans(const struct gnt_thread *g);

#endif /* SM_GNTDEV_PAGE_H */
