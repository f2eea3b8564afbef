/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in for system calls and functions of the library in test_device and
 * test_peek (--wrap, see Makefile.am).
 */
#ifndef WRAP_DEVICE_H
#define WRAP_DEVICE_H

#include <stddef.h>
#include <stdint.h>

struct sm_device;
struct sm_ioc_peek;

int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long cmd, ...);
int __wrap_sm_device_peek(struct sm_device *d, struct sm_ioc_peek *p);
int __wrap_sm_pagemap_open(char *why, size_t size);
int __wrap_sm_pagemap_read(int fd, uint64_t va, unsigned int nr, uint64_t *buf);

#endif /* WRAP_DEVICE_H */
