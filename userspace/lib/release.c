// SPDX-License-Identifier: GPL-2.0-only
/*
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
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "ops.h"
#include "oracle.h"
#include "release.h"

#define RELEASE_PAGES		(2 * SM_GRANULE_PAGES)
#define RELEASE_BYTES		(RELEASE_PAGES * SM_PAGE_SIZE)
#define RELEASE_RING_ORDER	10
#define RELEASE_WAIT_NS		(5 * SM_NSEC)
#define RELEASE_NAP_NS		(5 * SM_MSEC)
#define FILL_TRIES		10
#define REAP_TRIES		20
#define REAP_LOOK_NS		(20 * SM_MSEC)	/* for agents to go on */
#define REAP_AGENT_NS		(50 * SM_USEC)	/* between accesses */
#define REAP_RING_ORDER		12

#ifndef SYS_process_mrelease
#define SYS_process_mrelease	448
#endif

/* What the child tells, beside its descriptor. */
struct release_report {
	int err;
	unsigned int nr;
	uint32_t ids[SM_MAX_PROFILES];
	uint64_t present;
};

/* A message with one descriptor in its control data. */
struct release_packet {
	struct iovec iov;
	struct msghdr msg;
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
};

static void release_wrap(struct release_packet *p, struct release_report *r)
{
	memset(p, 0, sizeof(*p));
	p->iov.iov_base = r;
	p->iov.iov_len = sizeof(*r);
	p->msg.msg_iov = &p->iov;
	p->msg.msg_iovlen = 1;
	p->msg.msg_control = p->control.buf;
	p->msg.msg_controllen = sizeof(p->control.buf);
}

