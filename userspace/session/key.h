/* SPDX-License-Identifier: GPL-2.0-only */
/* What tells a session from all others. */
#ifndef SM_KEY_H
#define SM_KEY_H

#include <json-c/json.h>

#define SM_KEY	17	/* bytes */

/**
 * sm_key_of_session() - what tells a session from all others, whatever became of it
 * @root: its results
 * @key: filled in: 16 hexadecimal digits, FNV-1a of host, boot, start, command line
 *	and seed
 */
void sm_key_of_session(struct json_object *root, char key[SM_KEY]);

#endif /* SM_KEY_H */
