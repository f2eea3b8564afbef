/* SPDX-License-Identifier: GPL-2.0-only */
/* What the CPU finds in a page, against what the model says (oracle content). */
#ifndef SM_VERIFY_H
#define SM_VERIFY_H

#include <stdint.h>

struct sm_docket;

void sm_verify_page(struct sm_docket *docket, uint64_t page);

#endif /* SM_VERIFY_H */
