// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device keeps of a process that is gone: rows "exit", "kill", "exec", "reap", "oom",
 * "brk" and "hugetlb-unshare" of the op table (release_ops.c), applied once per run, before
 * the storm.
 *
 * A child has mirrors of its own (own.h), hands its descriptor to the parent, and exits.
 * The mirrors must be empty then, and the device must refuse to go on. So they must when
 * it is killed while the device faults in again what it drops (kill): the last reference
 * to its mm may be such a fault's. So they must when it becomes another program: it goes
 * on, and its memory is gone all the same. Its tracer sees it stand still as soon as it
 * has (PTRACE_EVENT_EXEC).
 *
 * What a device keeps of a process that dies, all at once (exit) or after its
 * memory was reaped from outside (reap). process_mrelease() takes pages away in
 * the OOM reaper's way: its notifications must not sleep. It only wants a
 * process that is on its way out but still has its memory, and that is what a
 * tracer sees at PTRACE_EVENT_EXIT: exit_group() has begun (do_exit() in
 * kernel/exit.c), exit_mm() has not.
 *
 * The OOM reaper itself comes to one that has run out of memory (oom, starve.h), if that
 * stands still there for long enough.
 *
 * And what a device has of a heap while it moves (brk, heap.h), or of mappings whose page
 * table is parted (gib.h), before that exits.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"
#include "backends/host.h"
#include "base/child.h"
#include "base/ops.h"
#include "gib.h"
#include "handover.h"
#include "heap.h"
#include "judge/oracle.h"
#include "module/profiles.h"
#include "own.h"
#include "reap.h"
#include "starve.h"

#define RELEASE_TRIES		1000
#define RELEASE_NAP_NS		(5 * SM_MSEC)	/* between tries */
#define KILL_TRIES		10000	/* none takes longer than a system call */
#define REAP_TRIES		20
#define OOM_TRIES		250	/* the reaper comes after 2 s, and for 1 s more */
#define REAP_LOOK_NS		(20 * SM_MSEC)	/* for agents to go on */

/* What the child tells, beside its descriptor. */
struct release_report {
	int err;
	struct sm_own own;
	struct sm_look look;
};

struct release;

/**
 * struct release_way - a row of the op table, and how it is done
 * @op: its name
 * @event: PTRACE_EVENT_* at which the child stops, 0: it does not
 * @make: has the child's memory made; returns where that begins, 0: nowhere
 * @live: what the child does before it tells of itself, or NULL
 * @changes: what memory changes then
 * @told: what the parent does before that; returns 0 or a negative errno; or NULL
 * @last: what the child does when its descriptor is safe, or NULL: it exits
 * @meanwhile: what the parent does meanwhile, or NULL
 * @stopped: what the parent does when it has stopped
 */
struct release_way {
	const char *op;
	int event;
	uint64_t (*make)(void);
	int (*live)(const struct sm_run_spec *spec, struct sm_device *d,
		    const struct sm_own *own, struct sm_look *look);
	const char *changes;
	int (*told)(pid_t child);
	void (*last)(const struct sm_own *own);
	void (*meanwhile)(const struct release *r);
	void (*stopped)(const struct release *r);
};

/**
 * struct release - one of these, under way
 * @host: the run
 * @way: what is done
 * @child: the process
 * @fd: its descriptor
 * @report: what it told
 */
struct release {
	struct sm_host *host;
	const struct release_way *way;
	pid_t child;
	int fd;
	struct release_report report;
};

