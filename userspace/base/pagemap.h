/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/self/pagemap: what the CPU's page table says. */
#ifndef SM_PAGEMAP_H
#define SM_PAGEMAP_H

#include <stddef.h>
#include <stdint.h>

int sm_pagemap_open(char *why, size_t size);
int sm_pagemap_read(int fd, uint64_t va, unsigned int nr, uint64_t *buf);
int sm_pagemap_notify(int fd, uint64_t start, uint64_t end);

#endif /* SM_PAGEMAP_H */
