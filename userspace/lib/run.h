/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run: a storm against one backend, judged by all its oracles.
 *
 * This header is the line between the engine (lib/, backends/) and the command
 * line (cli/): the command line fills a struct sm_run_spec, the engine fills a
 * struct sm_run_result, and neither knows how the other works.
 */
#ifndef SM_RUN_H
#define SM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/stalemate.h"

#define SM_MAX_OPS		64	/* rows of the op table */
#define SM_MAX_PROFILES		4	/* mirrors on one arena: P+Q+R+S */
#define SM_MAX_EMITTERS		64
#define SM_MAX_VIOLATIONS	64	/* listed; the total goes on */
#define SM_MAX_HISTORY		32	/* records per violation */
#define SM_MAX_ORACLES		16	/* rows of the oracle table */

/* Fewer ops are no storm. */
#define SM_RUN_LEAST_OPS	20

/*
 * What is to catch a defect gets work, and not only time: for each second as much
 * as an emulated machine does that has nothing else to do.
 */
#define SM_RUN_OPS_PER_S	100
#define SM_RUN_DRIVER_OPS_PER_S	20	/* ops of a real driver take longer */
#define SM_RUN_ACCESSES_PER_S	1000

/**
 * enum sm_verdict - what became of a run
 * @SM_PASS: nothing was found
 * @SM_FAIL: an oracle found a violation
 * @SM_BROKEN: the set-up failed; says nothing about the driver
 * @SM_SKIP: cannot run here; the reason says what is missing
 * @SM_INCOMPLETE: the guest died under it
 * @SM_TIMEOUT: it did not end in time
 */
enum sm_verdict {
	SM_PASS,
	SM_FAIL,
	SM_BROKEN,
	SM_SKIP,
	SM_INCOMPLETE,
	SM_TIMEOUT,
};

/**
 * enum sm_memory - kinds of arena memory
 * @SM_MEM_ANON: private anonymous, 4 KiB pages
 * @SM_MEM_ANON_THP: private anonymous, huge pages where aligned
 * @SM_MEM_SHMEM: shared tmpfs, 4 KiB pages
 * @SM_MEM_SHMEM_THP: shared tmpfs, huge pages where aligned
 * @SM_MEM_FILE: shared file on a disk, written back
 * @SM_MEM_NR: number of kinds
 */
enum sm_memory {
	SM_MEM_ANON,
	SM_MEM_ANON_THP,
	SM_MEM_SHMEM,
	SM_MEM_SHMEM_THP,
	SM_MEM_FILE,
	SM_MEM_NR,
};

struct sm_allow;
struct sm_backend;

/**
 * struct sm_run_spec - what to run
 * @backend: the backend
 * @profiles: mirrors to put on the arena together (enum sm_profile)
 * @nr_profiles: how many, 1 to SM_MAX_PROFILES
 * @ops: mask of rows of the op table
 * @defects: mask of enum sm_defect, armed in every mirror it applies to
 * @avoid: mask of enum sm_known: findings to stay away from
 * @muted: mask of rows of the oracle table that may not accuse; only with
 *	defects, to see what the others alone are worth
 * @allow: complaints of the kernel that are excused, or NULL
 * @threads: storm threads, 1 to 16
 * @agents: agents per mirror, 0 to 4
 * @arena: bytes, a multiple of 2 MiB
 * @memory: mask of enum sm_memory; regions of the arena take them in turn
 * @duration_ns: stop after this time, see sm_run_over(); 0: @count decides
 * @count: stop after this many ops per thread; 0: @duration_ns decides
 * @seed: the same seed gives the same ops per thread
 * @amplify_ns: race window widening, 0 is off
 * @keep_going: do not stop at the first violation
 */
struct sm_run_spec {
	const struct sm_backend *backend;
	enum sm_profile profiles[SM_MAX_PROFILES];
	unsigned int nr_profiles;
	uint64_t ops;
	uint64_t defects;
	uint64_t avoid;
	uint64_t muted;
	const struct sm_allow *allow;
	unsigned int threads;
	unsigned int agents;
	uint64_t arena;
	unsigned int memory;
	uint64_t duration_ns;
	uint64_t count;
	uint64_t seed;
	unsigned int amplify_ns;
	bool keep_going;
};

/**
 * struct sm_history - one witness record that touched a violation's page
 * @record: the record
 * @emitter: name of the emitter, or "unknown:<symbol>", or "" (end, release)
 */
struct sm_history {
	struct sm_record record;
	char emitter[48];
};

