/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The owner of a span uses the device on it, knowing exactly what must come.
 *
 * Before an op it makes a mirror hold pages of the span; after the op it uses
 * the same pages again, while nothing else changes them: a translation that
 * the op should have removed gives itself away at once.
 */
#ifndef SM_TOUCH_H
#define SM_TOUCH_H

#include "hand.h"

void sm_touch_aim(const struct sm_storm_thread *t, uint64_t start,
		  uint64_t end);
void sm_touch_pick(struct sm_storm_thread *t, const struct sm_span *s);
void sm_touch_read(struct sm_storm_thread *t);
void sm_touch_write(struct sm_storm_thread *t);
void sm_touch_survived(struct sm_storm_thread *t, const char *who);
void sm_touch_tracked(struct sm_storm_thread *t,
		      bool (*tracked)(uint64_t va, int fd), int fd,
		      const char *where);
bool sm_touch_use(struct sm_storm_thread *t, uint64_t page);
void sm_touch_before(struct sm_storm_thread *t);
void sm_touch_after(struct sm_storm_thread *t);

#endif /* SM_TOUCH_H */
