// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device keeps of a dead process: rows "exit" and "reap" of the op table,
 * applied once per run, before the storm.
 *
 * A child puts the same mirrors, with the same defects, on memory of its own,
 * lets the device fill them, hands its descriptor to the parent and exits. The
 * mirrors must be empty then, and the device must refuse to go on.
 *
 * What a device keeps of a process that dies, all at once (exit) or after its
 * memory was reaped from outside (reap). process_mrelease() takes pages away in
 * the OOM reaper's way: its notifications must not sleep. It only wants a
 * process that is on its way out but still has its memory, and that is what a
 * tracer sees at PTRACE_EVENT_EXIT: exit_group() has begun (do_exit() in
 * kernel/exit.c), exit_mm() has not.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"
#include "backends/host.h"
#include "base/child.h"
#include "handover.h"
#include "judge/oracle.h"
#include "module/defects.h"
#include "module/needs.h"
#include "module/profiles.h"

#define RELEASE_PAGES		(2 * SM_GRANULE_PAGES)
#define RELEASE_BYTES		(RELEASE_PAGES * SM_PAGE_SIZE)
#define RELEASE_RING_ORDER	10
#define RELEASE_TRIES		1000
#define RELEASE_NAP_NS		(5 * SM_MSEC)	/* between tries */
#define FILL_TRIES		10
#define REAP_TRIES		20
#define REAP_LOOK_NS		(20 * SM_MSEC)	/* for agents to go on */
#define REAP_AGENT_NS		(50 * SM_USEC)	/* between accesses */
#define REAP_RING_ORDER		12
#define RELEASE_AGENTS		12	/* or one for each mirror, if these are more */
#define RELEASE_WARM		4	/* accesses */
#define RELEASE_WARM_TRIES	500	/* a millisecond each */
#define RELEASE_AMPLIFY_NS	(10 * SM_MSEC)	/* so that jobs are under way */

#define EVERY_LOCK \
	"every lock is reported (CONFIG_PREEMPT_RT with CONFIG_DEBUG_ATOMIC_SLEEP)"

#ifndef SYS_process_mrelease
#define SYS_process_mrelease	448
#endif

/* What the child tells, beside its descriptor. */
struct release_report {
	int err;
	unsigned int nr;
	uint32_t ids[SM_MAX_PROFILES];
	unsigned int agents;
	uint64_t present;
};

/* Returns when it is at work; if it never is, others will be. */
static int release_start_agent(struct sm_device *d, uint32_t id, bool reads,
			       uint64_t seed)
{
	const struct sm_ioc_agent_start how = {
		.id = id,
		.seed = seed,
		.flags = SM_AGENT_READ | (reads ? 0 : SM_AGENT_WRITE),
		.ring_order = REAP_RING_ORDER,
		.start = SM_ARENA_START,
		.end = SM_ARENA_START + RELEASE_BYTES,
		.interval_ns = REAP_AGENT_NS,
		.read_word = SM_WORD_STAMP,
		.write_word = SM_WORD_AGENT,
	};
	struct sm_device_agent agent;
	unsigned int i;
	int err = sm_device_agent_start(d, &how, &agent);

	for (i = 0; i < RELEASE_WARM_TRIES && !err &&
	     sm_read(&agent.ring->accesses) < RELEASE_WARM; i++)
		sm_util_nap(SM_MSEC);
	return err;
}

/*
 * Somebody has to use the mirror while the process is reaped or exits: several, so that
 * one of them is in the middle of something.
 */
static int release_start_agents(struct sm_device *d, struct release_report *r,
				uint32_t id, bool reads)
{
	unsigned int i, nr = RELEASE_AGENTS / r->nr;
	int err = 0;

	for (i = 0; (!i || i < nr) && !err; i++) {
		err = release_start_agent(d, id, reads, i);
		r->agents += !err;
	}
	return err;
}

/* Somebody else, who migrates pages for example, may empty it at any time. */
static int release_fault(struct sm_device *d, uint32_t id, bool reads,
			 uint64_t *present)
{
	uint64_t start = SM_ARENA_START, end = start + RELEASE_BYTES;
	uint64_t buf[RELEASE_PAGES];
	unsigned int i;
	int err = -EBUSY;

	*present = 0;
	for (i = 0; i < FILL_TRIES && !*present; i++) {
		err = sm_device_fault(d, id, reads ? 0 : SM_FAULT_WRITE, 64,
				      start, end, NULL);
		if (err == -EINTR || err == -EBUSY)
			continue;
		if (!err)
			err = sm_device_snapshot(d, id, start, end, buf,
						 present);
		if (err)
			break;
	}
	return err;
}

/* Jobs are what is waited for: they take longer. */
static uint32_t release_amplify(const struct sm_run_spec *spec, unsigned int i)
{
	bool jobs = sm_profiles[spec->profiles[i]].lazy;

	return spec->amplify_ns && jobs ? RELEASE_AMPLIFY_NS : spec->amplify_ns;
}

