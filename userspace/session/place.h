/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a session's tests ran, as far as they are compared with others. */
#ifndef SM_PLACE_H
#define SM_PLACE_H

#include <json-c/json.h>
#include <stddef.h>

#define SM_PLACE	64	/* bytes */

/**
 * sm_place_of_session() - where a session's tests ran
 * @root: its results
 * @place: filled in: its label in the lab, or the series of the kernel, as "6.12";
 *	"?" if neither is known
 * @size: bytes at @place
 */
void sm_place_of_session(struct json_object *root, char *place, size_t size);

#endif /* SM_PLACE_H */
