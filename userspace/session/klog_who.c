// SPDX-License-Identifier: GPL-2.0-only
/* Whose complaint of the kernel it is: by the words of Linux 5.10 to 7.3. */
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "klog_who.h"

#define GROUPS		6

/* Lockdep: what a task was about to do. */
#define LOCKING		"(is (trying to|freeing|leaving) |just changed |\\[HC)"

/**
 * enum klog_who_kind - what a line does to a report
 * @KIND_NAMES: says who it is that printed it, or whom an interrupt came to
 * @KIND_BLAMES: says whose it is, whoever prints it; nothing else will
 * @KIND_HINTS: says something to know that by
 * @KIND_ALONE: has nothing after it that would say so
 * @KIND_ANONYMOUS: so it is, and it does not come from who prints it
 * @KIND_ENDS: nothing after it belongs to the report
 */
enum klog_who_kind {
	KIND_NAMES,
	KIND_BLAMES,
	KIND_HINTS,
	KIND_ALONE,
	KIND_ANONYMOUS,
	KIND_ENDS,
};

/**
 * struct klog_who_form - what a line may look like
 * @kind: what it does
 * @pid: group of @pattern with the ID of a task, or 0
 * @comm: group with its name, or 0
 * @cpu: group with the number of a CPU, or 0
 * @pattern: extended regular expression
 */
struct klog_who_form {
	enum klog_who_kind kind;
	int pid;
	int comm;
	int cpu;
	const char *pattern;
};

/* Lines of complaints: the first that fits counts. */
static const struct klog_who_form own[] = {
	{ KIND_BLAMES, 2, 1, 0, "^INFO: task (.+):([0-9]+) blocked " },
	{ KIND_BLAMES, 2, 1, 0, "BUG: soft lockup .*\\[(.*):([0-9]+)\\]" },
	{ KIND_BLAMES, 2, 1, 0, "^BUG: Bad rss-counter .* Comm:(.*) Pid:([0-9]+)" },
	{ KIND_BLAMES, 2, 1, 0, "^BUG: workqueue leaked .*: ([^ ]+)/0x[0-9a-f]+/([0-9]+)" },
	{ KIND_BLAMES, 2, 1, 0, "^BUG: workqueue leaked .*: (.+)\\[([0-9]+)\\]" },
	{ KIND_NAMES, 1, 0, 0, "^WARNING: CPU: [0-9]+ PID: ([0-9]+) " },
	{ KIND_NAMES, 2, 1, 0, "^WARNING: .*CPU#[0-9]+: (.+)/([0-9]+)$" },
	{ KIND_NAMES, 2, 1, 0, "^WARNING: (.+)/([0-9]+) still has locks held!" },
	{ KIND_NAMES, 2, 1, 0, "^BUG: scheduling while atomic: (.+)/([0-9]+)/0x" },
	{ KIND_HINTS, 0, 1, 0, "^BUG: Bad page .* in process (.+)  [a-z0-9]+:" },
	{ KIND_HINTS, 0, 0, 1, "hard LOCKUP on cpu ([0-9]+)" },
	{ KIND_ALONE, 0, 0, 0, "^BUG: (Bad rss-counter|non-zero pgtables_bytes)" },
	{ KIND_ALONE, 0, 0, 0, ": Bad swap (file|offset) entry |: bad p[mug4]d " },
	{ KIND_ALONE, 0, 0, 0, "^VFS: Busy inodes" },
	/* Who finds these is a timer, an interrupt's thread, or some kthread. */
	{ KIND_ANONYMOUS, 0, 0, 0, "rcu.*stall|workqueue lockup|^kmemleak: " },
	{ KIND_ANONYMOUS, 0, 0, 0, "AMD-Vi: |IO_PAGE_FAULT|^DMAR: |^Kernel panic" },
};

/* Lines that follow. The first that fits counts. */
static const struct klog_who_form others[] = {
	{ KIND_NAMES, 3, 4, 1, "^CPU: ([0-9]+) (UID: [0-9]+ )?PID: ([0-9]+) Comm: (.+)" },
	{ KIND_NAMES, 1, 2, 0, "^in_atomic\\(\\).* pid: ([0-9]+), name: (.+)$" },
	{ KIND_NAMES, 2, 1, 0, " addr [0-9a-fx]+ by task (.+)/([0-9]+)$" },
	{ KIND_NAMES, 2, 1, 0, "^(.+)/([0-9]+) " LOCKING },
	{ KIND_ENDS, 0, 0, 0, "^---\\[ end trace" },
	/* What others print, and what has a line of its own with a name. */
	{ KIND_ENDS, 0, 0, 0, " invoked oom-killer: |: page allocation failure|^sysrq: " },
};

