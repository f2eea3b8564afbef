/* SPDX-License-Identifier: GPL-2.0-only */
/* A command of the user's that is told of what got worse. */
#ifndef SM_HOOK_H
#define SM_HOOK_H

#include <json-c/json.h>

/* How long a mail or a request may take that nobody waits for. */
#define SM_HOOK_SECONDS	60

/**
 * sm_hook_run() - run it, and wait for it
 * @command: given to /bin/sh
 * @compared: see sm_compare_nights(): it gets this as text on its standard input,
 *	and STALEMATE_NIGHT_A, STALEMATE_NIGHT_B, STALEMATE_NEW, STALEMATE_ONCE and
 *	STALEMATE_GONE in its environment
 * @seconds: for how long; then it is killed, with all of its process group
 *
 * A signal that would end us is for that group first, and ends us when it has ended.
 *
 * Return: 0; -ETIMEDOUT if it was killed; or another negative errno if it could not
 * be run, or failed.
 */
int sm_hook_run(const char *command, struct json_object *compared,
		unsigned int seconds);

#endif /* SM_HOOK_H */
