// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said of a runner that died: by what it noted, by what was known, and
 * by memory that it wrote all over.
 */
#include <ctype.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/util.h"
#include "session/death.h"
#include "wire.h"

#define ROUNDS	20000

static const struct sm_death_flight nowhere;

static const struct sm_crash segv = {
	.signal = SIGSEGV,
	.code = SEGV_MAPERR,
	.pid = 100,
	.tid = 102,
	.addr = 0x10000400000,
	.thread = "storm-1",
	.nr_frames = 4,
	.frames = { 0x401234, 0x400099, 0x7f0000002000, 0xdead },
	.nr_objects = 2,
	.objects = {
		{ "stalemate", 0x400000, 0x400000, 0x500000 },
		{ "libc.so.6", 0x7f0000000000, 0x7f0000001000, 0x7f0000100000 },
	},
};

static void is(const struct sm_crash *c, int wstatus,
	       const struct sm_death_flight *f, const char *want)
{
	char line[512];

	sm_death_describe(wstatus, c, f, line, sizeof(line));
	assert_string_equal(line, want);
}

static void a_fault_is_told_in_full(void **state)
{
	const struct sm_death_flight f = {
		.op = "munmap",
		.start = 0x10000400000,
		.end = 0x10000401000,
	};

	(void)state;
	is(&segv, SIGSEGV, &f,
	   "the runner died: SIGSEGV (no mapping at 0x10000400000) in thread storm-1, in munmap on [10000400000, 10000401000), at stalemate+0x1234 stalemate+0x99 libc.so.6+0x2000 0xdead");
	is(NULL, SIGSEGV, &f,
	   "the runner died: SIGSEGV, and nothing noted: its stack overflowed, or was lost, in munmap on [10000400000, 10000401000)");
}

static void causes_are_told(void **state)
{
	static const struct {
		int signal;
		int code;
		const char *want;
	} rows[] = {
		{ SIGSEGV, SEGV_ACCERR, "SIGSEGV (no permission at 0x10000400000)" },
		{ SIGSEGV, SI_KERNEL, "SIGSEGV (no address that could exist)" },
		{ SIGSEGV, SI_USER, "SIGSEGV (sent by process 7)" },
		{ SIGSEGV, 77, "SIGSEGV (code 77, at 0x10000400000)" },
		{ SIGBUS, BUS_ADRALN, "SIGBUS (not aligned at 0x10000400000)" },
		{ SIGBUS, BUS_MCEERR_AR, "SIGBUS (memory failed at 0x10000400000)" },
		{ SIGFPE, FPE_INTDIV, "SIGFPE (division by zero at 0x10000400000)" },
		{ SIGILL, ILL_ILLOPN, "SIGILL (illegal instruction at 0x10000400000)" },
		{ SIGSYS, 1, "SIGSYS (system call 7 is forbidden)" },
		{ SIGABRT, SI_TKILL, "SIGABRT (sent by process 7)" },
		{ SIGXFSZ, SI_USER, "SIGXFSZ: a file grew past its limit (ulimit -f)" },
	};
	struct sm_crash c = segv;
	char want[256];
	unsigned int i;

	(void)state;
	c.nr_frames = 0;
	c.detail = 7;
	for (i = 0; i < SM_ARRAY_SIZE(rows); i++) {
		c.signal = rows[i].signal;
		c.code = rows[i].code;
		snprintf(want, sizeof(want),
			 "the runner died: %s in thread storm-1", rows[i].want);
		is(&c, c.signal, &nowhere, want);
	}
}

/* In the arena; elsewhere a lost page is of some other file. */
static void a_full_file_system_is_told(void **state)
{
	struct sm_death_flight f = {
		.arena_start = 0x10000000000,
		.arena_end = 0x10000400000,
	};
	struct sm_crash c = segv;

	(void)state;
	c.signal = SIGBUS;
	c.code = BUS_ADRERR;
	c.nr_frames = 0;
	is(&c, SIGBUS, &f,
	   "the runner died: SIGBUS (no memory to be had at 0x10000400000) in thread storm-1");
	c.addr--;
	is(&c, SIGBUS, &f,
	   "the runner died: SIGBUS (no memory to be had at 0x100003fffff): the file system behind shared or file memory is full in thread storm-1");
}