/**
 * struct klog_who_pair - complaints that come one after the other, in one report
 * @first: pattern of one
 * @next: pattern of the one after it
 */
struct klog_who_pair {
	const char *first;
	const char *next;
};

static const struct klog_who_pair pairs[] = {
	{ "^BUG: (unable to handle|kernel NULL|stack guard)|^Unable to handle|^kernel BUG at ",
	  "^(Oops|Internal error)|: [0-9a-f]+ \\[#[0-9]+\\]" },
	{ "VM_BUG|^list_(add|del) corruption", "^kernel BUG at " },
	{ "^list_(add|del) corruption", "^WARNING: .*(list_debug|__list_)" },
	{ "^refcount_t: ", "^WARNING: .*refcount" },
	{ "^DEBUG_LOCKS_WARN_ON", "^WARNING: .*lock" },
	{ "^ODEBUG: ", "^WARNING: .*debug_?object" },
	{ "callback failed with", "^WARNING: .*mmu_notifier" },
};

static regex_t own_regex[SM_ARRAY_SIZE(own)];
static regex_t others_regex[SM_ARRAY_SIZE(others)];
static regex_t pairs_regex[SM_ARRAY_SIZE(pairs)][2];

static void compile(regex_t *regex, const char *pattern)
{
	if (regcomp(regex, pattern, REG_EXTENDED))
		abort();
}

static void compile_all(void)
{
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(own); i++)
		compile(&own_regex[i], own[i].pattern);
	for (i = 0; i < SM_ARRAY_SIZE(others); i++)
		compile(&others_regex[i], others[i].pattern);
	for (i = 0; i < SM_ARRAY_SIZE(pairs); i++) {
		compile(&pairs_regex[i][0], pairs[i].first);
		compile(&pairs_regex[i][1], pairs[i].next);
	}
}

static void compile_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, compile_all);
}

/**
 * struct klog_who_found - what a line says
 * @form: what it looks like
 * @pid: ID of a task, or 0
 * @comm: its name, or ""
 * @cpu: number of a CPU, or -1
 */
struct klog_who_found {
	const struct klog_who_form *form;
	pid_t pid;
	char comm[SM_KLOG_COMM];
	int cpu;
};

static long number_of(const char *line, const regmatch_t *m)
{
	return m->rm_so < 0 ? 0 : strtol(line + m->rm_so, NULL, 10);
}

/* Names may have spaces; and nothing marks where the one of a CPU's line ends. */
static void copy_comm(char *comm, const char *line, const regmatch_t *m)
{
	static const char *const ends[] = {
		" Kdump: ", " Tainted: ", " Not tainted",
	};
	size_t len = m->rm_eo - m->rm_so;
	char text[SM_KMSG_TEXT], *end;
	unsigned int i;

	snprintf(text, sizeof(text), "%.*s", (int)len, line + m->rm_so);
	for (i = 0; i < SM_ARRAY_SIZE(ends); i++) {
		end = strstr(text, ends[i]);
		if (end)
			*end = '\0';
	}
	snprintf(comm, SM_KLOG_COMM, "%.*s", SM_KLOG_COMM - 1, text);
}

static bool find_form(const struct klog_who_form *forms, const regex_t *regexes,
		      unsigned int nr, const char *line,
		      struct klog_who_found *f)
{
	regmatch_t m[GROUPS];
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->cpu = -1;
	compile_once();
	for (i = 0; i < nr; i++) {
		f->form = &forms[i];
		if (regexec(&regexes[i], line, GROUPS, m, 0))
			continue;
		if (f->form->pid)
			f->pid = number_of(line, &m[f->form->pid]);
		if (f->form->cpu)
			f->cpu = number_of(line, &m[f->form->cpu]);
		if (f->form->comm)
			copy_comm(f->comm, line, &m[f->form->comm]);
		return true;
	}
	return false;
}

static bool find_own(const char *line, struct klog_who_found *f)
{
	return find_form(own, own_regex, SM_ARRAY_SIZE(own), line, f);
}

static bool find_other(const char *line, struct klog_who_found *f)
{
	return find_form(others, others_regex, SM_ARRAY_SIZE(others), line, f);
}

/* Lines of one report have one printer, if that is known. */
static bool is_other(const struct sm_klog_who *w, const char *caller)
{
	return w->caller[0] && caller[0] && strcmp(w->caller, caller);
}

/* It is not the task that an interrupt came to. */
static void forget(struct sm_klog_who *w)
{
	w->pid = 0;
	w->comm[0] = '\0';
	w->anonymous = true;
	w->done = true;
}

/* A line that contradicts what is known is of another report. */
static bool fits(const struct sm_klog_who *w, const struct klog_who_found *f)
{
	if (w->pid && f->pid && f->pid != w->pid)
		return false;
	if (w->expected[0] && f->comm[0] && strcmp(w->expected, f->comm))
		return false;
	return w->cpu < 0 || f->cpu < 0 || w->cpu == f->cpu;
}

