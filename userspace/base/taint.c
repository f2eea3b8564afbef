// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's taint mask: see taint.h. */
#include <stdio.h>
#include <string.h>

#include "taint.h"
#include "util.h"

#define TAINT_FILE	"/proc/sys/kernel/tainted"

/* What an error leaves: machine check, bad page, died, warned, soft lockup. */
#define TAINT_ERRORS	(SM_BIT(4) | SM_BIT(5) | SM_BIT(7) | SM_BIT(9) | SM_BIT(14))

/* As in fixtures/guest/run: staging, out of tree, not signed, a test. */
#define TAINT_IGNORED	(SM_BIT(10) | SM_BIT(12) | SM_BIT(13) | SM_BIT(18))

/* Documentation/admin-guide/tainted-kernels.rst */
static const struct {
	char letter;
	const char *name;
} taint_bits[] = {
	{ 'P', "proprietary module" },
	{ 'F', "module forced in" },
	{ 'S', "out of specification" },
	{ 'R', "module forced out" },
	{ 'M', "machine check" },
	{ 'B', "bad page" },
	{ 'U', "asked for by a program" },
	{ 'D', "died" },
	{ 'A', "ACPI table replaced" },
	{ 'W', "warned" },
	{ 'C', "staging driver" },
	{ 'I', "firmware bug" },
	{ 'O', "module from out of tree" },
	{ 'E', "module not signed" },
	{ 'L', "soft lockup" },
	{ 'K', "live patch" },
	{ 'X', "the distribution's" },
	{ 'T', "structures randomized" },
	{ 'N', "a test" },
	{ 'J', "fwctl" },
};

uint64_t sm_taint_read(void)
{
	return sm_util_read_u64(TAINT_FILE, 0);
}

uint64_t sm_taint_errors(uint64_t bits)
{
	return bits & TAINT_ERRORS;
}

uint64_t sm_taint_others(uint64_t bits)
{
	return bits & ~(TAINT_ERRORS | TAINT_IGNORED);
}

void sm_taint_text(uint64_t bits, char *buf, size_t size)
{
	size_t used = 0;
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < 64 && used < size; i++) {
		if (!(bits >> i & 1))
			continue;
		if (i < SM_ARRAY_SIZE(taint_bits))
			used += snprintf(buf + used, size - used,
					 "%s%c (%u, %s)", used ? ", " : "",
					 taint_bits[i].letter, i,
					 taint_bits[i].name);
		else
			used += snprintf(buf + used, size - used, "%s? (%u)",
					 used ? ", " : "", i);
	}
}