static void who_killed_it_is_told(void **state)
{
	struct sm_death_flight f = nowhere;

	(void)state;
	is(NULL, SIGKILL, &f,
	   "the runner died: SIGKILL, killed by somebody, or by the OOM killer");
	f.killed = true;
	is(NULL, SIGKILL, &f, "the runner died: SIGKILL, killed by us");
	f.oom = true;
	is(NULL, SIGKILL, &f,
	   "the runner died: SIGKILL, killed by the OOM killer: too little memory");
	is(NULL, SIGTERM, &nowhere, "the runner died: SIGTERM");
	is(NULL, SIGRTMIN, &nowhere, "the runner died: signal 34");
	is(NULL, SIGXCPU, &nowhere,
	   "the runner died: SIGXCPU: it used up its time on the processor (ulimit -t)");
}

static void other_ends_are_told(void **state)
{
	struct sm_crash c = segv;

	(void)state;
	is(NULL, 3 << 8, &nowhere, "the runner died: it exited with status 3");
	is(NULL, 0x137f, &nowhere, "the runner died: wait status 0x137f");
	/* It hung when it was about to say more, and so was killed. */
	c.nr_frames = 0;
	is(&c, SIGKILL, &nowhere,
	   "the runner died: SIGKILL, killed by somebody, or by the OOM killer, after SIGSEGV (no mapping at 0x10000400000) in thread storm-1");
}

static void names_are_cleaned(void **state)
{
	struct sm_death_flight f = nowhere;
	struct sm_crash c = segv;

	(void)state;
	c.nr_frames = 1;
	memset(c.thread, 'x', sizeof(c.thread));
	memset(c.objects[0].name, '\n', sizeof(c.objects[0].name));
	memset(f.op, 0x80, sizeof(f.op));
	is(&c, SIGSEGV, &f,
	   "the runner died: SIGSEGV (no mapping at 0x10000400000) in thread xxxxxxxxxxxxxxxx, in ???????????????????????? on [0, 0), at ????????????????????????????????+0x1234");
}

static void fill(struct sm_rng *rng, void *p, size_t size)
{
	unsigned char *bytes = p;
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = sm_rng_below(rng, 256);
}

/*
 * Garbage in, a line out, and not a byte past it. Some of the words are plausible
 * ones, so that each branch is come to.
 */
static void garbage_is_survived(void **state)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGSYS, -1 };
	struct sm_death_flight f;
	struct sm_crash c;
	struct sm_rng rng;
	char *line;
	size_t size, i;
	unsigned int n;

	(void)state;
	sm_rng_seed(&rng, 1, 0, 0);
	for (n = 0; n < ROUNDS; n++) {
		fill(&rng, &c, sizeof(c));
		fill(&rng, f.op, sizeof(f.op));
		f.start = sm_rng_next(&rng);
		f.end = sm_rng_next(&rng);
		f.arena_start = 0;
		f.arena_end = sm_rng_next(&rng);
		f.killed = sm_rng_below(&rng, 2);
		f.oom = sm_rng_below(&rng, 2);
		if (n % 2)
			c.signal = signals[sm_rng_below(&rng, 5)];
		if (n % 3)
			c.code = (int)sm_rng_below(&rng, 8) - 2;
		for (i = 0; n % 5 && i < SM_CRASH_OBJECTS; i++)
			c.objects[i].start = 0;
		size = 1 + sm_rng_below(&rng, 1500);
		line = malloc(size);
		assert_non_null(line);
		memset(line, '\n', size);
		sm_death_describe(n % 4 ? SIGSEGV : (int)sm_rng_next(&rng), &c,
				  &f, line, size);
		assert_non_null(memchr(line, '\0', size));
		for (i = 0; line[i]; i++)
			assert_true(isprint((unsigned char)line[i]));
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_told_in_full),
		cmocka_unit_test(causes_are_told),
		cmocka_unit_test(a_full_file_system_is_told),
		cmocka_unit_test(who_killed_it_is_told),
		cmocka_unit_test(other_ends_are_told),
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(garbage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
