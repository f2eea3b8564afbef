// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a runner died of. What it noted lies in memory that it could write to
 * until the end: every number is clamped, every name is cleaned.
 */
#include <ctype.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/util.h"
#include "death.h"
#include "wire.h"

#ifndef SEGV_PKUERR
#define SEGV_PKUERR	4
#endif

#define NAME_MAX_LEN	32

/**
 * struct sm_death_line - a line that grows
 * @buf: where
 * @size: room there
 * @len: bytes so far, less than @size
 */
struct sm_death_line {
	char *buf;
	size_t size;
	size_t len;
};

/**
 * struct sm_death_cause - what a signal means
 * @signal: its number
 * @code: si_code, or 0: any
 * @text: for a person
 * @at: the address of the fault belongs to it
 */
struct sm_death_cause {
	int signal;
	int code;
	const char *text;
	bool at;
};

static const struct sm_death_cause causes[] = {
	{ SIGSEGV, SEGV_MAPERR, "no mapping", true },
	{ SIGSEGV, SEGV_ACCERR, "no permission", true },
	{ SIGSEGV, SEGV_PKUERR, "forbidden by a protection key", true },
	{ SIGSEGV, SI_KERNEL, "no address that could exist", false },
	{ SIGBUS, BUS_ADRALN, "not aligned", true },
	{ SIGBUS, BUS_ADRERR, "no memory to be had", true },
	{ SIGBUS, BUS_OBJERR, "hardware error", true },
	{ SIGBUS, BUS_MCEERR_AR, "memory failed", true },
	{ SIGBUS, BUS_MCEERR_AO, "memory failed", true },
	{ SIGILL, 0, "illegal instruction", true },
	{ SIGFPE, FPE_INTDIV, "division by zero", true },
	{ SIGFPE, 0, "arithmetic error", true },
	{ SIGTRAP, 0, "trap", true },
};

static const struct {
	int signal;
	const char *name;
} names[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGILL, "SIGILL" },
	{ SIGFPE, "SIGFPE" }, { SIGABRT, "SIGABRT" }, { SIGSYS, "SIGSYS" },
	{ SIGXFSZ, "SIGXFSZ" }, { SIGTRAP, "SIGTRAP" }, { SIGKILL, "SIGKILL" },
	{ SIGTERM, "SIGTERM" }, { SIGINT, "SIGINT" }, { SIGHUP, "SIGHUP" },
	{ SIGQUIT, "SIGQUIT" }, { SIGPIPE, "SIGPIPE" }, { SIGALRM, "SIGALRM" },
	{ SIGXCPU, "SIGXCPU" }, { SIGUSR1, "SIGUSR1" }, { SIGUSR2, "SIGUSR2" },
};

static void say(struct sm_death_line *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct sm_death_line *l, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(l->buf + l->len, l->size - l->len, fmt, args);
	va_end(args);
	if (n > 0)
		l->len += n;
	if (l->len >= l->size)
		l->len = l->size - 1;
}

/* A name that need not be one, nor end. */
static void say_name(struct sm_death_line *l, const char *name, size_t size)
{
	char clean[NAME_MAX_LEN + 1];
	size_t i;

	for (i = 0; i < size && i < NAME_MAX_LEN && name[i]; i++)
		clean[i] = isgraph((unsigned char)name[i]) ? name[i] : '?';
	clean[i] = '\0';
	say(l, "%s", clean);
}

static void say_signal(struct sm_death_line *l, int sig)
{
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(names); i++) {
		if (names[i].signal == sig) {
			say(l, "%s", names[i].name);
			return;
		}
	}
	say(l, "signal %d", sig);
}

static const struct sm_death_cause *find_cause(const struct sm_crash *c)
{
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(causes); i++)
		if (causes[i].signal == c->signal &&
		    (!causes[i].code || causes[i].code == c->code))
			return &causes[i];
	return NULL;
}

