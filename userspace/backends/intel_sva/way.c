// SPDX-License-Identifier: GPL-2.0-only
/* What the ways to a card have in common: see way.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "way.h"

int sva_way_fail(struct sva_nic *nic, const char *what)
{
	int err = errno;

	snprintf(nic->why, sizeof(nic->why), "%s: %s", what, strerror(err));
	return -err;
}
