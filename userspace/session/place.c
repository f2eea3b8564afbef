// SPDX-License-Identifier: GPL-2.0-only
/* Where a session's tests ran, as far as they are compared with others. */
#include <stdio.h>
#include <string.h>

#include "member.h"
#include "place.h"

void sm_place_of_session(struct json_object *root, char *place, size_t size)
{
	const char *label = sm_member_text(root, "label");
	const char *kernel = sm_member_text(root, "kernel");
	size_t len = strspn(kernel, "0123456789");

	if (kernel[len] == '.')
		len += 1 + strspn(kernel + len + 1, "0123456789");
	if (*label)
		snprintf(place, size, "%s", label);
	else
		snprintf(place, size, "%.*s", len ? (int)len : 1,
			 len ? kernel : "?");
}
