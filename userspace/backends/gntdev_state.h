/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the gntdev backend share. */
#ifndef SM_GNTDEV_STATE_H
#define SM_GNTDEV_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine.h"
#include "gntdev_map.h"
#include "gntdev_page.h"

#define GNT_THREADS	16

/**
 * struct gnt_thread - what one storm thread has
 * @s: all of them
 * @e: the engine
 * @t: the storm thread, NULL before its first op
 * @op: name of the op at work
 * @rng: random numbers: the storm thread's, by the op
 * @fd: gntdev
 * @pool: granted pages
 * @map: maps, by slot
 * @maps: maps made
 * @refused: maps that the driver had to refuse, and did
 * @notified: bytes that it cleared
 * @orphans: pages that were given up while mapped
 * @children: processes that mapped on their own
 */
struct gnt_thread {
	struct gnt_state *s;
	struct sm_engine *e;
	struct sm_storm_thread *t;
	const char *op;
	struct sm_rng rng;
	int fd;
	struct gnt_pool pool;
	struct gnt_map map[GNT_SLOTS];
	uint64_t maps;
	uint64_t refused;
	uint64_t notified;
	uint64_t orphans;
	uint64_t children;
};

/**
 * struct gnt_state - what the backend keeps in sm_engine.state
 * @threads: by storm thread
 * @nr: how many
 * @pagemap: /proc/self/pagemap
 * @lock: no grant is made while it is held, so that the name of one that ended
 *	names no other; and no process
 * @ids: newest id of a page
 * @agent_late: accesses of agents while an op changed the place
 */
struct gnt_state {
	struct gnt_thread threads[GNT_THREADS];
	unsigned int nr;
	int pagemap;
	pthread_mutex_t lock;
	uint32_t ids;
	uint64_t agent_late;
};

void gnt_accuse(struct sm_engine *e, const char *oracle, const char *op,
		uint64_t va, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
int gnt_pfn(const struct gnt_state *s, uint64_t va, uint64_t *entry,
	    unsigned int nr);
pid_t gnt_fork(struct gnt_thread *g);
bool gnt_read(struct gnt_thread *g, uint64_t va, uint64_t *value);
bool gnt_write(struct gnt_thread *g, uint64_t va, uint64_t value);

/* gntdev_ops.c */
int gnt_ops_apply(struct gnt_thread *g, const char *op);
int gnt_ops_finish(struct gnt_thread *g, struct gnt_map *m);
int gnt_ops_refused(struct gnt_thread *g, struct gnt_map *m);

/* gntdev_grants.c */
int gnt_grants_refuse(struct gnt_thread *g, struct gnt_map *m);
int gnt_grants_forget(struct gnt_thread *g, struct gnt_map *m);
int gnt_grants_revoke(struct gnt_thread *g, struct gnt_map *m);

/* gntdev_child.c */
int gnt_child_fork(struct gnt_thread *g);
int gnt_child_exit(struct gnt_thread *g);

/* gntdev_known.c */
int gnt_known_pin(struct gnt_thread *g, struct gnt_map *m);
int gnt_known_dofork(struct gnt_thread *g, struct gnt_map *m);
int gnt_known_notice(struct gnt_thread *g, struct gnt_map *m);
int gnt_known_force(struct gnt_thread *g, struct gnt_map *m);

/* gntdev_agent.c */
void *gnt_agent_run(void *engine);

#endif /* SM_GNTDEV_STATE_H */
