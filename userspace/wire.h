/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a session and its runners tell each other, and all that they share.
 *
 * A run is made by a process of its own, the runner: it storms a driver that may
 * be broken, and may crash, hang or be killed. The session forks it, and keeps what
 * came of it. Between the two are a struct sm_run_spec, which the runner inherits,
 * and a struct sm_wire in memory that both have mapped: what is found and counted is
 * written there as it is made. Nothing in it points anywhere: see session/take.h.
 */
#ifndef SM_WIRE_H
#define SM_WIRE_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crash.h"
#include "base/set.h"
#include "uapi/stalemate.h"
#include "wire_spec.h"
#include "wire_time.h"

/**
 * enum sm_kind - what is wrong, as far as its finder can tell
 * @SM_KIND_UNSAID: nobody said
 * @SM_KIND_UNMAPPED: an entry, or a use of it, where nothing is mapped
 * @SM_KIND_REPLACED: an entry of another page than the page table's
 * @SM_KIND_FORBIDDEN: an entry, or a use of it, that the page table forbids
 * @SM_KIND_UNASKED: pages taken that the process itself may not use so
 * @SM_KIND_STALE: an entry in use after its invalidation had returned
 * @SM_KIND_WRONG_DATA: a device read what the page did not hold
 * @SM_KIND_LOST: a write is not where it was meant to be
 * @SM_KIND_MISPLACED: a write is where it was not meant to be
 * @SM_KIND_DAMAGED: the processor finds what nobody wrote
 * @SM_KIND_SHARED: what was one's own is seen by another process
 * @SM_KIND_UNSAVED: a write did not outlive what saves pages
 * @SM_KIND_UNNOTED: a write that whoever notes them has not noted
 * @SM_KIND_UNSEEN: a use that whoever ages pages has not seen
 * @SM_KIND_IMAGINED: whoever ages pages is told of a use that was none
 * @SM_KIND_DROPPED: an entry dropped by an event that is not its own
 * @SM_KIND_FORGOTTEN: an entry gone although there was no event
 * @SM_KIND_UNREACHABLE: a mapped page that cannot be used
 * @SM_KIND_READ_ONLY: a page that may be written to, and that cannot be
 * @SM_KIND_SLEPT: a callback slept
 * @SM_KIND_REFUSED: a callback refused
 * @SM_KIND_UNPAIRED: an end without its start
 * @SM_KIND_UNENDED: a start without an end
 * @SM_KIND_CHANGED: an end that differs from its start
 * @SM_KIND_EMPTY: an empty range
 * @SM_KIND_UNALIGNED: unaligned bounds
 * @SM_KIND_LEFT_OPEN: a refused start that is left open
 * @SM_KIND_KEPT_PAGE: pages that do not come free
 * @SM_KIND_KEPT_COUNT: references counted that nobody holds
 * @SM_KIND_OUTLIVED: a process is dead, and its mirror goes on
 * @SM_KIND_TOLD_FALSE: a driver told of an unmap that was none, or of none
 * @SM_KIND_UNSIGNALLED: a job does not end
 * @SM_KIND_EARLY: a job is said to have ended, and has not
 * @SM_KIND_UNFLUSHED: an IOMMU was not told to forget what it has
 * @SM_KIND_COMPLAINT: the kernel complains
 * @SM_KIND_KNOWN: plus enum sm_known: what is written up
 *
 * The numbers are nobody's: what is written down is the word (session/signature.c).
 */
