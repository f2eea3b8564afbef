/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel log of a run: anything the kernel complains about is a violation
 * (oracle "kernel"), unless it is allowed (allow.h).
 */
#ifndef SM_KLOG_H
#define SM_KLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "klog_who.h"

struct sm_allow;
struct sm_klog;

/**
 * struct sm_klog_complaint - what the kernel complained of
 * @text: its line
 * @pid: ID of the thread whose complaint it is, 0 if that is not plain. A kernel
 *	thread may work for anybody, us as well
 * @comm: name of that thread, or ""
 */
struct sm_klog_complaint {
	const char *text;
	pid_t pid;
	char comm[SM_KLOG_COMM];
};

/**
 * typedef sm_klog_fn - what is called for a complaint
 * @c: the complaint; it and its text last as long as the call
 * @arg: what was asked for to be passed on
 */
typedef void sm_klog_fn(const struct sm_klog_complaint *c, void *arg);

/**
 * struct sm_klog_mark - what a complaint looks like: a row of session/splats
 * @taint: bit of the kernel's taint mask that goes with it, or -1
 * @pattern: extended regular expression
 */
struct sm_klog_mark {
	int taint;
	const char *pattern;
};

/**
 * sm_klog_open() - start to follow /dev/kmsg from now on
 * @allow: complaints that are excused; must outlive the log; NULL: none
 * @why: gets one line that says why it cannot be read
 * @size: room at @why
 *
 * Return: NULL if the log cannot be read.
 */
struct sm_klog *sm_klog_open(const struct sm_allow *allow, char *why,
			     size_t size);

/**
 * sm_klog_poll() - look at what the kernel said since the last call
 * @k: the log, or NULL
 * @splat: called for every complaint, or NULL
 * @arg: passed to @splat
 *
 * Never blocks. A complaint is told of when it is known whose it is, or that it
 * will not be: by the next one, by the end of its report, or after some polls
 * that brought nothing, see klog_who.h. Messages that were overwritten before
 * they were read are counted, see sm_klog_lost().
 *
 * Return: how many complaints were told of.
 */
unsigned int sm_klog_poll(struct sm_klog *k, sm_klog_fn *splat, void *arg);

/**
 * sm_klog_flush() - tell of what is held back: nothing more will come
 * @k: the log, or NULL
 * @splat: called for every complaint, or NULL
 * @arg: passed to @splat
 *
 * Return: how many complaints were told of.
 */
unsigned int sm_klog_flush(struct sm_klog *k, sm_klog_fn *splat, void *arg);

/**
 * sm_klog_oom_killed() - was a process killed for want of memory?
 * @k: the log, or NULL
 * @pid: its ID
 *
 * Return: true if the log said so, as far as it was read; of many, the last ones
 * are remembered.
 */
bool sm_klog_oom_killed(const struct sm_klog *k, pid_t pid);

/**
 * sm_klog_fd() - to wait for more
 * @k: the log, or NULL
 *
 * Return: a file that is readable if there is more to read, or -1.
 */
int sm_klog_fd(const struct sm_klog *k);

/**
 * sm_klog_lost() - count what was overwritten before it was read
 * @k: the log, or NULL
 *
 * Return: number of messages.
 */
uint64_t sm_klog_lost(const struct sm_klog *k);

/**
 * sm_klog_explained() - taint that goes with the complaints so far
 * @k: the log, or NULL
 *
 * Return: bits of the kernel's taint mask, those of excused complaints too.
 */
uint64_t sm_klog_explained(const struct sm_klog *k);

/**
 * sm_klog_excuses() - is a line excused?
 * @k: the log, or NULL
 * @line: the line
 * @text: gets the line, and what would have excused it until some day
 * @size: room at @text
 *
 * Return: true if it is; it is counted then, see sm_klog_excused().
 */
bool sm_klog_excuses(struct sm_klog *k, const char *line, char *text,
		     size_t size);

/**
 * sm_klog_excused() - count what was excused
 * @k: the log, or NULL
 * @first: set to the first one, and why
 *
 * Return: number of complaints.
 */
uint64_t sm_klog_excused(const struct sm_klog *k, const char **first);

/**
 * sm_klog_holds() - is a complaint held back, as more of it may come?
 * @k: the log, or NULL
 *
 * Return: true if the next look may tell of it.
 */
bool sm_klog_holds(const struct sm_klog *k);

/**
 * sm_klog_next() - what comes from now on is another run's
 * @k: the log, with nothing held back
 * @allow: as for sm_klog_open()
 *
 * All that is counted begins anew, but none of the log is left out.
 */
void sm_klog_next(struct sm_klog *k, const struct sm_allow *allow);

/**
 * sm_klog_close() - stop
 * @k: the log, or NULL
 */
void sm_klog_close(struct sm_klog *k);

/**
 * sm_klog_attach() - follow a log that is already open
 * @fd: descriptor that returns one record per read() and does not block; it
 *	is closed by sm_klog_close()
 * @allow: as for sm_klog_open()
 *
 * Return: NULL if there is no memory.
 */
struct sm_klog *sm_klog_attach(int fd, const struct sm_allow *allow);

/**
 * sm_klog_splat() - is this line of the kernel log a complaint?
 * @line: the text, without priority and time stamp
 *
 * Return: what marks it as one, or NULL if it is none.
 */
const struct sm_klog_mark *sm_klog_splat(const char *line);

#endif /* SM_KLOG_H */
