/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers answer when a session asks them, in a process of its own: that is
 * all of them that a command goes by.
 */
#ifndef SM_ANSWER_H
#define SM_ANSWER_H

#include <stdbool.h>

#include "session/ask.h"

/**
 * sm_answer_probe() - can a backend run here?
 * @backend: the backend
 * @probed: filled in, see sm_ask_probe()
 *
 * What the module said of itself is known from then on: sm_device_told().
 */
void sm_answer_probe(const struct sm_backend *backend,
		     struct sm_ask_probed *probed);

/**
 * sm_answer_sabotaged() - for struct sm_session: is a driver broken on purpose?
 *
 * Return: true also if the module does not say.
 */
bool sm_answer_sabotaged(void);

#endif /* SM_ANSWER_H */
