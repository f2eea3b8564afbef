/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose complaint of the kernel it is. Its first line seldom says that: the lines
 * that do follow it, with those of other CPUs in between, so it is held until
 * one came, or none will.
 *
 * An ID is given only where it is plain. That of a task which an interrupt came
 * to by chance is not it, though the kernel prints that one too.
 */
#ifndef SM_KLOG_WHO_H
#define SM_KLOG_WHO_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/kmsg.h"

#define SM_KLOG_COMM		16	/* name of a task */
#define SM_KLOG_WHO_HELD	4

/* How long to wait for what says whose it is: lines, and polls without one. */
#define SM_KLOG_WHO_LINES	1000
#define SM_KLOG_WHO_POLLS	10
#define SM_KLOG_WHO_AGE		60	/* polls in all, whoever prints meanwhile */

/**
 * struct sm_klog_held - one complaint that is held
 * @text: what to tell of it
 * @excused: which is nothing
 */
struct sm_klog_held {
	char text[SM_KMSG_TEXT];
	bool excused;
};

/**
 * struct sm_klog_who - a report of the kernel that is being read; all zero: none
 * @held: its complaints: most reports are one, an oops may be three
 * @nr: how many
 * @pid: whose they are, 0 if not known
 * @comm: name of that, or ""
 * @expected: what the name will be, or ""
 * @cpu: number of the CPU that it is about; -1 if not known
 * @caller: who prints it, as in struct sm_kmsg_message
 * @anonymous: whoever prints it, it is not his
 * @trace: a call trace has begun
 * @done: nothing more is waited for
 * @lines: since the first complaint
 * @polls: since the last line
 * @age: polls since the first complaint
 */
struct sm_klog_who {
	struct sm_klog_held held[SM_KLOG_WHO_HELD];
	unsigned int nr;
	pid_t pid;
	char comm[SM_KLOG_COMM];
	char expected[SM_KLOG_COMM];
	int cpu;
	char caller[SM_KMSG_CALLER];
	bool anonymous;
	bool trace;
	bool done;
	unsigned int lines;
	unsigned int polls;
	unsigned int age;
};

/**
 * sm_klog_who_continues() - does a complaint belong to the report that is read?
 * @w: the report
 * @line: the complaint's line
 * @caller: who printed it, or ""
 *
 * Return: false if the report is to be told of, and another one begins.
 */
bool sm_klog_who_continues(const struct sm_klog_who *w, const char *line,
			   const char *caller);

/**
 * sm_klog_who_add() - a complaint has come
 * @w: the report it belongs to, or none
 * @line: its line
 * @caller: who printed it, or ""
 *
 * Return: where to put what is to be told of it.
 */
struct sm_klog_held *sm_klog_who_add(struct sm_klog_who *w, const char *line,
				     const char *caller);

/**
 * sm_klog_who_read() - a line has come that is no complaint
 * @w: the report, or none
 * @line: the line
 * @caller: who printed it, or ""
 *
 * Sets @done if no more lines have to be awaited.
 */
void sm_klog_who_read(struct sm_klog_who *w, const char *line,
		      const char *caller);

/**
 * sm_klog_who_pid() - whose it is, as far as was said until now
 * @w: the report
 *
 * Return: a thread's ID, or 0.
 */
pid_t sm_klog_who_pid(const struct sm_klog_who *w);

/**
 * sm_klog_who_oom() - does a line say that somebody was killed for memory?
 * @line: the line
 *
 * Of the whole machine, or of a memory cgroup.
 *
 * Return: the ID of who was killed, or 0.
 */
pid_t sm_klog_who_oom(const char *line);

#endif /* SM_KLOG_WHO_H */
