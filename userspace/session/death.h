/* SPDX-License-Identifier: GPL-2.0-only */
/* What a runner died of, in a line for a person. */
#ifndef SM_DEATH_H
#define SM_DEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sm_crash;

/**
 * struct sm_death_flight - what else is known of a runner that died
 * @op: name of the op that the thread which died was in, or ""
 * @start: what that op works on
 * @end: end of it, exclusive
 * @arena_start: where the arena lies
 * @arena_end: end of it, exclusive; as @arena_start if there was none yet
 * @killed: we sent it SIGKILL
 * @oom: the kernel's log says that it was killed for want of memory, see
 *	sm_klog_oom_killed()
 */
struct sm_death_flight {
	char op[24];
	uint64_t start;
	uint64_t end;
	uint64_t arena_start;
	uint64_t arena_end;
	bool killed;
	bool oom;
};

/**
 * sm_death_describe() - say what a runner died of
 * @wstatus: what waitpid() said of it
 * @c: what it noted itself, see runner/crash.h, or NULL; all of it may be
 *	garbage
 * @f: what else is known; @op may be garbage too
 * @buf: gets one line of printable ASCII, cut off where it does not fit
 * @size: room at @buf, bytes, at least 1
 *
 * "the runner died: SIGSEGV (no mapping at 0x10000400000) in thread storm-1, in
 * munmap on [10000400000, 10000401000), at stalemate+0x1234 stalemate+0x99".
 * Addresses are as addr2line takes them.
 */
void sm_death_describe(int wstatus, const struct sm_crash *c,
		       const struct sm_death_flight *f, char *buf, size_t size);

#endif /* SM_DEATH_H */
