/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading radeon's GART. */
#ifndef SM_PEEK_RADEON_H
#define SM_PEEK_RADEON_H

struct sm_look;

int sm_peek_radeon(struct sm_look *p);

#endif /* SM_PEEK_RADEON_H */
