/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asking a driver, in a process of its own: opening a device may load a module, or
 * hang behind a lock that a dead task holds. What is asked there is not the session's
 * to know.
 */
#ifndef SM_ASK_H
#define SM_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

/**
 * struct sm_ask_probed - can a backend run here?
 * @verdict: SM_PASS: it can
 * @why: what is missing, and how to get it
 * @profiles: mask of enum sm_profile that it has here
 * @is_told: @told is filled in
 * @told: what the module says of itself
 */
struct sm_ask_probed {
	enum sm_verdict verdict;
	char why[256];
	uint64_t profiles;
	bool is_told;
	struct sm_ioc_query told;
};

/**
 * sm_ask_probe() - can a backend run here?
 * @backend: the backend
 * @answer: fills in @probed, which is all zero; called in a process of its own
 * @probed: filled in; who gets no answer is told that it is broken, and why
 */
void sm_ask_probe(const struct sm_backend *backend,
		  void (*answer)(const struct sm_backend *backend,
				 struct sm_ask_probed *probed),
		  struct sm_ask_probed *probed);

/**
 * sm_ask_sabotaged() - is a driver broken on purpose just now?
 * @answer: says so; called in a process of its own
 *
 * Return: 1 or 0; -ETIMEDOUT if there is no answer.
 */
int sm_ask_sabotaged(bool (*answer)(void));

#endif /* SM_ASK_H */
