/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes two findings the same, of whatever run, seed, night, machine or
 * kernel: who found it, in which driver, and what kind of fault it is. The
 * operation, the emitter and the addresses are not part of it.
 *
 * A signature is kept in files that outlive the program: what this header says of
 * one may be added to, for kinds that did not exist, and not changed.
 */
#ifndef SM_SIGNATURE_H
#define SM_SIGNATURE_H

#include <stddef.h>

#include "wire.h"

/**
 * struct sm_signature - of one finding
 * @hash: 16 hexadecimal digits: FNV-1a, 64 bits, of
 *	"1|oracle|profile|kind|complaint" with no NUL, "1" being the version of
 *	this format, and the last empty if it is not the kernel's. Of an entry that
 *	is known to be stale the oracle is "late", whichever saw it first
 * @kind: kind of fault, lower case and dashes
 * @title: one line for a person
 */
struct sm_signature {
	char hash[17];
	char kind[32];
	char title[224];
};

/**
 * sm_signature() - the signature of a finding
 * @f: the finding
 * @s: filled in
 */
void sm_signature(const struct sm_finding *f, struct sm_signature *s);

/**
 * sm_signature_settle() - what the findings of a run tell of each other
 * @r: what came of the run; there are no more to come
 *
 * They are put in the order in which they happened, which is not that in which they
 * were told of: the module's wait until somebody takes them, and by then what came
 * of them was seen. In a list that stops where a run does, the cause comes first.
 *
 * And the end of a range may have been left by a miscount, unless another finding
 * shows that the same kind of event left more than an end.
 */
void sm_signature_settle(struct sm_run_result *r);

/**
 * sm_signature_complaint() - what a complaint of the kernel has in common with
 * the same one of another day
 * @line: the line of the log
 * @buf: gets it without numbers, addresses, offsets, line numbers, folders,
 *	modules, tasks, and suffixes of the compiler's
 * @size: bytes at @buf
 *
 * Modules' names go, as the same code may be built in.
 */
void sm_signature_complaint(const char *line, char *buf, size_t size);

#endif /* SM_SIGNATURE_H */