static uint64_t release_map(void)
{
	void *p = mmap((void *)SM_ARENA_START, SM_OWN_BYTES,
		       PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return p == MAP_FAILED ? 0 : (uint64_t)p;
}

static void exec_last(const struct sm_own *own)
{
	char self[] = "/proc/self/exe", *argv[] = { self, NULL };

	(void)own;
	execv(self, argv);
}

/* The device has to fault all of it in again, until somebody ends this. */
static void kill_last(const struct sm_own *own)
{
	for (;;)
		madvise((void *)own->start, SM_OWN_BYTES, MADV_DONTNEED);
}

/* The child: is gone with full mirrors, as soon as its descriptor is safe. */
static void release_child(const struct sm_run_spec *spec,
			  const struct release_way *way, int sock)
{
	struct release_report r = { .own.start = way->make() };
	struct sm_device d = { .fd = -1 };
	char ack;

	r.err = r.own.start ? sm_own_begin(spec, &d, &r.own) : -ENOMEM;
	if (!r.err && way->live)
		r.err = way->live(spec, &d, &r.own, &r.look);
	if (sm_handover_send(sock, &r, sizeof(r), d.fd >= 0 ? d.fd : sock))
		_exit(1);
	while (read(sock, &ack, 1) < 0 && errno == EINTR)
		continue;
	if (way->last)
		way->last(&r.own);
	_exit(0);
}

static void release_count(const struct release *r)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (!strcmp(sm_ops[row].name, r->way->op))
			r->host->scene->result->ops[row] += r->report.own.nr;
}

/*
 * A fault holds the mm of the child: that is the moment. If none comes the child is
 * killed all the same, but that was no such op.
 */
static void kill_meanwhile(const struct release *r)
{
	struct sm_device d = { .fd = r->fd };
	struct sm_ioc_query q = { .mms = 0 };
	unsigned int i;
	int err = 0;

	for (i = 0; i < KILL_TRIES && !q.mms && !err; i++) {
		err = sm_device_query(&d, &q);
		sm_end_beat(r->host->end);
	}
	kill(r->child, SIGKILL);
	if (q.mms)
		release_count(r);
}

/*
 * At its exit, and agents use its mirrors: take its memory away. A driver that has to
 * sleep refuses (-EAGAIN), and so does the kernel when somebody holds mmap_lock.
 */
static void reap_stopped(const struct release *r)
{
	struct sm_host *host = r->host;
	unsigned int i;
	int err = -EAGAIN;

	for (i = 0; i < REAP_TRIES && err == -EAGAIN; i++) {
		err = sm_reap(r->child);
		sm_end_beat(host->end);
		sm_util_nap(REAP_LOOK_NS);
	}
	/* Refused or not: it was asked for what must not sleep. */
	host->scene->result->nonblock = !err || err == -EAGAIN;
	if (!err)
		host->scene->result->reaped += r->report.own.nr;
	else if (err != -EAGAIN)
		sm_end_break(host->end, "op reap: process_mrelease: %s",
			     strerror(-err));
}

/* Who does not let its memory be taken away has it until it is gone: that is legal. */
static void oom_stopped(const struct release *r)
{
	struct sm_host *host = r->host;
	unsigned long status = 0;
	bool reaped = false;
	unsigned int i;

	if (ptrace(PTRACE_GETEVENTMSG, r->child, NULL, &status) < 0 ||
	    !WIFSIGNALED(status)) {
		sm_end_break(host->end, "op oom: nobody killed the child");
		return;
	}
	release_count(r);
	for (i = 0; i < OOM_TRIES && !reaped; i++) {
		sm_end_beat(host->end);
		sm_util_nap(REAP_LOOK_NS);
		reaped = sm_starve_reaped(r->child);
	}
	if (!reaped)
		return;
	host->scene->result->nonblock = true;
	host->scene->result->reaped += r->report.own.nr;
}

static uint64_t release_first(const uint64_t *buf, uint64_t nr)
{
	uint64_t i;

	for (i = 0; i < nr; i++)
		if (buf[i] & SM_ENT_PRESENT)
			break;
	return i;
}

/*
 * The mm of a dead process lives on for as long as anybody looks at it (ps,
 * say, or a fault of the device's own), and with it the mirror: give it time.
 * Until it is gone the module refuses to answer (-EPERM).
 */
