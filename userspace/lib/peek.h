/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Real drivers whose own tables the module can read (struct sm_ioc_peek): beside
 * the sweep, which judges by content, a thread compares them with pagemap.
 *
 * A backend asks for that with one call at the beginning of its attach(); it
 * need not care what comes of it. Where the tables cannot be read content alone
 * judges, and the report says why.
 */
#ifndef SM_PEEK_H
#define SM_PEEK_H

#include <stdint.h>

struct sm_engine;

/**
 * struct sm_peek - tables of a real driver
 * @on: they are compared
 * @driver: enum sm_driver
 * @fd: SM_DRIVER_KVM: the virtual machine; else -1
 * @base: what the driver calls 0
 * @unread: tables that could not be read beside those that could, at most
 */
struct sm_peek {
	_Bool on;
	uint32_t driver;
	int fd;
	uint64_t base;
	uint32_t unread;
};

void sm_peek_none(struct sm_engine *e, const char *why);
void sm_peek_start(struct sm_engine *e, uint32_t driver, int fd, uint64_t base);
int sm_peek_copy(struct sm_engine *e, uint32_t table, uint64_t va,
		 uint64_t *buf, uint64_t *present, uint32_t *tables);
void *sm_peek_thread(void *engine);
void sm_peek_at_rest(struct sm_engine *e);

#endif /* SM_PEEK_H */
