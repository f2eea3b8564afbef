/* SPDX-License-Identifier: GPL-2.0-only */
/* What mirrors that pin pages may write to, see granted.c. */
#ifndef SM_GRANTED_H
#define SM_GRANTED_H

struct sm_line;
struct sm_mirror;

void sm_granted_init(struct sm_mirror *m);
void sm_granted_free(struct sm_mirror *m);
void sm_granted_note(struct sm_mirror *m, unsigned long start,
		     unsigned long end);
void sm_granted_ask(struct sm_mirror *m, const struct sm_line *use);

#endif /* SM_GRANTED_H */