static int release_send(int sock, struct release_report *r, int fd)
{
	struct release_packet p;

	release_wrap(&p, r);
	p.control.head.cmsg_level = SOL_SOCKET;
	p.control.head.cmsg_type = SCM_RIGHTS;
	p.control.head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&p.control.head), &fd, sizeof(fd));
	return sendmsg(sock, &p.msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int release_receive(int sock, struct release_report *r)
{
	struct release_packet p;
	ssize_t n;
	int fd;

	release_wrap(&p, r);
	do {
		n = recvmsg(sock, &p.msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n != sizeof(*r) || p.control.head.cmsg_len != CMSG_LEN(sizeof(fd)))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(&p.control.head), sizeof(fd));
	return fd;
}

/* Somebody has to use the mirror while the process is being reaped. */
static int release_start_agent(struct sm_device *d, uint32_t id)
{
	const struct sm_ioc_agent_start how = {
		.id = id,
		.flags = SM_AGENT_READ | SM_AGENT_WRITE,
		.ring_order = REAP_RING_ORDER,
		.start = SM_ARENA_START,
		.end = SM_ARENA_START + RELEASE_BYTES,
		.interval_ns = REAP_AGENT_NS,
		.read_word = SM_WORD_STAMP,
		.write_word = SM_WORD_AGENT,
	};
	struct sm_device_agent agent;

	return sm_device_agent_start(d, &how, &agent);
}

/* Somebody else, who migrates pages for example, may empty it at any time. */
static int release_fault(struct sm_device *d, uint32_t id, uint64_t *present)
{
	uint64_t start = SM_ARENA_START, end = start + RELEASE_BYTES;
	uint64_t buf[RELEASE_PAGES];
	unsigned int i;
	int err = -EBUSY;

	*present = 0;
	for (i = 0; i < FILL_TRIES && !*present; i++) {
		err = sm_device_fault(d, id, SM_FAULT_WRITE, 64, start, end,
				      NULL);
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

static int release_fill(const struct sm_run_spec *spec, struct sm_device *d,
			struct release_report *r, bool agents)
{
	uint64_t start = SM_ARENA_START, end = start + RELEASE_BYTES;
	uint64_t present;
	unsigned int i;
	int err;

	memset((void *)start, 0x5a, RELEASE_BYTES);
	for (i = 0; i < spec->nr_profiles; i++) {
		err = sm_device_mirror(d, spec->profiles[i],
				       sm_engine_defects(spec->defects,
							 spec->profiles[i]),
				       start, end, spec->amplify_ns,
				       &r->ids[i]);
		if (err)
			return err;
		r->nr = i + 1;
	}
	for (i = 0; i < r->nr; i++) {
		err = release_fault(d, r->ids[i], &present);
		if (err)
			return err;
		r->present += present;
		/*
		 * Where the kernel leaves a start open, an agent that is just
		 * about to fault would wait for its end for ever.
		 */
		if (agents && !(spec->defects &
				SM_BIT(SM_DEFECT_REFUSE_NONBLOCK)))
			err = release_start_agent(d, r->ids[i]);
		if (err)
			return err;
	}
	return 0;
}

static int release_set_up(const struct sm_run_spec *spec, struct sm_device *d,
			  struct release_report *r, bool agents)
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
	return release_fill(spec, d, r, agents);
}

/* The child: dies with full mirrors, as soon as its descriptor is safe. */
static void release_child(const struct sm_run_spec *spec, int sock,
			  bool agents)
{
	struct release_report r = { .nr = 0 };
	struct sm_device d;
	char ack;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	r.err = release_set_up(spec, &d, &r, agents);
	if (release_send(sock, &r, d.fd >= 0 ? d.fd : sock))
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
static void reap_child(struct sm_engine *e, pid_t child, unsigned int mirrors)
{
	unsigned int i;
	int status, err = -EAGAIN;

	if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status) ||
	    status >> 8 != (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
		sm_engine_break(e, "op reap: the child did not stop at its exit");
		return;
	}
	for (i = 0; i < REAP_TRIES && err == -EAGAIN; i++) {
		err = reap_once(child);
		sm_util_nap(REAP_LOOK_NS);
	}
	/* Refused or not: it was asked for what must not sleep. */
	e->nonblock = !err || err == -EAGAIN;
	if (!err)
		e->reaped += mirrors;
	else if (err != -EAGAIN)
		sm_engine_break(e, "op reap: process_mrelease: %s",
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
static void release_judge(struct sm_engine *e, struct sm_device *d,
			  const struct sm_mirror *m)
{
	uint64_t until = sm_util_now() + RELEASE_WAIT_NS;
	struct sm_hit h = { .mirror = m, .op = SM_OPS_EXIT };
	uint64_t buf[RELEASE_PAGES], word, present, i;
	int snap, access;

	for (;;) {
		present = 0;
		snap = sm_device_snapshot(d, m->id, SM_ARENA_START,
					  SM_ARENA_START + RELEASE_BYTES, buf,
					  &present);
		access = sm_device_access(d, m->id, false, SM_ARENA_START,
					  &word, sizeof(word), NULL);
		if (!snap && !present && access == -ESRCH) {
			e->released++;
			return;
		}
		if (sm_util_now() > until)
			break;
		sm_util_nap(RELEASE_NAP_NS);
	}
	h.va = SM_ARENA_START;
	if (!snap && present) {
		i = release_first(buf, RELEASE_PAGES);
		h.oracle = "pagemap";
		h.va += i << SM_PAGE_SHIFT;
		h.mirror_entry = buf[i];
		sm_oracle_hit(e, &h,
			      "%llu entries are left of a process that is dead",
			      (unsigned long long)present);
	}
	if (snap || access != -ESRCH) {
		h.oracle = "late";
		sm_oracle_hit(e, &h,
			      "the device of a dead process goes on: access says \"%s\", snapshot \"%s\"",
			      strerror(-access), strerror(-snap));
	}
}

static void release_inspect(struct sm_engine *e, int fd,
			    const struct release_report *r)
{
	struct sm_device d = { .fd = fd };
	uint64_t taken = 0;
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		e->mirrors[i].id = r->ids[i];
		e->mirrors[i].name = sm_profiles[e->spec->profiles[i]].name;
	}
	e->nr_mirrors = r->nr;
	for (i = 0; i < r->nr; i++)
		release_judge(e, &d, &e->mirrors[i]);
	e->exits += r->nr;
	sm_oracle_take(e, &d, &taken);
	e->nr_mirrors = 0;
}

static void release_parent(struct sm_engine *e, int sock, pid_t child,
			   bool reap)
{
	struct release_report r = { .nr = 0 };
	int fd = release_receive(sock, &r);
	int status;

	if (reap && ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_TRACEEXIT) < 0)
		sm_engine_break(e, "op reap: %s", strerror(errno));
	/* Hold the descriptor before the child may go. */
	if (send(sock, "", 1, MSG_NOSIGNAL) < 0)
		kill(child, SIGKILL);
	if (reap && fd >= 0 && !e->broken)
		reap_child(e, child, r.nr);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (fd < 0) {
		sm_engine_break(e, "op exit: the child is lost: %s",
				strerror(-fd));
		return;
	}
	if (r.err)
		sm_engine_break(e, "op exit: the child failed: %s",
				strerror(-r.err));
	else if (!r.present && !e->spec->defects)
		sm_engine_break(e, "op exit: the child's mirrors are empty");
	else
		release_inspect(e, fd, &r);
	close(fd);
}

/* sm_release_check() - only while the process has one thread. */
void sm_release_check(struct sm_engine *e, bool reap)
{
	int socks[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0) {
		sm_engine_break(e, "op exit: %s", strerror(errno));
		return;
	}
	child = fork();
	if (!child) {
		close(socks[0]);
		release_child(e->spec, socks[1], reap);
	}
	close(socks[1]);
	if (child < 0)
		sm_engine_break(e, "op exit: %s", strerror(errno));
	else
		release_parent(e, socks[0], child, reap);
	close(socks[0]);
}