static void say_cause(struct sm_death_line *l, const struct sm_crash *c)
{
	const struct sm_death_cause *cause = find_cause(c);

	if (c->signal == SIGABRT && c->detail == c->pid)
		say(l, " (abort)");
	else if (c->signal == SIGXFSZ)
		return;
	else if (c->code <= 0)
		say(l, " (sent by process %d)", c->detail);
	else if (c->signal == SIGSYS)
		say(l, " (system call %d is forbidden)", c->detail);
	else if (cause && cause->at)
		say(l, " (%s at 0x%llx)", cause->text,
		    (unsigned long long)c->addr);
	else if (cause)
		say(l, " (%s)", cause->text);
	else
		say(l, " (code %d, at 0x%llx)", c->code,
		    (unsigned long long)c->addr);
}

static void say_frame(struct sm_death_line *l, const struct sm_crash *c,
		      uint64_t addr)
{
	const struct sm_crash_object *o = c->objects;
	unsigned int i;

	for (i = 0; i < c->nr_objects && i < SM_CRASH_OBJECTS; i++, o++) {
		if (addr < o->start || addr >= o->end)
			continue;
		say(l, " ");
		say_name(l, o->name, sizeof(o->name));
		say(l, "+0x%llx", (unsigned long long)(addr - o->base));
		return;
	}
	say(l, " 0x%llx", (unsigned long long)addr);
}

static void say_where(struct sm_death_line *l, const struct sm_crash *c,
		      const struct sm_death_flight *f)
{
	unsigned int i;

	if (c->signal) {
		say(l, " in thread ");
		say_name(l, c->thread, sizeof(c->thread));
	}
	if (f->op[0]) {
		say(l, ", in ");
		say_name(l, f->op, sizeof(f->op));
		say(l, " on [%llx, %llx)", (unsigned long long)f->start,
		    (unsigned long long)f->end);
	}
	if (c->signal && c->nr_frames)
		say(l, ", at");
	for (i = 0; c->signal && i < c->nr_frames && i < SM_CRASH_FRAMES; i++)
		say_frame(l, c, c->frames[i]);
}

/* What it most likely comes of, where that is plain. */
static const char *find_hint(int sig, const struct sm_crash *c,
			     const struct sm_death_flight *f)
{
	if (sig == SIGKILL && f->oom)
		return ", killed by the OOM killer: too little memory";
	if (sig == SIGKILL && f->killed)
		return ", killed by us";
	if (sig == SIGKILL)
		return ", killed by somebody, or by the OOM killer";
	if (sig == SIGXFSZ)
		return ": a file grew past its limit (ulimit -f)";
	if (sig == SIGXCPU)
		return ": it used up its time on the processor (ulimit -t)";
	if (sig == SIGSEGV && c->signal != SIGSEGV)
		return ", and nothing noted: its stack overflowed, or was lost";
	if (sig == SIGBUS && c->signal == SIGBUS && c->code == BUS_ADRERR &&
	    c->addr >= f->arena_start && c->addr < f->arena_end)
		return ": the file system behind shared or file memory is full";
	return "";
}

static void say_death(struct sm_death_line *l, int sig, const struct sm_crash *c,
		      const struct sm_death_flight *f)
{
	say_signal(l, sig);
	if (c->signal == sig)
		say_cause(l, c);
	say(l, "%s", find_hint(sig, c, f));
	if (c->signal && c->signal != sig) {
		say(l, ", after ");
		say_signal(l, c->signal);
		say_cause(l, c);
	}
	say_where(l, c, f);
}

/* A copy: somebody whom the runner left behind may still write there. */
void sm_death_describe(int wstatus, const struct sm_crash *c,
		       const struct sm_death_flight *f, char *buf, size_t size)
{
	struct sm_death_line l = { .buf = buf, .size = size };
	struct sm_crash copy = { 0 };

	if (c)
		copy = *c;
	buf[0] = '\0';
	say(&l, "the runner died: ");
	if (WIFSIGNALED(wstatus)) {
		say_death(&l, WTERMSIG(wstatus), &copy, f);
	} else if (WIFEXITED(wstatus)) {
		say(&l, "it exited with status %d", WEXITSTATUS(wstatus));
		say_where(&l, &copy, f);
	} else {
		say(&l, "wait status 0x%x", wstatus);
	}
}
