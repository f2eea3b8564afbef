// SPDX-License-Identifier: GPL-2.0-only
/* Ops that meet what was found in gntdev, see docs/found. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/guard.h"
#include "common.h"
#include "finish.h"
#include "judge/known.h"
#include "map.h"
#include "op.h"
#include "page.h"

#define FREE_NS		(3 * SM_NSEC)
#define FREE_NAP_NS	(20 * SM_MSEC)
#define CHILD_SHARE	12	/* of sm_await_naps */

static bool known_avoided(const struct gnt_thread *g, enum sm_known known)
{
	return g->host->scene->spec->avoid >> known & 1;
}

/* A place whose page is in no other, or -1. */
static int known_pick(struct gnt_thread *g, const struct gnt_map *m)
{
	unsigned int i, at = sm_rng_below(&g->rng, GNT_MAP_PAGES);

	for (i = 0; i < GNT_MAP_PAGES; i++, at++) {
		at %= GNT_MAP_PAGES;
		if (gnt_map_holds(m, at) &&
		    m->page[at]->uses == 1 && m->page[at]->view)
			return at;
	}
	return -1;
}

static int known_unmap(struct gnt_map *m, unsigned int place)
{
	gnt_map_announce(m, place, place + 1, GNT_NONE);
	return munmap(gnt_map_at(m, place), SM_PAGE_SIZE) < 0 ? -errno : 0;
}

/*
 * While somebody holds a page, its grant may stay in use; but not for good. The
 * page goes with the map, so its granter may have it back then.
 */
static int known_wait_free(struct gnt_thread *g, struct gnt_page *p)
{
	uint64_t until = sm_util_now() + FREE_NS;
	uint32_t ref = p->ref;
	int err;

	/* As if it were mapped still: it need not be free at once. */
	p->uses++;
	err = gnt_page_give_up(g, p);
	gnt_page_put(p);
	while (!err && p->until && sm_util_now() < until) {
		sm_util_nap(FREE_NAP_NS);
		gnt_page_poll(g);
	}
	if (!err && p->until)
		gnt_accuse(g->host, "refs", SM_KIND_KNOWN + SM_KNOWN_GNTDEV_PIN,
			   g->op, 0,
			   "grant %u, unmapped while its page was pinned, stays in use (%s)",
			   ref, sm_known[SM_KNOWN_GNTDEV_PIN].page);
	return err;
}

/*
 * A page is unmapped while a pipe holds it. No other page of the map until then:
 * the driver would make a new work of the one that waits, and the workqueue oopses.
 */
static int known_pin(struct gnt_thread *g, struct gnt_map *m)
{
	int place = known_pick(g, m), pipes[2], err;
	struct gnt_page *p;
	struct iovec io;

	if (known_avoided(g, SM_KNOWN_GNTDEV_PIN) || place < 0)
		return gnt_finish_refused(g, m);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	p = m->page[place];
	io.iov_base = gnt_map_at(m, place);
	io.iov_len = SM_PAGE_SIZE;
	err = vmsplice(pipes[1], &io, 1, SPLICE_F_NONBLOCK) == SM_PAGE_SIZE ? 0 : -EIO;
	if (!err)
		err = known_unmap(m, place);
	gnt_map_verify(g, m);
	gnt_map_commit(m);
	close(pipes[0]);
	close(pipes[1]);
	return err ? err : known_wait_free(g, p);
}

/* What the child does: 1 if it can read what its parent has unmapped. */
static int known_child(const struct gnt_map *m, unsigned int place,
		       const int pipes[2])
{
	uint64_t va = (uint64_t)gnt_map_at(m, place), value;
	char go;

	close(pipes[1]);
	if (!sm_guard_read(va, &value) || read(pipes[0], &go, 1) != 1)
		return 0;
	return sm_guard_read(va, &value);
}

/* A process forks that has asked to pass on its map. */
static int known_dofork(struct gnt_thread *g, struct gnt_map *m)
{
	int place = known_pick(g, m), pipes[2], status, err, end;
	pid_t pid;

	if (known_avoided(g, SM_KNOWN_GNTDEV_DOFORK) || place < 0)
		return gnt_finish_refused(g, m);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	/* To refuse that would be one way to be right. */
	madvise(gnt_map_at(m, place), SM_PAGE_SIZE, MADV_DOFORK);
	pid = gnt_fork(g);
	if (!pid)
		_exit(known_child(m, place, pipes));
	err = pid < 0 ? pid : known_unmap(m, place);
	gnt_map_verify(g, m);
	gnt_map_commit(m);
	if (write(pipes[1], "", 1) != 1 && !err)
		err = -errno;
	end = pid < 0 ? 0 :
			sm_end_child(g->host->end, pid, g->op,
				     &g->t->flight->beats, &status);
	err = err ? err : end;
	close(pipes[0]);
	close(pipes[1]);
	if (!err && WIFEXITED(status) && WEXITSTATUS(status))
		gnt_accuse(g->host, "content",
			   SM_KIND_KNOWN + SM_KNOWN_GNTDEV_DOFORK, g->op,
			   (uint64_t)gnt_map_at(m, place),
			   "a forked process reads a grant that its parent has unmapped (%s)",
			   sm_known[SM_KNOWN_GNTDEV_DOFORK].page);
	return err;
}

