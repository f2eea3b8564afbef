// SPDX-License-Identifier: GPL-2.0-only
/* What tells a session from all others. */
#include <inttypes.h>
#include <stdio.h>

#include "key.h"
#include "member.h"

void sm_key_of_session(struct json_object *root, char key[SM_KEY])
{
	static const char *const keys[] = {
		"host", "boot_id", "start", "command", "argv", "seed", NULL
	};
	struct json_object *o = json_object_new_object();
	uint64_t hash = 0xcbf29ce484222325;
	const char *s;

	sm_member_copy(o, root, keys);
	s = json_object_to_json_string_ext(o, SM_MEMBER_LINE);
	for (; s && *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3;
	snprintf(key, SM_KEY, "%016" PRIx64, hash);
	json_object_put(o);
}