static void take(struct sm_klog_who *w, const struct klog_who_found *f)
{
	if (f->pid)
		w->pid = f->pid;
	if (f->comm[0])
		memcpy(w->comm, f->comm, sizeof(w->comm));
	/* No call trace has to say whether it was an interrupt. */
	if (w->caller[0] == 'T' && w->pid && w->comm[0])
		w->done = true;
}

static void take_own(struct sm_klog_who *w, const struct klog_who_found *f)
{
	switch (f->form->kind) {
	case KIND_BLAMES:
		take(w, f);
		w->done = true;
		return;
	case KIND_NAMES:
		take(w, f);
		break;
	case KIND_HINTS:
		memcpy(w->comm, f->comm, sizeof(w->comm));
		memcpy(w->expected, f->comm, sizeof(w->expected));
		w->cpu = f->cpu;
		/* Of a CPU that has its interrupts off: no other may tell. */
		w->anonymous = f->cpu >= 0;
		return;
	case KIND_ANONYMOUS:
		forget(w);
		return;
	default:
		w->done = true;
	}
}

bool sm_klog_who_continues(const struct sm_klog_who *w, const char *line,
			   const char *caller)
{
	const char *before;
	struct klog_who_found f;
	unsigned int i;

	if (!w->nr)
		return true;
	if (w->nr == SM_KLOG_WHO_HELD || is_other(w, caller))
		return false;
	if (find_own(line, &f) && !fits(w, &f))
		return false;
	before = w->held[w->nr - 1].text;
	compile_once();
	for (i = 0; i < SM_ARRAY_SIZE(pairs); i++)
		if (!regexec(&pairs_regex[i][0], before, 0, NULL, 0) &&
		    !regexec(&pairs_regex[i][1], line, 0, NULL, 0))
			return true;
	return false;
}

struct sm_klog_held *sm_klog_who_add(struct sm_klog_who *w, const char *line,
				     const char *caller)
{
	struct klog_who_found f;

	if (!w->nr) {
		memset(w, 0, sizeof(*w));
		w->cpu = -1;
		snprintf(w->caller, sizeof(w->caller), "%s", caller);
	}
	w->trace = false;
	w->polls = 0;
	w->age = 0;
	if (find_own(line, &f))
		take_own(w, &f);
	/* Printed by an interrupt, and not about a task by name. */
	if (caller[0] == 'C' && !w->done && !w->anonymous)
		forget(w);
	return &w->held[w->nr++];
}

static bool begins_trace(const char *line)
{
	return !strncmp(line, "Call Trace:", 11) ||
	       !strncmp(line, "Call trace:", 11);
}

/*
 * That the task is not the one whose complaint it is, the trace may say by the
 * stack that it is on; or else, where softirqs have none of their own, by a
 * frame which is no mere guess.
 */
static bool is_interrupt(const char *line)
{
	return !strcmp(line, " <IRQ>") || !strcmp(line, " <SOFTIRQ>") ||
	       !strncmp(line, " handle_softirqs+", 17) ||
	       !strncmp(line, " __do_softirq+", 14);
}

/* All of it begins with a space: "<TASK>", and a frame each. */
static void read_trace(struct sm_klog_who *w, const char *line)
{
	if (line[0] != ' ')
		w->done = true;
	else if (is_interrupt(line) && !w->anonymous)
		forget(w);
}

void sm_klog_who_read(struct sm_klog_who *w, const char *line,
		      const char *caller)
{
	struct klog_who_found f;

	if (!w->nr || w->done)
		return;
	w->polls = 0;
	w->done = ++w->lines >= SM_KLOG_WHO_LINES;
	if (is_other(w, caller))
		return;
	if (w->trace) {
		read_trace(w, line);
		return;
	}
	w->trace = begins_trace(line);
	if (!find_other(line, &f))
		return;
	if (f.form->kind == KIND_ENDS)
		w->done = true;
	else if (fits(w, &f))
		take(w, &f);
}

pid_t sm_klog_who_pid(const struct sm_klog_who *w)
{
	if (!w->pid && !w->anonymous && w->caller[0] == 'T')
		return strtol(w->caller + 1, NULL, 10);
	return w->pid;
}

pid_t sm_klog_who_oom(const char *line)
{
	static const char said[] = ": Killed process ";
	const char *at = strstr(line, said);

	if (!at || (strncmp(line, "Out of memory", 13) &&
		    strncmp(line, "Memory cgroup out of memory", 27)))
		return 0;
	return strtol(at + sizeof(said) - 1, NULL, 10);
}