static int release_fill(const struct sm_run_spec *spec, struct sm_device *d,
			struct release_report *r)
{
	uint64_t start = SM_ARENA_START, end = start + RELEASE_BYTES;
	struct sm_set defects;
	uint64_t present;
	unsigned int i;
	bool reads;
	int err;

	memset((void *)start, 0x5a, RELEASE_BYTES);
	for (i = 0; i < spec->nr_profiles; i++) {
		defects = sm_defects_of(&spec->defects, spec->profiles[i]);
		err = sm_device_mirror(d, spec->profiles[i], &defects, start,
				       end, release_amplify(spec, i),
				       &r->ids[i]);
		if (err)
			return err;
		r->nr = i + 1;
	}
	for (i = 0; i < r->nr; i++) {
		reads = sm_profiles[spec->profiles[i]].reads;
		err = release_fault(d, r->ids[i], reads, &present);
		if (err)
			return err;
		r->present += present;
		/*
		 * Where the kernel leaves a start open, an agent that is just
		 * about to fault would wait for its end for ever.
		 */
		if (!sm_set_has(&spec->defects, SM_DEFECT_REFUSE_NONBLOCK))
			err = release_start_agents(d, r, r->ids[i], reads);
		if (err)
			return err;
	}
	return 0;
}

static int release_set_up(const struct sm_run_spec *spec, struct sm_device *d,
			  struct release_report *r)
{
	char why[128];
	void *p;
	int err;

	err = sm_device_open(d, why, sizeof(why));
	if (err)
		return err;
	p = mmap((void *)SM_ARENA_START, RELEASE_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	err = sm_device_setup(d, SM_ARENA_START, SM_ARENA_START + RELEASE_BYTES,
			      RELEASE_RING_ORDER, 0x5a5a5a5a5a5a5a5aULL);
	if (err)
		return err;
	return release_fill(spec, d, r);
}

/* The child: dies with full mirrors, as soon as its descriptor is safe. */
static void release_child(const struct sm_run_spec *spec, int sock)
{
	struct release_report r = { .nr = 0 };
	struct sm_device d;
	char ack;

	r.err = release_set_up(spec, &d, &r);
	if (sm_handover_send(sock, &r, sizeof(r), d.fd >= 0 ? d.fd : sock))
		_exit(1);
	while (read(sock, &ack, 1) < 0 && errno == EINTR)
		continue;
	_exit(0);
}

static int reap_once(pid_t child)
{
	int fd = syscall(SYS_pidfd_open, child, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_process_mrelease, fd, 0) < 0)
		err = -errno;
	close(fd);
	return err;
}

/*
 * The child has its mirrors, and agents use them: stop it at its exit, and take
 * its memory away. A driver that has to sleep refuses (-EAGAIN), and so does
 * the kernel when somebody holds mmap_lock.
 */
static void reap_child(struct sm_host *host, pid_t child, unsigned int mirrors,
		       struct sm_patience *wait)
{
	int status, err = sm_child_stop(child, &status, wait);
	unsigned int i;

