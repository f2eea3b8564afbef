/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel log of a run: anything the kernel complains about is a violation
 * (oracle "kernel"), unless the allow-list says why it is not.
 */
#ifndef SM_KLOG_H
#define SM_KLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sm_klog;

/**
 * struct sm_klog_allow - a kernel complaint that is not held against a run
 * @text: part of the line
 * @reason: why it says nothing about the driver under test
 * @link: where that is discussed
 * @expires: year, month and day (20271231) from which it counts again
 */
struct sm_klog_allow {
	const char *text;
	const char *reason;
	const char *link;
	unsigned int expires;
};

/* Ends with a NULL text. */
extern const struct sm_klog_allow sm_klog_allowed[];

/**
 * sm_klog_open() - start to follow /dev/kmsg from now on
 *
 * Return: NULL if the log cannot be read (errno says why).
 */
struct sm_klog *sm_klog_open(void);

/**
 * sm_klog_poll() - look at what the kernel said since the last call
 * @k: the log, or NULL
 * @splat: called for every complaint, or NULL
 * @arg: passed to @splat
 *
 * Never blocks. Messages that were overwritten before they were read are
 * counted, see sm_klog_lost().
 *
 * Return: how many complaints there were.
 */
unsigned int sm_klog_poll(struct sm_klog *k,
			  void (*splat)(const char *line, void *arg),
			  void *arg);

/**
 * sm_klog_lost() - count what was overwritten before it was read
 * @k: the log, or NULL
 *
 * Return: number of messages.
 */
uint64_t sm_klog_lost(const struct sm_klog *k);

/**
 * sm_klog_close() - stop
 * @k: the log, or NULL
 */
void sm_klog_close(struct sm_klog *k);

/**
 * struct sm_klog_message - a record of /dev/kmsg, taken apart
 * @seq: its number
 * @facility: who wrote it; 0 is the kernel
 * @text: the first line
 */
struct sm_klog_message {
	uint64_t seq;
	unsigned int facility;
	char text[512];
};

/**
 * sm_klog_parse() - take a record apart
 * @record: what one read() of /dev/kmsg returned, NUL terminated
 * @m: filled in
 *
 * Return: false if it is no record.
 */
bool sm_klog_parse(const char *record, struct sm_klog_message *m);

/**
 * sm_klog_attach() - follow a log that is already open
 * @fd: descriptor that returns one record per read() and does not block; it
 *	is closed by sm_klog_close()
 *
 * Return: NULL if there is no memory.
 */
struct sm_klog *sm_klog_attach(int fd);

/**
 * sm_klog_splat() - is this line of the kernel log a complaint?
 * @line: the text, without priority and time stamp
 *
 * Return: what marks it as one, or NULL if it is none.
 */
const char *sm_klog_splat(const char *line);

/**
 * sm_klog_excused() - find the row of the allow-list that excuses a line
 * @table: allow-list that ends with a NULL text
 * @line: the text
 * @today: year, month and day as one number
 *
 * Return: the row, or NULL.
 */
const struct sm_klog_allow *
sm_klog_excused(const struct sm_klog_allow *table, const char *line,
		unsigned int today);

#endif /* SM_KLOG_H */