static void release_judge(const struct release *r, struct sm_device *d,
			  const struct sm_mirror *m)
{
	struct sm_host *host = r->host;
	const uint64_t start = r->report.own.start;
	struct sm_hit h = {
		.kind = SM_KIND_OUTLIVED,
		.mirror = m,
		.op = r->way->op,
	};
	uint64_t buf[SM_OWN_PAGES], word, present, i;
	unsigned int tries;
	int snap, access;

	for (tries = 0;; tries++) {
		sm_end_beat(host->end);
		present = 0;
		snap = sm_device_snapshot(d, m->id, start, start + SM_OWN_BYTES,
					  buf, &present);
		access = sm_device_access(d, m->id, false, start, &word,
					  sizeof(word), NULL);
		if (!snap && !present && access == -ESRCH) {
			host->scene->result->released++;
			return;
		}
		if (tries == RELEASE_TRIES)
			break;
		sm_util_nap(RELEASE_NAP_NS);
	}
	h.va = start;
	if (!snap && present) {
		i = release_first(buf, SM_OWN_PAGES);
		h.oracle = "pagemap";
		h.va += i << SM_PAGE_SHIFT;
		h.mirror_entry = buf[i];
		sm_docket_hit(host->docket, &h,
			      "%llu entries are left of a process that is dead",
			      (unsigned long long)present);
	}
	if (snap || access != -ESRCH) {
		h.oracle = "late";
		sm_docket_hit(host->docket, &h,
			      "the device of a dead process goes on: access says \"%s\", snapshot \"%s\"",
			      strerror(-access), strerror(-snap));
	}
}

static unsigned int release_row(const char *op)
{
	unsigned int row = 0;

	while (sm_ops[row].name && strcmp(sm_ops[row].name, op))
		row++;
	return row;
}

static void release_changed(const struct release *r)
{
	const struct sm_look *look = &r->report.look;
	struct sm_scene *scene = r->host->scene;

	scene->result->ops[release_row(r->way->op)] += look->changed;
	sm_look_judge(r->host->docket, look, scene->mirrors, r->way->op,
		      r->way->changes);
}

static void release_inspect(const struct release *r)
{
	struct sm_scene *scene = r->host->scene;
	const struct sm_own *own = &r->report.own;
	struct sm_device d = { .fd = r->fd };
	uint64_t taken = 0;
	unsigned int i;

	for (i = 0; i < own->nr; i++) {
		scene->mirrors[i].id = own->ids[i];
		scene->mirrors[i].name =
			sm_profiles[scene->spec->profiles[i]].name;
	}
	scene->nr_mirrors = own->nr;
	release_changed(r);
	for (i = 0; i < own->nr; i++)
		release_judge(r, &d, &scene->mirrors[i]);
	sm_own_end(&d, own);
	if (r->way->event == PTRACE_EVENT_EXEC)
		scene->result->execs += own->nr;
	else
		scene->result->exits += own->nr;
	sm_oracle_take(r->host->docket, &d, &taken);
	scene->nr_mirrors = 0;
}

static void release_conclude(const struct release *r)
{
	const struct sm_host *host = r->host;

	if (r->report.err)
		sm_end_break(host->end, "op %s: the child failed: %s",
			     r->way->op, strerror(-r->report.err));
	else if (!r->report.own.present &&
		 sm_set_empty(&host->scene->spec->defects))
		sm_end_break(host->end, "op %s: the child's mirrors are empty",
			     r->way->op);
	else
		release_inspect(r);
}

/* It has become another program, and does not come to run it. */
static void exec_stopped(const struct release *r)
{
	release_conclude(r);
	kill(r->child, SIGKILL);
}

static void release_stop(const struct release *r, struct sm_patience *wait)
{
	int status, err = sm_child_stop(r->child, &status, wait);

	/* Of one that hangs the caller tells more. */
	if (err == -ETIMEDOUT)
		return;
	if (err || !WIFSTOPPED(status) ||
	    status >> 8 != (SIGTRAP | r->way->event << 8)) {
		sm_end_break(r->host->end,
			     "op %s: the child did not stop where it has to",
			     r->way->op);
		if (!err && WIFSTOPPED(status))
			kill(r->child, SIGKILL);
		return;
	}
	r->way->stopped(r);
	ptrace(PTRACE_DETACH, r->child, NULL, NULL);
}

