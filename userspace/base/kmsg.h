/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel log: /dev/kmsg, and what a record of it is. */
#ifndef SM_KMSG_H
#define SM_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SM_KMSG_TEXT	512	/* bytes of a message, those left out are cut off */
#define SM_KMSG_CALLER	16

/**
 * struct sm_kmsg_message - a record of /dev/kmsg, taken apart
 * @seq: its number
 * @facility: who wrote it; 0 is the kernel
 * @caller: "T" and a task's ID, "C" and a CPU's number for an interrupt, or "" if
 *	this kernel does not say
 * @text: its lines
 */
struct sm_kmsg_message {
	uint64_t seq;
	unsigned int facility;
	char caller[SM_KMSG_CALLER];
	char text[SM_KMSG_TEXT];
};

/**
 * sm_kmsg_parse() - take a record apart
 * @record: what one read() of /dev/kmsg returned, NUL terminated
 * @m: filled in
 *
 * Return: false if it is no record.
 */
bool sm_kmsg_parse(const char *record, struct sm_kmsg_message *m);

/**
 * sm_kmsg_open() - open the log, behind all that is in it
 * @why: gets one line that says why it cannot be read, or ""
 * @size: room at @why
 *
 * Return: a descriptor that returns one record per read() and does not block, or -1.
 */
int sm_kmsg_open(char *why, size_t size);

/**
 * sm_kmsg_readable() - could the log be followed?
 * @why: gets one line that says why not
 * @size: room at @why
 *
 * Return: true if it could.
 */
bool sm_kmsg_readable(char *why, size_t size);

#endif /* SM_KMSG_H */
