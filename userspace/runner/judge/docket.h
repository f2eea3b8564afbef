/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings: who saw what, where, and what the witness knows of that page. */
#ifndef SM_DOCKET_H
#define SM_DOCKET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire_spec.h"

struct sm_end;
struct sm_mirror;
struct sm_scene;

/**
 * struct sm_docket - what was found in a run, as it is written for the session
 * @scene: whose result the findings are in
 * @end: the first of them mostly ends the run
 * @lock: findings, and how many there are
 * @said: in which words each is listed
 */
struct sm_docket {
	struct sm_scene *scene;
	struct sm_end *end;
	pthread_mutex_t lock;
	const char *said[SM_MAX_VIOLATIONS];
};

/**
 * struct sm_hit - a violation as its finder knows it
 * @oracle: name of the oracle
 * @kind: enum sm_kind
 * @mirror: the mirror at fault, or NULL
 * @va: address in the page, 0 if there is none
 * @mirror_entry: table entry, 0 if not known
 * @cpu_entry: pagemap entry, if @compared
 * @compared: with @mirror_entry
 * @gen: generation of the entry; 0: ask the module
 * @last_inval: last invalidation of the page
 * @t_ns: when; 0 is now
 * @op: the op at fault, or NULL: the last one on the page
 */
struct sm_hit {
	const char *oracle;
	unsigned int kind;
	const struct sm_mirror *mirror;
	uint64_t va;
	uint64_t mirror_entry;
	uint64_t cpu_entry;
	bool compared;
	uint64_t gen;
	uint64_t last_inval;
	uint64_t t_ns;
	const char *op;
};

void sm_docket_init(struct sm_docket *docket, struct sm_scene *scene,
		    struct sm_end *end);
void sm_docket_destroy(struct sm_docket *docket);
void sm_docket_hit(struct sm_docket *docket, const struct sm_hit *h,
		   const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool sm_docket_found(const struct sm_docket *docket);

#endif /* SM_DOCKET_H */
