/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model: what each page of the arena may hold, and whether what a device
 * saw agrees with it.
 *
 * One word packs the state of one page:
 *
 *   bits  0-31  number of the newest stamp written to the page
 *   bits 32-55  generation: how many times the state changed (it wraps)
 *   bits 56-63  SM_TAG_*: what a read may give, and what is allowed
 *
 * The owner of a page (one storm thread, see storm.h) announces the next word
 * before it changes the page and commits it afterwards. Whoever accesses the
 * page reads committed before and announced after the access:
 *
 *	device				owner
 *	before = committed
 *					announced = new word
 *					full barrier
 *	reads or writes the page	changes the page (CPU or system call)
 *	after = announced
 *					committed = new word
 *
 * Announced is never behind committed, so equal words mean that nobody touched
 * the page from the first load to the last, and generations one apart mean
 * that exactly one change may have been at work, in part or whole. Ops that
 * promise to change nothing (page-out, collapse, fork without a write) change
 * no word: data that gets lost in them shows.
 *
 * A generation would have to wrap (16 million ops on one page) within one
 * access to fool the judge.
 */
#ifndef SM_MODEL_H
#define SM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "uapi/stalemate.h"

#define SM_TAG_GEN_SHIFT	32
#define SM_TAG_GEN_MASK		0xffffffULL
#define SM_TAG_FLAGS		(0xffULL << 56)
#define SM_TAG_ZERO		SM_BIT(56)	/* a read may give zero */
#define SM_TAG_STAMP		SM_BIT(57)	/* ... the newest stamp */
#define SM_TAG_MAPPED		SM_BIT(58)	/* there is a mapping */
#define SM_TAG_READ		SM_BIT(59)	/* it may be read */
#define SM_TAG_WRITE		SM_BIT(60)	/* it may be written */
#define SM_TAG_BLURRED		SM_BIT(61)	/* an op failed half-way: anything may be */
#define SM_TAG_ACCESS		(SM_TAG_MAPPED | SM_TAG_READ | SM_TAG_WRITE)
#define SM_TAG_CONTENT		(SM_TAG_ZERO | SM_TAG_STAMP)

/* Words of a page, by who writes them. */
#define SM_WORD_STAMP		0	/* the owner's CPU */
#define SM_WORD_DIRECT		1	/* the owner, through the device */
#define SM_WORD_BACKEND		2	/* the backend's own, through the device */
#define SM_WORD_AGENT		8	/* agent i writes word 8 + i */
#define SM_MAX_AGENTS		16
#define SM_WORD_COOKIE		511	/* see struct sm_ioc_setup */

/* Bits 48-63 of what the device writes; the top bit is clear (stamps: set). */
#define SM_MARK_DIRECT		0x5aff
#define SM_MARK_BACKEND		0x5afe
#define SM_MARK_AGENT		0x5a00

/**
 * struct sm_model - the state of all pages
 * @tags: one per page of the arena, shared with the module
 * @last_op: row of the last op on a page, plus one
 * @pages: elements of both
 * @cookie: what the last word of a stamped page holds
 */
struct sm_model {
	struct sm_tag *tags;
	uint8_t *last_op;
	uint64_t pages;
	uint64_t cookie;
};

/**
 * struct sm_change - how a change acts on the word of a page
 * @clear: SM_TAG_* to clear
 * @set: SM_TAG_* to set
 * @stamps: stamps that are written: 0 or 1
 */
struct sm_change {
	uint64_t clear;
	uint64_t set;
	unsigned int stamps;
};

/**
 * enum sm_judgement - what an access that transferred data says
 * @SM_JUDGE_OK: nothing against it
 * @SM_JUDGE_VALUE: the page never held this value at that time
 * @SM_JUDGE_UNMAPPED: nothing was mapped there
 * @SM_JUDGE_UNREADABLE: the mapping forbade every access
 * @SM_JUDGE_READONLY: the mapping forbade writing
 */
enum sm_judgement {
	SM_JUDGE_OK,
	SM_JUDGE_VALUE,
	SM_JUDGE_UNMAPPED,
	SM_JUDGE_UNREADABLE,
	SM_JUDGE_READONLY,
};

int sm_model_init(struct sm_model *m, struct sm_tag *tags, uint64_t pages,
		  uint64_t cookie);
void sm_model_free(struct sm_model *m);
void sm_model_announce(struct sm_model *m, uint64_t first, uint64_t nr,
		       struct sm_change c);
void sm_model_commit(struct sm_model *m, uint64_t first, uint64_t nr);
void sm_model_blur(struct sm_model *m, uint64_t first, uint64_t nr);

uint64_t sm_model_stamp(uint64_t page, uint32_t number);
enum sm_judgement sm_model_judge_read(uint64_t page, uint64_t value,
				      uint64_t before, uint64_t after);
enum sm_judgement sm_model_judge_write(uint64_t before, uint64_t after);
bool sm_model_mark_fits(uint64_t value, unsigned int mark, uint64_t page);
bool sm_model_mark_since(uint64_t value, uint64_t mark);
void sm_model_describe(uint64_t word, char *buf, unsigned int size);

/* What the device stores: @mark, the page's number, and a count. */
static inline uint64_t sm_model_mark(unsigned int mark, uint64_t page,
				     uint64_t count)
{
	return (uint64_t)mark << 48 | (page & 0xffffff) << 24 |
	       (count & 0xffffff);
}

/* The owner's own view: only the owner writes either word. */
static inline uint64_t sm_model_state(const struct sm_model *m, uint64_t page)
{
	return __atomic_load_n(&m->tags[page].committed, __ATOMIC_RELAXED);
}

static inline uint32_t sm_model_number(uint64_t word)
{
	return (uint32_t)word;
}

static inline uint32_t sm_model_gen(uint64_t word)
{
	return (word >> SM_TAG_GEN_SHIFT) & SM_TAG_GEN_MASK;
}

#endif /* SM_MODEL_H */