	/* Of one that hangs the caller tells more. */
	if (err == -ETIMEDOUT)
		return;
	if (err || !WIFSTOPPED(status) ||
	    status >> 8 != (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
		sm_end_break(host->end,
			     "op reap: the child did not stop at its exit");
		return;
	}
	err = -EAGAIN;
	for (i = 0; i < REAP_TRIES && err == -EAGAIN; i++) {
		err = reap_once(child);
		sm_end_beat(host->end);
		sm_util_nap(REAP_LOOK_NS);
	}
	/* Refused or not: it was asked for what must not sleep. */
	host->scene->result->nonblock = !err || err == -EAGAIN;
	if (!err)
		host->scene->result->reaped += mirrors;
	else if (err != -EAGAIN)
		sm_end_break(host->end, "op reap: process_mrelease: %s",
			     strerror(-err));
	ptrace(PTRACE_DETACH, child, NULL, NULL);
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
static void release_judge(struct sm_host *host, struct sm_device *d,
			  const struct sm_mirror *m)
{
	struct sm_hit h = {
		.kind = SM_KIND_OUTLIVED,
		.mirror = m,
		.op = SM_OPS_EXIT,
	};
	uint64_t buf[RELEASE_PAGES], word, present, i;
	unsigned int tries;
	int snap, access;

	for (tries = 0;; tries++) {
		sm_end_beat(host->end);
		present = 0;
		snap = sm_device_snapshot(d, m->id, SM_ARENA_START,
					  SM_ARENA_START + RELEASE_BYTES, buf,
					  &present);
		access = sm_device_access(d, m->id, false, SM_ARENA_START,
					  &word, sizeof(word), NULL);
		if (!snap && !present && access == -ESRCH) {
			host->scene->result->released++;
			return;
		}
		if (tries == RELEASE_TRIES)
			break;
		sm_util_nap(RELEASE_NAP_NS);
	}
	h.va = SM_ARENA_START;
	if (!snap && present) {
		i = release_first(buf, RELEASE_PAGES);
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

/* Whatever they were in the middle of is over then. They are all there are. */
static void release_stop_agents(struct sm_device *d,
				const struct release_report *r)
{
	struct sm_device_agent a;

	for (a.id = 0; a.id < r->agents; a.id++)
		sm_device_agent_stop(d, &a);
}

static void release_inspect(struct sm_host *host, int fd,
			    const struct release_report *r)
{
	struct sm_device d = { .fd = fd };
	uint64_t taken = 0;
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		host->scene->mirrors[i].id = r->ids[i];
		host->scene->mirrors[i].name =
			sm_profiles[host->scene->spec->profiles[i]].name;
	}
	host->scene->nr_mirrors = r->nr;
	for (i = 0; i < r->nr; i++)
		release_judge(host, &d, &host->scene->mirrors[i]);
	release_stop_agents(&d, r);
	host->scene->result->exits += r->nr;
	sm_oracle_take(host->docket, &d, &taken);
	host->scene->nr_mirrors = 0;
}

static void release_conclude(struct sm_host *host, int fd,
			     const struct release_report *r)
{
	if (r->err)
		sm_end_break(host->end, "op exit: the child failed: %s",
			     strerror(-r->err));
	else if (!r->present && sm_set_empty(&host->scene->spec->defects))
		sm_end_break(host->end,
			     "op exit: the child's mirrors are empty");
	else
		release_inspect(host, fd, r);
}

static void release_parent(struct sm_host *host, int sock, pid_t child,
			   bool reap)
{
	struct sm_patience p = sm_end_patience(host->end, 1);
	struct release_report r = { .nr = 0 };
	int fd = sm_handover_receive(sock, &r, sizeof(r), &p);
	struct sm_child_end end;
	int err;

	if (reap && ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_TRACEEXIT) < 0)
		sm_end_break(host->end, "op reap: %s", strerror(errno));
	/* Hold the descriptor before the child may go. */
	if (send(sock, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		kill(child, SIGKILL);
	if (reap && fd >= 0 && !host->end->broken)
		reap_child(host, child, r.nr, &p);
	err = sm_child_wait(child, &end, &p);
	if (err == -ETIMEDOUT || fd == -ETIMEDOUT)
		sm_end_lose(host->end,
			    reap ? "the child of op reap" :
				   "the child of op exit",
			    &end);
	else if (fd < 0)
		sm_end_break(host->end, "op exit: the child is lost: %s",
			     strerror(-fd));
	else
		release_conclude(host, fd, &r);
	if (fd >= 0)
		close(fd);
}

static void release_check(struct sm_host *host, bool reap)
{
	int socks[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0) {
		sm_end_break(host->end, "op exit: %s", strerror(errno));
		return;
	}
	child = sm_child_fork();
	if (!child) {
		close(socks[0]);
		release_child(host->scene->spec, socks[1]);
	}
	close(socks[1]);
	if (child < 0)
		sm_end_break(host->end, "op exit: %s", strerror(-child));
	else
		release_parent(host, socks[0], child, reap);
	close(socks[0]);
}

static const char *release_mrelease(const struct sm_need *n)
{
	int err = syscall(SYS_process_mrelease, -1, 0) < 0 ? -errno : 0;

	/* A kernel that knows the call knows that this is no descriptor. */
	return sm_needs_why(n, err == -EBADF ? 0 : err, SM_NEEDS_FORBIDDEN);
}

const struct sm_op sm_release_ops[] = {
	{
		.name = SM_OPS_EXIT,
		.class = "exit",
		.about = "a process dies while another holds its device file",
		.memory = SM_MEM_ANY_PAGES,
		.needs_root = true,
		.emitters = { "exit_mmap", NULL },
		.needs = { { .lacks = sm_needs_module } },
	},
	{
		.name = SM_OPS_REAP,
		.class = "exit",
		.about = "a dying process is reaped (process_mrelease)",
		.memory = SM_MEM_ANY_PAGES,
		.needs_root = true,
		.emitters = { "__oom_reap_task_mm", NULL },
		.needs = { {
			.lacks = release_mrelease,
			.why = "no process_mrelease() (Linux 5.15)",
		}, {
			.lacks = sm_needs_tracer,
		}, {
			.lacks = sm_needs_module,
		}, {
			.lacks = sm_needs_told,
			.feature = SM_FEATURE_NONBLOCK,
			.why = EVERY_LOCK,
		} },
	},
	{ .name = NULL }
};

static bool release_prepare(struct sm_host *host, void *state)
{
	(void)state;
	if (host->scene->exit)
		release_check(host, false);
	if (host->scene->reap && !sm_end_stopping(host->end))
		release_check(host, true);
	return !sm_end_stopping(host->end);
}

const struct sm_actor sm_actor_release = {
	.name = "release",
	.prepare = release_prepare,
};
