/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/stalemate: one thin function per ioctl, and the shared mappings.
 *
 * All functions return 0 or a negative errno. The module binds a context to
 * the mm that opened it, so a child that fork() left with the descriptor can
 * only ask, never act; see kmod/include/uapi/stalemate.h.
 */
#ifndef SM_DEVICE_H
#define SM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/set.h"
#include "uapi/stalemate.h"

#define SM_DEVICE_PATH	"/dev/stalemate"

/**
 * struct sm_device - an open context
 * @fd: descriptor, -1 when closed
 * @pages: page references that were lost before it was opened; UINT64_MAX if others
 *	had mirrors then, which hold some
 * @arena_start: first byte of the arena, 0 before sm_device_setup()
 * @arena_end: end of the arena, exclusive
 * @witness: witness mapping, NULL before sm_device_setup()
 * @witness_size: its bytes
 * @granules: counters per granule, inside @witness
 * @records: record ring, inside @witness
 * @tags: one tag per page of the arena, NULL before sm_device_setup()
 * @tags_size: their bytes
 */
struct sm_device {
	int fd;
	uint64_t pages;
	uint64_t arena_start;
	uint64_t arena_end;
	const struct sm_witness_header *witness;
	size_t witness_size;
	const struct sm_granule *granules;
	const struct sm_record *records;
	struct sm_tag *tags;
	size_t tags_size;
};

#define SM_AGENT_RING_ORDER 12 /* of the rings of agents */

/**
 * struct sm_device_agent - a started agent and its ring
 * @id: number of the agent
 * @ring: mapping, NULL when unmapped
 * @map_size: its bytes
 */
struct sm_device_agent {
	uint32_t id;
	struct sm_agent_ring *ring;
	size_t map_size;
};

int sm_device_open(struct sm_device *d, char *why, size_t size);
void sm_device_tell(const struct sm_ioc_query *q);
const struct sm_ioc_query *sm_device_told(void);
bool sm_device_has_profile(struct sm_device *d, enum sm_profile profile,
			   char *why, size_t size);
int sm_device_setup(struct sm_device *d, uint64_t start, uint64_t end,
		    unsigned int ring_order, uint64_t cookie);
void sm_device_close(struct sm_device *d);

/* The module's numbers: of enum sm_defect, or NULL for none; of enum sm_sabotage. */
int sm_device_mirror(struct sm_device *d, enum sm_profile profile,
		     const struct sm_set *defects, uint64_t start, uint64_t end,
		     unsigned int amplify_ns, uint32_t *id);
int sm_device_sabotage(struct sm_device *d, const struct sm_set *defects);
int sm_device_peek(struct sm_device *d, struct sm_ioc_peek *p);
int sm_device_migrate(struct sm_device *d, uint32_t flags, uint64_t start,
		      uint64_t end, uint64_t *done);
int sm_device_age(struct sm_device *d, struct sm_ioc_age *a);
int sm_device_mirror_destroy(struct sm_device *d, uint32_t id);
int sm_device_access(struct sm_device *d, uint32_t id, bool write, uint64_t va,
		     void *buf, uint64_t len, uint64_t *entry);
int sm_device_fault(struct sm_device *d, uint32_t id, uint32_t flags,
		    uint32_t batch, uint64_t start, uint64_t end,
		    uint64_t *done);
int sm_device_snapshot(struct sm_device *d, uint32_t id, uint64_t start,
		       uint64_t end, uint64_t *buf, uint64_t *present);
int sm_device_entry(struct sm_device *d, uint32_t id, uint64_t va,
		    struct sm_ioc_entry *out);
int sm_device_check(struct sm_device *d, uint32_t id, uint64_t start,
		    uint64_t end, struct sm_ioc_check *out);

int sm_device_agent_start(struct sm_device *d,
			  const struct sm_ioc_agent_start *how,
			  struct sm_device_agent *a);
int sm_device_agent_stop(struct sm_device *d, struct sm_device_agent *a);
void sm_device_agent_unmap(struct sm_device_agent *a);

int sm_device_violations(struct sm_device *d, struct sm_violation *buf,
			 uint32_t room, uint32_t *nr, uint64_t *total);
int sm_device_stats(struct sm_device *d, uint32_t id, struct sm_ioc_stats *out);
int sm_device_query(struct sm_device *d, struct sm_ioc_query *out);

#endif /* SM_DEVICE_H */