/*
 * A map with a notice of a page that cannot be written: the map is read-only,
 * or one of its grants does not exist. In a process of its own, as that may
 * never come back.
 */
static int known_notice_child(const uint32_t *refs, bool bad)
{
	int prot = bad ? PROT_READ | PROT_WRITE : PROT_READ;
	int fd = gnt_dev_open(GNT_DEVICE);
	uint64_t offset;
	void *map;

	if (fd < 0 || gnt_dev_list(fd, refs, 2, &offset) ||
	    gnt_dev_notify(fd, offset + SM_PAGE_SIZE))
		return 0;
	map = mmap(NULL, 2 * SM_PAGE_SIZE, prot, MAP_SHARED, fd, offset);
	if (map != MAP_FAILED)
		munmap(map, 2 * SM_PAGE_SIZE);
	return 0;
}

/*
 * Did it end in time, and of itself? An oops ends a process by SIGSEGV; SIGKILL is
 * somebody else's doing, or the OOM killer's.
 */
static bool known_ended(struct gnt_thread *g, pid_t pid)
{
	struct sm_patience p = {
		.naps = sm_await_naps / CHILD_SHARE,
		.beats = &g->t->flight->beats,
	};
	struct sm_child_end end;

	if (sm_child_wait(pid, &end, &p))
		return false;
	if (WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGKILL)
		sm_end_break(g->host->end, "a child was killed");
	return WIFEXITED(end.status) || WTERMSIG(end.status) == SIGKILL;
}

/* A process asks for notices that cannot be written. */
static int known_notice(struct gnt_thread *g, struct gnt_map *m)
{
	bool bad = sm_rng_one_in(&g->rng, 2);
	struct gnt_page *p = gnt_page_pick(g);
	uint32_t refs[2];
	pid_t pid;

	if (!p)
		return -errno;
	if (known_avoided(g, SM_KNOWN_GNTDEV_NOTICE))
		return gnt_finish_refused(g, m);
	refs[0] = p->ref;
	refs[1] = bad ? GNT_BAD_REF : p->ref;
	pid = gnt_fork(g);
	if (!pid)
		_exit(known_notice_child(refs, bad));
	if (pid < 0)
		return pid;
	if (!known_ended(g, pid))
		gnt_accuse(g->host, "kernel",
			   SM_KIND_KNOWN + SM_KNOWN_GNTDEV_NOTICE, g->op, 0,
			   "a process died in gntdev, of a notice for %s page (%s)",
			   bad ? "an unmapped" : "a read-only",
			   sm_known[SM_KNOWN_GNTDEV_NOTICE].page);
	return gnt_finish(g, m);
}

/*
 * A debugger's write to a private map, which may not be writable: it would put a
 * copy in the place of the granted page.
 */
static int known_force(struct gnt_thread *g, struct gnt_map *m)
{
	int place = m->shared ? -1 : known_pick(g, m), mem;
	uint64_t va = (uint64_t)gnt_map_at(m, place), value = ~0ULL;
	ssize_t written;

	if (known_avoided(g, SM_KNOWN_GNTDEV_PRIVATE) || place < 0)
		return gnt_finish_refused(g, m);
	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (mem < 0)
		return -errno;
	written = pwrite(mem, &value, sizeof(value), va);
	close(mem);
	if (written > 0)
		gnt_accuse(g->host, "perm",
			   SM_KIND_KNOWN + SM_KNOWN_GNTDEV_PRIVATE, g->op, va,
			   "a private map of grants was written to (%s)",
			   sm_known[SM_KNOWN_GNTDEV_PRIVATE].page);
	else
		gnt_map_verify(g, m);
	return 0;
}

const struct gnt_op gnt_known[] = {
	{
		.op = {
			.name = "grant-pin",
			.class = "grant",
			.about = "unmaps a page that a pipe holds",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = known_pin,
	},
	{
		.op = {
			.name = "grant-dofork",
			.class = "fork",
			.about = "forks a process that wants to pass its map on",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = known_dofork,
	},
	{
		.op = {
			.name = "grant-notice",
			.class = "fork",
			.about = "asks for notices that cannot be written",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = known_notice,
	},
	{
		.op = {
			.name = "grant-force",
			.class = "grant",
			.about = "writes to a private map as a debugger does",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = known_force,
	},
	{ .op = { .name = NULL } }
};
