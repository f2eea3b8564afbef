/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module that is pretended, for tests of the program on a machine without the
 * real one: what the program does with /dev/stalemate comes here instead (--wrap,
 * see Makefile.am).
 *
 * Its mirrors hold what pagemap says, and its device goes through
 * process_vm_readv() and process_vm_writev(), so they are right; it does not hear
 * of invalidations. A mirror with a defect does what the first oracle looks for
 * that may catch the defect; "dirty" and "kernel" it cannot do. PRETEND in the
 * environment asks for one thing more:
 *
 *	api		the module is of another version
 *	unarmed		defects cannot be armed
 *	kvm-alone	the kernel can have no other profile
 *	oracle=NAME	this oracle is to catch all mirrors, defect or not
 *	no-snapshot	no mirror can be looked at
 *	no-agent	no agent can be started
 *	no-witness	the mapping is not what it should be
 *	lost		a run before has lost pages
 *	others		... and another process has mirrors
 *	undead		mirrors of processes that are dead go on
 *
 * A context is a file in memory, which holds the mappings at the offsets where
 * the program looks for them, and its own state behind: so it can be sent to
 * another process.
 */
#ifndef PRETEND_H
#define PRETEND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "module/device.h"

#define PRETEND_MIRRORS	64
#define PRETEND_AGENTS	16
#define PRETEND_QUEUE	64
#define PRETEND_WARM	2	/* looks and accesses until a defect shows */

/**
 * struct pretend_mirror - a mirror
 * @live: it was created, and not destroyed
 * @start: first byte
 * @end: end, exclusive
 * @oracle: name of the oracle that is to catch its defect, or empty
 * @used: looks and accesses
 * @reads: pages read
 * @writes: pages written
 * @faults: pages faulted
 */
struct pretend_mirror {
	bool live;
	uint64_t start;
	uint64_t end;
	char oracle[16];
	uint64_t used;
	uint64_t reads;
	uint64_t writes;
	uint64_t faults;
};

/**
 * struct pretend - a context, in its file
 * @owner: who opened it
 * @setup: the arena, and size of the ring
 * @leaked: page references that destroyed mirrors left
 * @mirror: mirrors
 * @queue: violations that were not taken
 * @queued: how many
 * @total: how many there ever were
 */
struct pretend {
	pid_t owner;
	struct sm_ioc_setup setup;
	uint64_t leaked;
	struct pretend_mirror mirror[PRETEND_MIRRORS];
	struct sm_violation queue[PRETEND_QUEUE];
	uint32_t queued;
	uint64_t total;
};

/* pretend.c: files, the witness, mirrors. */
bool pretend_is(const char *what);
void *pretend_map(int fd, uint64_t offset, size_t size);
void pretend_event(struct pretend *p, int fd, uint64_t va, bool end);

struct pretend_mirror *pretend_mirror_of(struct pretend *p, uint32_t id);
bool pretend_shows(const struct pretend_mirror *m, const char *oracle);
void pretend_accuse(struct pretend *p, struct pretend_mirror *m, uint64_t va);
int pretend_foreign(const struct pretend *p);
int pretend_word(struct pretend_mirror *m, bool write, uint64_t va,
		 uint64_t *value);

/* pretend_agent.c: agents. */
int pretend_agent_start(struct pretend *p, int fd,
			struct sm_ioc_agent_start *s);
int pretend_agent_stop(struct sm_ioc_agent_stop *s);

/* pretend_look.c: looking at mirrors. */
int pretend_snapshot(struct pretend *p, int fd, struct sm_ioc_snapshot *s);
int pretend_entry(struct pretend *p, int fd, struct sm_ioc_entry *e);
int pretend_check(struct pretend *p, int fd, struct sm_ioc_check *c);

/* Functions of the program, and what it gets instead. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long cmd, ...);
int __wrap_ioctl(int fd, unsigned long cmd, ...);
int __real_sm_pagemap_read(int fd, uint64_t va, unsigned int nr, uint64_t *buf);
int __wrap_sm_pagemap_read(int fd, uint64_t va, unsigned int nr, uint64_t *buf);

#endif /* PRETEND_H */