/**
 * struct sm_finding - one violation, whoever found it
 * @oracle: name of the oracle
 * @profile: name of the profile at fault, or "" (kernel, contract)
 * @op: name of the last op on that page, or ""
 * @va: page address, 0 if it has none
 * @mirror_entry: table entry in pagemap layout, 0 if not known
 * @cpu_entry: pagemap entry, 0 if not known
 * @compared: it is known, and was compared with @mirror_entry
 * @gen: generation in which the entry was installed
 * @last_inval: generation of the page's last invalidation
 * @t_ns: CLOCK_MONOTONIC
 * @text: one line for a person
 * @history: witness records that overlap the page, oldest first
 * @nr_history: how many
 * @truncated: older records were lost
 */
struct sm_finding {
	const char *oracle;
	const char *profile;
	const char *op;
	uint64_t va;
	uint64_t mirror_entry;
	uint64_t cpu_entry;
	bool compared;
	uint64_t gen;
	uint64_t last_inval;
	uint64_t t_ns;
	char text[192];
	struct sm_history history[SM_MAX_HISTORY];
	unsigned int nr_history;
	bool truncated;
};

/**
 * struct sm_emitter_count - starts that one emitter sent
 * @name: emitter, or "unknown:<symbol>"
 * @count: starts recorded
 */
struct sm_emitter_count {
	char name[48];
	uint64_t count;
};

/**
 * enum sm_sight - what an oracle could see of a run
 * @SM_SIGHT_ON: it judged
 * @SM_SIGHT_IDLE: it would have, but nothing happened that it judges
 * @SM_SIGHT_BLIND: it cannot judge this backend, or none of these profiles
 * @SM_SIGHT_OFF: it was muted, or what it reads could not be read
 * @SM_SIGHT_NR: number of these
 */
enum sm_sight {
	SM_SIGHT_ON,
	SM_SIGHT_IDLE,
	SM_SIGHT_BLIND,
	SM_SIGHT_OFF,
	SM_SIGHT_NR,
};

/**
 * struct sm_oracle_result - what came of one oracle
 * @sight: what it could see
 * @reason: why it saw nothing; if it did, what it missed, or ""
 */
struct sm_oracle_result {
	enum sm_sight sight;
	char reason[160];
};

/**
 * struct sm_mirror_result - what was seen of one mirror
 * @name: its profile, or its driver
 * @pages_compared: present entries inside accepted windows
 * @pages_in_storm: those of them that were compared before the storm was over
 * @pages_swept: pages that its device could read while the storm paused
 * @windows_accepted: quiet windows
 * @windows_rejected: windows disturbed by an invalidation
 * @looks: times that a granule was looked at to compare it
 * @perm_pages: entries whose permission was compared too
 * @accesses: device accesses that succeeded
 * @refused: device accesses that were refused
 * @dirty_pages: device writes that were looked for after the page was cleaned
 * @rested: granules, times tables, that were to be compared in the end
 * @unsettled: those of them that were disturbed each time they were looked at,
 *	so were not compared once more
 */
struct sm_mirror_result {
	const char *name;
	uint64_t pages_compared;
	uint64_t pages_in_storm;
	uint64_t pages_swept;
	uint64_t windows_accepted;
	uint64_t windows_rejected;
	uint64_t looks;
	uint64_t perm_pages;
	uint64_t accesses;
	uint64_t refused;
	uint64_t dirty_pages;
	uint64_t rested;
	uint64_t unsettled;
};

/**
 * struct sm_run_result - what came of it
 * @verdict: the verdict
 * @reason: one line: what failed, what is missing
 * @t_start_ns: CLOCK_MONOTONIC when the storm began
 * @seconds: length of the storm
 * @ops: ops applied, by row of the op table
 * @mirrors: what was seen of each mirror
 * @nr_mirrors: how many
 * @oracles: what each oracle could see, by row of the oracle table
 * @pages_compared: sum over all mirrors, as are those that follow
 * @pages_swept: see struct sm_mirror_result
 * @windows_accepted: see there
 * @windows_rejected: see there
 * @perm_pages: see there
 * @accesses: see there
 * @events: starts seen, by enum sm_event
 * @emitters: starts by emitter
 * @nr_emitters: how many
 * @records_lost: witness records overwritten before they were read
 * @untracked: starts that the contract checker had no room for
 * @unreached: mask of ops that ran, but none of whose emitters fired
 * @stats: sums over all mirrors
 * @recycled: pages that victims took over from the storm
 * @unnoted: writes that the kernel, not a driver, failed to note
 * @unwatched: why there was no witness, or ""
 * @unread: why the driver's tables were not compared, or which of them, or ""
 * @note: what the backend says of its device, or ""
 * @mended: why this kernel has nothing of what the defect brings about, or ""
 * @log_off: why the kernel log was not followed, or ""
 * @log_lost: messages of it that were overwritten before they were read
 * @log_excused: complaints of the kernel that were excused
 * @excused: the first of them, and why
 * @tainted: taint that came meanwhile and is no error's, or ""
 * @violations_total: violations found
 * @first_ns: from the start of the storm to the first violation
 * @first_ops: ops applied until then
 * @findings: the first SM_MAX_VIOLATIONS violations
 * @nr_findings: how many
 */
