/* SPDX-License-Identifier: GPL-2.0-only */
/* Which journal goes with a report: a new one, or that which is gone on with. */
#ifndef SM_REPORT_JOURNAL_H
#define SM_REPORT_JOURNAL_H

#include <stdbool.h>

struct sm_journal;
struct sm_report_head;

/**
 * sm_report_journal_open() - open the journal of a report
 * @head: what the session is
 * @json: file for the results, resolved, or NULL
 * @direct: it is a device or a pipe
 * @journal: set to the journal, if one was opened, also on an error
 *
 * Says on stderr what is wrong, unless memory is.
 *
 * Return: 0 or a negative errno; -EINVAL: it would be the results as well.
 */
int sm_report_journal_open(const struct sm_report_head *head, const char *json,
			   bool direct, struct sm_journal **journal);

#endif /* SM_REPORT_JOURNAL_H */
