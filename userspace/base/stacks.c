// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where in the kernel processes hang, even such that cannot be killed.
 *
 * Who hangs may hold its mmap lock, for ever: so nothing is read that takes it,
 * which maps, smaps, cmdline, environ and exe do. Nor are stat and status, which
 * hold on to the mm for a moment: if the last other holder lets go meanwhile, the
 * reader is who tears it down, and hangs in the same driver's release(). Left are
 * comm and wchan, which take spinlocks, and syscall and stack, which wait for
 * an execve() of the process alone. Of a process that was killed, what is asleep
 * is in state D.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stacks.h"
#include "util.h"

#define MAX_FRAMES	32
#define MAX_THREADS	256
#define CUT		"...\n"

/**
 * struct sm_stacks - a text that grows
 * @buf: where
 * @size: room there
 * @len: bytes so far, less than @size
 * @full: something did not fit
 * @threads: told of so far
 */
struct sm_stacks {
	char *buf;
	size_t size;
	size_t len;
	bool full;
	unsigned int threads;
};

static void say(struct sm_stacks *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Whole pieces, or none. */
static void say(struct sm_stacks *s, const char *fmt, ...)
{
	va_list args;
	int n;

	if (s->full)
		return;
	va_start(args, fmt);
	n = vsnprintf(s->buf + s->len, s->size - s->len, fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < s->size - s->len) {
		s->len += n;
		return;
	}
	s->buf[s->len] = '\0';
	s->full = true;
}

/* Room for the mark is kept from the start. */
static void say_end(struct sm_stacks *s)
{
	if (s->full)
		memcpy(s->buf + s->len, CUT, sizeof(CUT));
}

/* Returns 0 and text that is clean, or a negative errno. */
static int read_file(int dir, const char *name, char *buf, size_t size)
{
	int n = sm_util_read_at(dir, name, buf, size), i;

	for (i = 0; i < n; i++)
		if (buf[i] != '\n' && !isprint((unsigned char)buf[i]))
			buf[i] = '?';
	return n < 0 ? n : 0;
}

/* The first line of a file, or @otherwise. */
static void read_line(int dir, const char *name, char *buf, size_t size,
		      const char *otherwise)
{
	if (read_file(dir, name, buf, size) || !buf[0])
		snprintf(buf, size, "%s", otherwise);
	buf[strcspn(buf, "\n")] = '\0';
}

/* "running", or the number of the call, six arguments, stack pointer and pc. */
static void say_state(struct sm_stacks *s, int dir)
{
	char call[256], wchan[128];
	int err = read_file(dir, "syscall", call, sizeof(call));
	long nr;

	read_line(dir, "wchan", wchan, sizeof(wchan), "?");
	call[err ? 0 : strcspn(call, "\n")] = '\0';
	nr = strtol(call, NULL, 10);
	if (err)
		say(s, "wchan %s (system call not readable: %s)\n", wchan,
		    strerror(-err));
	else if (!strcmp(call, "running"))
		say(s, "running\n");
	else if (!strcmp(call, "-1 0x0 0x0"))
		say(s, "has ended\n");
	else if (nr < 0)
		say(s, "asleep, wchan %s, in no system call\n", wchan);
	else
		say(s, "asleep, wchan %s, system call %s\n", wchan, call);
}

static void say_stack(struct sm_stacks *s, int dir)
{
	char stack[4096], *line, *rest;
	int err = read_file(dir, "stack", stack, sizeof(stack));
	unsigned int nr = 0;

	if (err)
		say(s, "\tstack not readable: %s\n", strerror(-err));
	for (line = err ? NULL : strtok_r(stack, "\n", &rest);
	     line && nr < MAX_FRAMES; line = strtok_r(NULL, "\n", &rest), nr++)
		say(s, "\t%s\n", line);
}

static void say_thread(struct sm_stacks *s, int tasks, pid_t pid,
		       const char *tid)
{
	int dir = openat(tasks, tid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char comm[64];

	if (dir < 0)
		return;
	read_line(dir, "comm", comm, sizeof(comm), "?");
	say(s, "thread %s (%s) of process %d: ", tid, comm, pid);
	say_state(s, dir);
	say_stack(s, dir);
	close(dir);
	s->threads++;
}

static void say_process(struct sm_stacks *s, pid_t pid)
{
	struct dirent *entry;
	char path[64];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && !s->full && s->threads < MAX_THREADS) {
		entry = readdir(tasks);
		if (!entry)
			break;
		if (isdigit((unsigned char)entry->d_name[0]))
			say_thread(s, dirfd(tasks), pid, entry->d_name);
	}
	if (tasks)
		closedir(tasks);
}

unsigned int sm_stacks_read(pid_t group, char *buf, size_t size)
{
	struct sm_stacks s = { .buf = buf, .size = size - (sizeof(CUT) - 1) };
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t pid;

	buf[0] = '\0';
	if (!proc)
		say(&s, "/proc: %s\n", strerror(errno));
	while (proc && !s.full && s.threads < MAX_THREADS) {
		entry = readdir(proc);
		if (!entry)
			break;
		pid = atoi(entry->d_name);
		if (pid > 0 && getpgid(pid) == group)
			say_process(&s, pid);
	}
	if (proc)
		closedir(proc);
	say_end(&s);
	return s.threads;
}
