/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a mirror may legally differ in from what /proc/self/pagemap says: all of it, in
 * one table. Who judges asks it where that depends on profile or memory; what is so for
 * every mirror is how it is judged (@judged). Where one might expect a difference, and
 * there is none, a row says that. The model of what a page holds is exact.
 */
#ifndef SM_LEGAL_H
#define SM_LEGAL_H

#include <stdbool.h>

#include "memory/scene.h"
#include "wire.h"

/**
 * enum sm_legal - the rows
 * @SM_LEGAL_ABSENT: not faulted in
 * @SM_LEGAL_UNMAPPING: an unmap under way, before its event
 * @SM_LEGAL_FORBIDDEN: pages that nobody may use
 * @SM_LEGAL_MARKED: for NUMA balancing
 * @SM_LEGAL_PINNED: of pins, what a device reads
 * @SM_LEGAL_KEPT: of pins, the page itself
 * @SM_LEGAL_FLUSHED: told by the flush, which comes later
 * @SM_LEGAL_FREED: what MADV_FREE has left
 * @SM_LEGAL_UNNOTED: bits that notes of writes are made of
 * @SM_LEGAL_SECRET: refused: outside of the direct map
 * @SM_LEGAL_TRACKED: refused: a long pin of what is written back
 * @SM_LEGAL_UNPINNED: refused: a long pin of DAX
 * @SM_LEGAL_UNCOPIED: refused: no page for a copy
 * @SM_LEGAL_HOLE: told by the flush of a device's own fault
 * @SM_LEGAL_POISONED: exact: pages that are broken
 * @SM_LEGAL_MERGED: exact: pages that are one (KSM)
 * @SM_LEGAL_PROBED: exact: copies of text
 * @SM_LEGAL_EXCLUSIVE: exact: a device's alone
 * @SM_LEGAL_MIGRATING: exact: on their way
 * @SM_LEGAL_UNSERVED: exact: userfaultfd
 * @SM_LEGAL_NR: how many
 */
enum sm_legal {
	SM_LEGAL_ABSENT,
	SM_LEGAL_UNMAPPING,
	SM_LEGAL_FORBIDDEN,
	SM_LEGAL_MARKED,
	SM_LEGAL_PINNED,
	SM_LEGAL_KEPT,
	SM_LEGAL_FLUSHED,
	SM_LEGAL_FREED,
	SM_LEGAL_UNNOTED,
	SM_LEGAL_SECRET,
	SM_LEGAL_TRACKED,
	SM_LEGAL_UNPINNED,
	SM_LEGAL_UNCOPIED,
	SM_LEGAL_HOLE,
	SM_LEGAL_POISONED,
	SM_LEGAL_MERGED,
	SM_LEGAL_PROBED,
	SM_LEGAL_EXCLUSIVE,
	SM_LEGAL_MIGRATING,
	SM_LEGAL_UNSERVED,
	SM_LEGAL_NR
};

/**
 * struct sm_legal_info - a row
 * @name: for lists
 * @about: what the page table says, and what the mirror
 * @why: why that is right
 * @place: where in Linux 6.12: "FILE:LINE FUNCTION"; see ci/emitters/legal
 * @memory: mask of enum sm_memory: where it is legal
 * @has: of which profiles; NULL: of any mirror
 * @exact: of none: it is said of what one might think so, and @memory is where
 * @judged: who sees it all the same if it is not that, and how
 */
struct sm_legal_info {
	const char *name;
	const char *about;
	const char *why;
	const char *place;
	unsigned int memory;
	bool (*has)(const struct sm_profile_info *p);
	bool exact;
	const char *judged;
};

extern const struct sm_legal_info sm_legals[SM_LEGAL_NR];

/**
 * sm_legal_mirror() - may a mirror differ so?
 * @row: the difference
 * @m: the mirror, of which a real driver's has no profile; NULL: of none
 *
 * Return: true if it may, on some kind of memory.
 */
bool sm_legal_mirror(enum sm_legal row, const struct sm_mirror *m);

/**
 * sm_legal_memory() - may pages of a kind differ so?
 * @row: the difference
 * @kind: the kind
 *
 * Return: true if they may, in some mirror.
 */
bool sm_legal_memory(enum sm_legal row, enum sm_memory kind);

#endif /* SM_LEGAL_H */
