/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings: who saw what, where, and what the witness knows of that page. */
#ifndef SM_ORACLE_H
#define SM_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

struct sm_device;
struct sm_engine;
struct sm_mirror;

/**
 * struct sm_hit - a violation as its finder knows it
 * @oracle: name of the oracle
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

void sm_oracle_hit(struct sm_engine *e, const struct sm_hit *h,
		   const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void sm_oracle_judge_read(struct sm_engine *e, const struct sm_mirror *m,
			  const char *who, uint64_t va, uint64_t value,
			  uint64_t before, uint64_t after, uint64_t t_ns);
void sm_oracle_judge_write(struct sm_engine *e, const struct sm_mirror *m,
			   const char *who, uint64_t va, uint64_t before,
			   uint64_t after, uint64_t t_ns);
bool sm_oracle_found(struct sm_engine *e);
void sm_oracle_take(struct sm_engine *e, struct sm_device *d,
		    uint64_t *taken);
void sm_oracle_kernel_begin(struct sm_engine *e);
void sm_oracle_kernel_look(struct sm_engine *e);
bool sm_oracle_kernel_died(const struct sm_engine *e);
void sm_oracle_kernel_end(struct sm_engine *e);

#endif /* SM_ORACLE_H */
