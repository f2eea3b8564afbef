/* SPDX-License-Identifier: GPL-2.0-only */
/* A descriptor changes hands, with some words about it. */
#ifndef SM_HANDOVER_H
#define SM_HANDOVER_H

#include <stddef.h>

struct sm_patience;

int sm_handover_send(int sock, void *words, size_t len, int fd);
int sm_handover_receive(int sock, void *words, size_t len,
			struct sm_patience *wait);

#endif /* SM_HANDOVER_H */
