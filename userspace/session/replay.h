/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line that runs a test again. */
#ifndef SM_REPLAY_H
#define SM_REPLAY_H

#include <json-c/json.h>

/**
 * sm_replay_command() - the command line that runs a test again
 * @run: the test, as in results
 *
 * Its ops are "all" if they are all that this program has. What is no plain word is
 * quoted, for a shell, with blanks for control characters. Complaints that
 * were excused, and oracles that were muted, are not part of it.
 *
 * Return: a new string; NULL: no memory.
 */
char *sm_replay_command(struct json_object *run);

#endif /* SM_REPLAY_H */