struct sm_run_result {
	enum sm_verdict verdict;
	char reason[256];
	uint64_t t_start_ns;
	double seconds;
	uint64_t ops[SM_MAX_OPS];
	struct sm_mirror_result mirrors[SM_MAX_PROFILES];
	unsigned int nr_mirrors;
	struct sm_oracle_result oracles[SM_MAX_ORACLES];
	uint64_t pages_compared;
	uint64_t pages_swept;
	uint64_t windows_accepted;
	uint64_t windows_rejected;
	uint64_t perm_pages;
	uint64_t accesses;
	uint64_t events[SM_EVENT_NR];
	struct sm_emitter_count emitters[SM_MAX_EMITTERS];
	unsigned int nr_emitters;
	uint64_t records_lost;
	uint64_t untracked;
	uint64_t unreached;
	struct sm_ioc_stats stats;
	uint64_t recycled;
	uint64_t unnoted;
	char unwatched[256];
	char unread[160];
	char note[256];
	char mended[128];
	char log_off[128];
	uint64_t log_lost;
	uint64_t log_excused;
	char excused[256];
	char tainted[256];
	uint64_t violations_total;
	uint64_t first_ns;
	uint64_t first_ops;
	struct sm_finding findings[SM_MAX_VIOLATIONS];
	unsigned int nr_findings;
};

/**
 * struct sm_progress - what a run shows of itself while it goes on
 * @seconds: since the storm began
 * @ops: ops applied so far
 * @pages_compared: so far
 * @accesses: so far
 * @violations: so far
 */
struct sm_progress {
	double seconds;
	uint64_t ops;
	uint64_t pages_compared;
	uint64_t accesses;
	uint64_t violations;
};

/**
 * sm_run() - run one storm
 * @spec: what to run; already checked by sm_run_check()
 * @result: filled in, also when the set-up failed
 * @progress: called about four times a second from the calling thread, or NULL
 * @arg: passed to @progress
 *
 * Return: the verdict, as in @result.
 */
enum sm_verdict sm_run(const struct sm_run_spec *spec,
		       struct sm_run_result *result,
		       void (*progress)(const struct sm_progress *p, void *arg),
		       void *arg);

/**
 * sm_run_stop() - end the current run and all later ones, soon and cleanly
 *
 * Safe in a signal handler. The verdict is incomplete, unless a violation was
 * found before.
 */
void sm_run_stop(void);

/**
 * sm_run_stopped() - was sm_run_stop() called?
 *
 * Return: true if it was.
 */
bool sm_run_stopped(void);

/**
 * sm_run_check() - find what is wrong with a spec before anything is started
 * @spec: what to run
 * @why: filled with one line that names the mistake and what would be right
 * @size: bytes at @why
 *
 * Checks that arena, leaves, page tables and rings fit in the memory that is
 * available, that numbers are in range, and that defects apply to the profiles.
 *
 * Return: true if the spec can be run.
 */
bool sm_run_check(const struct sm_run_spec *spec, char *why, size_t size);

/**
 * sm_run_over() - has a storm gone on for long enough?
 * @spec: what is run
 * @ns: nanoseconds since it began
 * @ops: ops applied since
 * @accesses: device accesses since
 *
 * A machine may be slow, which is no reason for a storm to have done nothing, or
 * for a defect to be missed. So a run goes on past its time until that much was
 * done, but not for ever.
 *
 * Return: true if its time is over and it has done what it must, or never will;
 * always false if ops are counted instead.
 */
bool sm_run_over(const struct sm_run_spec *spec, uint64_t ns, uint64_t ops,
		 uint64_t accesses);

/**
 * sm_run_idled() - was a defect given too little work to be caught by?
 * @spec: what was run
 * @seconds: for how long
 * @ops: ops applied
 * @accesses: device accesses
 * @why: filled with one line if so
 * @size: bytes at @why
 *
 * Return: true if the run is over because it was waited for long enough.
 */
bool sm_run_idled(const struct sm_run_spec *spec, double seconds, uint64_t ops,
		  uint64_t accesses, char *why, size_t size);

/**
 * sm_run_fits() - does a backend have any of the ops, and all of the defects?
 * @spec: what to run; its profiles, and its numbers, do not matter
 * @why: filled with one line if not
 * @size: bytes at @why
 *
 * Return: false if another backend has to be chosen.
 */
bool sm_run_fits(const struct sm_run_spec *spec, char *why, size_t size);

#endif /* SM_RUN_H */
