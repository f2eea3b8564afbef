// SPDX-License-Identifier: GPL-2.0-only
/*
 * What another process does to the storm's memory: a child, which has no part of the
 * arena (sm_arena_map()), writes to its parent's, as a debugger too, or gives advice
 * on it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/ops.h"
#include "base/util.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

#ifndef SYS_process_madvise
#define SYS_process_madvise	440
#endif

#define OUTSIDE_PAGES	16

/* What is to be written to each page: its next stamp, and whose it is. */
struct outside_write {
	uint64_t stamp[OUTSIDE_PAGES];
	uint64_t cookie;
};

/* In the child of a threaded process: no function that might take a lock. */
static int outside_put(pid_t parent, uint64_t va, uint64_t *value)
{
	struct iovec local = { value, sizeof(*value) };
	struct iovec remote = { (void *)va, sizeof(*value) };

	return process_vm_writev(parent, &local, 1, &remote, 1, 0) ==
			       sizeof(*value) ? 0 : errno;
}

/* What is written as a debugger does may be read-only for everybody else. */
static int outside_debug(pid_t thread, uint64_t va, uint64_t *value)
{
	return ptrace(PTRACE_POKEDATA, thread, (void *)va, (void *)*value) < 0 ?
		       errno : 0;
}

static int outside_write(pid_t who, const struct sm_span *s,
			 struct outside_write *w,
			 int (*put)(pid_t who, uint64_t va, uint64_t *value))
{
	uint64_t i, va = s->start;
	int err = 0;

	for (i = 0; i < s->nr && !err; i++, va += SM_PAGE_SIZE) {
		err = put(who, va + 8 * SM_WORD_COOKIE, &w->cookie);
		if (!err)
			err = put(who, va + 8 * SM_WORD_STAMP, &w->stamp[i]);
	}
	return err;
}

/* The thread waits for us, and stops meanwhile. It goes on when we have ended. */
static int outside_trace(pid_t thread, const struct sm_span *s,
			 struct outside_write *w)
{
	int status;

	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0 ||
	    ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0 ||
	    waitpid(thread, &status, __WALL) < 0)
		return errno;
	return outside_write(thread, s, w, outside_debug);
}

static int outside_advise(pid_t parent, const struct sm_span *s)
{
	struct iovec range = { (void *)s->start, s->end - s->start };
	int fd = syscall(SYS_pidfd_open, parent, 0);

	if (fd < 0)
		return errno;
	return syscall(SYS_process_madvise, fd, &range, 1, MADV_PAGEOUT, 0) < 0 ?
		       errno : 0;
}

/* Wait for a child that exits with an errno. */
static int outside_wait(struct sm_storm_thread *t, pid_t child)
{
	int status;
	int err = sm_end_child(t->end, child,
			       sm_ops[sm_read(&t->flight->row) - 1].name,
			       &t->flight->beats, &status);

	if (err)
		return err;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static void outside_child(struct sm_storm_thread *t, const struct sm_span *s,
			  struct outside_write *w, pid_t parent, bool debug)
{
	if (debug)
		_exit(outside_trace(sm_read(&t->flight->tid), s, w));
	_exit(outside_write(parent, s, w, outside_put));
}

/* Zero pages, which are copied for who writes, be it from outside. */
static int outside_poke(struct sm_storm_thread *t, const struct sm_span *s,
			bool debug)
{
	static const struct sm_change c = {
		.clear = SM_TAG_ZERO,
		.set = SM_TAG_STAMP,
		.stamps = 1,
	};
	struct sm_span part = sm_span_part(s, 0, s->nr < OUTSIDE_PAGES ?
							 s->nr : OUTSIDE_PAGES);
	struct outside_write w = { .cookie = t->scene->model.cookie };
	pid_t child, parent = getpid();
	uint64_t i;
	int err = sm_span_drop(t, s);

	if (err)
		return err;
	sm_touch_read(t);
	if (debug)
		err = sm_span_protect(t, &part, PROT_READ);
	if (err)
		return err;
	for (i = 0; i < part.nr; i++)
		w.stamp[i] = sm_span_next(t, part.first + i);
	sm_span_announce(t, &part, c);
	child = sm_child_fork();
	if (!child)
		outside_child(t, &part, &w, parent, debug);
	err = child < 0 ? child : outside_wait(t, child);
	/* yama or another security module, or there is a debugger already */
	if (err == -EPERM || err == -EACCES) {
		t->counted = false;
		sm_span_blur(t, &part);
		return sm_span_replace(t, s);
	}
	if (!err)
		sm_span_commit(t, &part);
	return err;
}

static int outside_copy(struct sm_storm_thread *t, const struct sm_span *s)
{
	return outside_poke(t, s, false);
}

static int outside_ptrace(struct sm_storm_thread *t, const struct sm_span *s)
{
	return outside_poke(t, s, true);
}

static int outside_pageout(struct sm_storm_thread *t, const struct sm_span *s)
{
	pid_t child, parent = getpid();
	int err;

	sm_touch_before(t);
	child = sm_child_fork();
	if (!child)
		_exit(outside_advise(parent, s));
	err = child < 0 ? child : outside_wait(t, child);
	t->counted = !err;
	return err == -EPERM ? 0 : err;
}

/* Of oneself is enough to see whether there is such a call. */
static const char *outside_no_advice(const struct sm_need *n)
{
	int fd = syscall(SYS_pidfd_open, getpid(), 0);
	long ret = fd < 0 ? -1 : syscall(SYS_process_madvise, fd, NULL, 0,
					 MADV_PAGEOUT, 0);

	if (fd >= 0)
		close(fd);
	if (geteuid())
		return "advice on another process is for root alone (CAP_SYS_NICE)";
	return ret < 0 ? n->why : NULL;
}

/* Nobody's child may trace him, unless he says so: yama, where it is on. */
static const char *outside_no_tracer(const struct sm_need *n)
{
	return geteuid() && sm_util_read_u64(SM_NEEDS_YAMA, 0) ? n->why : NULL;
}

const struct sm_op sm_ops_outside[] = {
	{
		.name = "outside-write",
		.class = "outside",
		.about = "has another process write (process_vm_writev)",
		.memory = SM_MEM_ANY_ANON,
		.slow = true,
		.rare = true,
		.emitters = { "wp_page_copy", "zap_page_range_single", NULL },
		.apply = outside_copy,
	},
	{
		.name = "outside-ptrace",
		.class = "outside",
		.about = "has a debugger write to read-only pages (PTRACE_POKEDATA)",
		.memory = SM_MEM_ANY_ANON,
		.slow = true,
		.rare = true,
		.emitters = { "wp_page_copy", "change_pud_range", NULL },
		.needs = { {
			.lacks = sm_needs_tracer,
		}, {
			.lacks = outside_no_tracer,
			.why = "a parent is debugged by root alone (kernel.yama.ptrace_scope)",
		} },
		.apply = outside_ptrace,
	},
	{
		.name = "outside-pageout",
		.class = "outside",
		.about = "has another process reclaim pages (process_madvise)",
		.memory = SM_MEM_ANY & ~SM_MEM_KEPT,
		.slow = true,
		.rare = true,
		.needs_root = true,
		.emitters = { "try_to_unmap_one", "try_to_migrate_one",
			      "__split_huge_pmd", NULL },
		.needs = { {
			.lacks = outside_no_advice,
			.why = "no process_madvise() (Linux 5.10)",
		} },
		.apply = outside_pageout,
	},
	{ .name = NULL }
};