enum sm_kind {
	SM_KIND_UNSAID,
	SM_KIND_UNMAPPED,
	SM_KIND_REPLACED,
	SM_KIND_FORBIDDEN,
	SM_KIND_UNASKED,
	SM_KIND_STALE,
	SM_KIND_WRONG_DATA,
	SM_KIND_LOST,
	SM_KIND_MISPLACED,
	SM_KIND_DAMAGED,
	SM_KIND_SHARED,
	SM_KIND_UNSAVED,
	SM_KIND_UNNOTED,
	SM_KIND_UNSEEN,
	SM_KIND_IMAGINED,
	SM_KIND_DROPPED,
	SM_KIND_FORGOTTEN,
	SM_KIND_UNREACHABLE,
	SM_KIND_READ_ONLY,
	SM_KIND_SLEPT,
	SM_KIND_REFUSED,
	SM_KIND_UNPAIRED,
	SM_KIND_UNENDED,
	SM_KIND_CHANGED,
	SM_KIND_EMPTY,
	SM_KIND_UNALIGNED,
	SM_KIND_LEFT_OPEN,
	SM_KIND_KEPT_PAGE,
	SM_KIND_KEPT_COUNT,
	SM_KIND_OUTLIVED,
	SM_KIND_TOLD_FALSE,
	SM_KIND_UNSIGNALLED,
	SM_KIND_EARLY,
	SM_KIND_UNFLUSHED,
	SM_KIND_COMPLAINT,
	SM_KIND_KNOWN,
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
 * @kind: enum sm_kind
 * @profile: name of the profile at fault, or "" (kernel, contract)
 * @op: name of the last op on that page, or ""
 * @va: page address, 0 if it has none
 * @mirror_entry: table entry in pagemap layout, 0 if not known
 * @cpu_entry: pagemap entry, 0 if not known
 * @compared: it is known, and was compared with @mirror_entry
 * @gen: generation in which the entry was installed
 * @last_inval: generation of the page's last invalidation
 * @stale: the entry is older than an event that had to drop it, or came in spite of one
 * @missed: enum sm_event of the first that should have dropped it, or SM_EVENT_NR
 * @missed_edge: the page is the last that it covers, and no other is known to be left
 * @torn: the entry is huge, and its first page alone is not in the table any more
 * @t_ns: CLOCK_MONOTONIC
 * @text: one line for a person
 * @history: witness records that overlap the page, oldest first
 * @nr_history: how many
 * @truncated: older records were lost
 */
struct sm_finding {
	char oracle[16];
	unsigned int kind;
	char profile[24];
	char op[24];
	uint64_t va;
	uint64_t mirror_entry;
	uint64_t cpu_entry;
	bool compared;
	uint64_t gen;
	uint64_t last_inval;
	bool stale;
	unsigned int missed;
	bool missed_edge;
	bool torn;
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

extern const char *const sm_sight_names[SM_SIGHT_NR];

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
 * sm_wire_see() - say what an oracle cannot see, or what it missed
 * @o: its result; nobody else sets anything of it meanwhile
 * @sight: what it could see. Once it is not SM_SIGHT_ON it and its reason stay
 * @fmt: why, in a few words
 */
void sm_wire_see(struct sm_oracle_result *o, enum sm_sight sight,
		 const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/**
 * struct sm_mirror_result - what was seen of one mirror
 * @name: its profile, or its driver
 * @pages_compared: present entries inside accepted windows
 * @pages_in_storm: those of them that were compared before the storm was over
 * @pages_changed: those of them that differ from the last look, or are seen first
 * @pages_swept: pages that its device could read while the storm paused
 * @windows_accepted: quiet windows
 * @windows_rejected: windows disturbed by an invalidation
 * @looks: times that a granule was looked at to compare it
 * @perm_pages: entries whose permission was compared too
 * @accesses: device accesses that succeeded
 * @refused: device accesses that were refused
 * @dirty_pages: device writes that were looked for after the page was cleaned
 * @young_pages: device accesses that were looked for by who ages pages
 * @rested: granules, times tables, that were to be compared in the end
 * @unsettled: those of them that were disturbed each time, so were not compared
 */
struct sm_mirror_result {
	char name[24];
	uint64_t pages_compared;
	uint64_t pages_in_storm;
	uint64_t pages_changed;
	uint64_t pages_swept;
	uint64_t windows_accepted;
	uint64_t windows_rejected;
	uint64_t looks;
	uint64_t perm_pages;
	uint64_t accesses;
	uint64_t refused;
	uint64_t dirty_pages;
	uint64_t young_pages;
	uint64_t rested;
	uint64_t unsettled;
};

/**
 * struct sm_run_result - what came of it
 * @verdict: the verdict
 * @reason: one line: what failed, what is missing
 * @t_fork_ns: CLOCK_MONOTONIC when the runner was forked, 0 if there was none
 * @t_start_ns: when the storm began
 * @t_op_ns: when the first op began
 * @seconds: length of the storm
 * @ops: ops applied, by row of the op table
 * @skipped: by row: why one that was asked for could not be done at all, or ""
 * @met: calls tried by storm threads, beside their ops, where another was at work
 * @time: what the storm spent its time on
 * @mirrors: what was seen of each mirror
 * @nr_mirrors: how many
 * @oracles: what each oracle could see, by row of the oracle table
 * @pages_compared: sum over all mirrors, as are those that follow
 * @pages_changed: see struct sm_mirror_result
 * @pages_swept: see there
 * @windows_accepted: see there
 * @windows_rejected: see there
 * @perm_pages: see there
 * @accesses: see there
 * @events: starts seen, by enum sm_event
 * @emitters: starts by emitter
 * @nr_emitters: how many
 * @records_lost: witness records overwritten before they were read
 * @untracked: starts that the contract checker had no room for
 * @unreached: rows of ops that ran, but none of whose emitters fired
 * @reachable: mask of rows of sm_emitters[] that can fire here; 0: nobody watched
 * @reached: those of them that did
 * @stats: sums over all mirrors
 * @exits: process deaths before the mirrors' eyes, times mirrors
 * @execs: the same of processes that became other programs
 * @released: those of all these that the mirrors were seen to follow
 * @reaped: mirrors whose process was reaped before it died
 * @nonblock: somebody tried that, so starts were made that must not sleep
 * @recycled: pages that victims took over from the storm
 * @unnoted: writes that the kernel, not a driver, failed to note
 * @unwatched: why there was no witness, or ""
 * @unread: why the driver's tables were not compared, or which of them, or ""
 * @note: what the backend says of its device, or ""
 * @hardware: is that one?
 * @stacks: where its threads hung in the kernel, or its tasks that cannot be killed
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
 * @nr_findings: how many; set when the last of them is whole
 */
struct sm_run_result {
	enum sm_verdict verdict;
	char reason[512];
	uint64_t t_fork_ns;
	uint64_t t_start_ns;
	uint64_t t_op_ns;
	double seconds;
	uint64_t ops[SM_MAX_OPS];
	char skipped[SM_MAX_OPS][96];
	uint64_t met;
	struct sm_time time;
	struct sm_mirror_result mirrors[SM_MAX_PROFILES];
	unsigned int nr_mirrors;
	struct sm_oracle_result oracles[SM_MAX_ORACLES];
	uint64_t pages_compared;
	uint64_t pages_changed;
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
	struct sm_set unreached;
	uint64_t reachable;
	uint64_t reached;
	struct sm_ioc_stats stats;
	uint64_t exits;
	uint64_t execs;
	uint64_t released;
	uint64_t reaped;
	bool nonblock;
	uint64_t recycled;
	uint64_t unnoted;
	char unwatched[256];
	char unread[160];
	char note[256];
	enum sm_hardware hardware;
	char stacks[4096];
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
 */
struct sm_progress {
	double seconds;
	uint64_t ops;
	uint64_t pages_compared;
	uint64_t accesses;
};

#define SM_WIRE_THREADS	16	/* storm threads */
#define SM_WIRE_ALIGN	64

/**
 * enum sm_stop - what the session wants of a runner
 * @SM_STOP_NOT: that it goes on
 * @SM_STOP_FOUND: the kernel has complained: as if the runner had found it
 * @SM_STOP_ASKED: the user wants to see what there is
 */
enum sm_stop {
	SM_STOP_NOT,
	SM_STOP_FOUND,
	SM_STOP_ASKED,
};

/**
 * enum sm_stage - how far a run is
 * @SM_STAGE_SET_UP: it opens devices, maps memory, starts threads
 * @SM_STAGE_STORM: the storm goes on
 * @SM_STAGE_JOIN: it waits for its threads to end
 * @SM_STAGE_REST: it looks at everything once more
 * @SM_STAGE_LET_GO: it gives back what it had
 * @SM_STAGE_DONE: the result is whole
 * @SM_STAGE_NR: number of stages
 */
enum sm_stage {
	SM_STAGE_SET_UP,
	SM_STAGE_STORM,
	SM_STAGE_JOIN,
	SM_STAGE_REST,
	SM_STAGE_LET_GO,
	SM_STAGE_DONE,
	SM_STAGE_NR,
};

/**
 * struct sm_flight - what a storm thread is at; threads share no cache line
 * @beats: signs of life
 * @start: span at work
 * @end: its end
 * @row: row of the op table plus one; 0: it fills its slice
 * @tid: the thread's number in the kernel, 0 before it has begun
 * @ops: ops that it has applied
 * @calling: the op itself is under way: what brings the span into shape is not
 */
struct sm_flight {
	alignas(SM_WIRE_ALIGN) uint64_t beats;
	uint64_t start;
	uint64_t end;
	uint32_t row;
	int32_t tid;
	uint64_t ops;
	bool calling;
};

/**
 * struct sm_wire - memory that a session shares with a runner
 * @stop: written by the session: enum sm_stop
 * @oopsed: written by the session: the kernel has oopsed since the run began
 * @stage: enum sm_stage
 * @beats: signs of life of its main thread
 * @arena_start: where the arena lies, 0 before it does
 * @arena_end: end of it, exclusive
 * @progress: shown to the user
 * @flight: by storm thread
 * @crash: what the runner died of
 * @result: what came of the run
 */
struct sm_wire {
	uint32_t stop;
	uint32_t oopsed;
	uint32_t stage;
	uint64_t beats;
	uint64_t arena_start;
	uint64_t arena_end;
	struct sm_progress progress;
	struct sm_flight flight[SM_WIRE_THREADS];
	struct sm_crash crash;
	struct sm_run_result result;
};

/**
 * sm_wire_verdict() - what comes of a run that could not be set up
 * @err: negative errno
 *
 * Return: skip if something is missing here, timeout if something does not answer,
 * else broken.
 */
enum sm_verdict sm_wire_verdict(int err);

#endif /* SM_WIRE_H */