static void release_parent(struct release *r, int sock)
{
	const struct release_way *way = r->way;
	struct sm_end *end = r->host->end;
	struct sm_patience p = sm_end_patience(end, 1);
	struct sm_child_end how;
	char who[32];
	int err = 0;

	r->fd = sm_handover_receive(sock, &r->report, sizeof(r->report), &p);
	if (way->event &&
	    ptrace(PTRACE_SEIZE, r->child, NULL, SM_BIT(way->event)) < 0)
		sm_end_break(end, "op %s: %s", way->op, strerror(errno));
	if (way->told && r->fd >= 0)
		err = way->told(r->child);
	if (err)
		sm_end_break(end, "op %s: %s", way->op, strerror(-err));
	/* Hold the descriptor before the child may go; and untraced it must not. */
	if (end->broken || send(sock, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		kill(r->child, SIGKILL);
	else if (way->meanwhile && r->fd >= 0)
		way->meanwhile(r);
	if (way->event && r->fd >= 0 && !end->broken)
		release_stop(r, &p);
	err = sm_child_wait(r->child, &how, &p);
	snprintf(who, sizeof(who), "the child of op %s", way->op);
	if (err == -ETIMEDOUT || r->fd == -ETIMEDOUT)
		sm_end_lose(end, who, &how);
	else if (r->fd < 0)
		sm_end_break(end, "op %s: the child is lost: %s", way->op,
			     strerror(-r->fd));
	else if (way->event != PTRACE_EVENT_EXEC)
		release_conclude(r);
	if (r->fd >= 0)
		close(r->fd);
}

static void release_check(struct sm_host *host, const struct release_way *way)
{
	struct release r = { .host = host, .way = way };
	int socks[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0) {
		sm_end_break(host->end, "op %s: %s", way->op, strerror(errno));
		return;
	}
	r.child = sm_child_fork();
	if (!r.child) {
		close(socks[0]);
		release_child(host->scene->spec, way, socks[1]);
	}
	close(socks[1]);
	if (r.child < 0)
		sm_end_break(host->end, "op %s: %s", way->op,
			     strerror(-r.child));
	else
		release_parent(&r, socks[0]);
	close(socks[0]);
}

static const struct release_way release_ways[] = {
	{ .op = SM_OPS_EXIT, .make = release_map },
	{
		.op = SM_OPS_KILL,
		.make = release_map,
		.last = kill_last,
		.meanwhile = kill_meanwhile,
	},
	{
		.op = SM_OPS_EXEC,
		.event = PTRACE_EVENT_EXEC,
		.make = release_map,
		.last = exec_last,
		.stopped = exec_stopped,
	},
	{ .op = SM_OPS_BRK, .make = sm_heap_make, .live = sm_heap_churn,
	  .changes = "heap" },
	{ .op = SM_OPS_PART, .make = sm_gib_make, .live = sm_gib_part,
	  .changes = "mapping" },
	{
		.op = SM_OPS_REAP,
		.event = PTRACE_EVENT_EXIT,
		.make = release_map,
		.stopped = reap_stopped,
	},
	{
		.op = SM_OPS_OOM,
		.event = PTRACE_EVENT_EXIT,
		.make = release_map,
		.told = sm_starve_begin,
		.last = sm_starve_last,
		.stopped = oom_stopped,
	},
};

static bool release_wants(const struct sm_scene *scene, const char *op)
{
	unsigned int row = release_row(op);

	return scene->spec->backend->profiled && sm_set_has(&scene->ops, row) &&
	       (sm_ops[row].memory & ~scene->lacks[row]);
}

static bool release_prepare(struct sm_host *host, void *state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(release_ways); i++)
		if (!sm_end_stopping(host->end) &&
		    release_wants(host->scene, release_ways[i].op))
			release_check(host, &release_ways[i]);
	return !sm_end_stopping(host->end);
}

const struct sm_actor sm_actor_release = {
	.name = "release",
	.prepare = release_prepare,
};
