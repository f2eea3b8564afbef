// SPDX-License-Identifier: GPL-2.0-only
/* Devices and files to swap to: see swaps.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/swap.h>

#include "swaps.h"

/* "/dev/zram0 partition 1404868 1000 -2", in KiB. */
static bool swap_parse(const char *line, struct sm_swap *s)
{
	unsigned long long kib;

	if (sscanf(line, "%127s %*s %*u %llu %d", s->path, &kib,
		   &s->priority) != 3)
		return false;
	s->used = kib << 10;
	/* It is escaped there. */
	return s->path[0] == '/' && !strchr(s->path, '\\');
}

unsigned int sm_swaps_read(struct sm_swap swaps[SM_SWAPS])
{
	FILE *f = fopen("/proc/swaps", "re");
	unsigned int nr = 0;
	char line[512];

	if (!f)
		return 0;
	while (nr < SM_SWAPS && fgets(line, sizeof(line), f))
		nr += swap_parse(line, &swaps[nr]);
	fclose(f);
	return nr;
}

bool sm_swaps_returns(const struct sm_swap *swaps, unsigned int nr, unsigned int i)
{
	unsigned int k;

	if (swaps[i].priority >= 0)
		return true;
	for (k = 0; k < nr; k++)
		if (swaps[k].priority < swaps[i].priority)
			return false;
	return true;
}

int sm_swaps_on(const struct sm_swap *s)
{
	int flags = 0;

	if (s->priority >= 0)
		flags = SWAP_FLAG_PREFER | (s->priority & SWAP_FLAG_PRIO_MASK);
	return swapon(s->path, flags) < 0 && errno != EBUSY ? -errno : 0;
}
