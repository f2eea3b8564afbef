/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going on with the tests of an earlier session, by its journal.
 *
 *	resume = sm_resume_open(path, why, size);
 *	seed = sm_resume_seed(resume);
 *	... plan the tests with this seed, fill in the head of the report ...
 *	sm_resume_check(resume, &head, why, size);
 *	report = sm_report_new(&head);		head.resume is set
 *	for each test planned:
 *		state = sm_resume_find(resume, spec, &run);
 *		NEW and STOPPED are run: sm_report_begin() and so on, as always;
 *		of the others, run is what came of it, and all there is to tell
 *	sm_report_end(report, sm_report_verdict(report), err);
 *	sm_resume_free(resume);
 */
#ifndef SM_RESUME_H
#define SM_RESUME_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct sm_journal;
struct sm_report_head;
struct sm_resume;

/**
 * enum sm_resume_state - what became of a test in an earlier session
 * @SM_RESUME_NEW: it was not begun
 * @SM_RESUME_ENDED: it has ended, whatever its verdict
 * @SM_RESUME_INTERRUPTED: it was begun, and nothing is known of its end. It may
 *	have taken the machine down, so it is not run again
 * @SM_RESUME_STOPPED: a signal ended it before it found anything, or it could not
 *	be made any more, as after an oops; it is run again
 */
enum sm_resume_state {
	SM_RESUME_NEW,
	SM_RESUME_ENDED,
	SM_RESUME_INTERRUPTED,
	SM_RESUME_STOPPED,
};

/**
 * sm_resume_plan() - fingerprint of what is to be run
 * @plan: that of the tests before; 0 for the first
 * @spec: the next test; its seed does not matter
 *
 * Return: the fingerprint, for struct sm_report_head.
 */
uint64_t sm_resume_plan(uint64_t plan, const struct sm_run_spec *spec);

/**
 * sm_resume_open() - open the journal of an earlier session
 * @path: its file
 * @why: filled with one line if it cannot be gone on with
 * @size: bytes at @why
 *
 * Return: NULL on error, which is one of usage.
 */
struct sm_resume *sm_resume_open(const char *path, char *why, size_t size);

/**
 * sm_resume_seed() - with which seed that session ran
 * @r: what sm_resume_open() returned
 *
 * Return: the seed.
 */
uint64_t sm_resume_seed(const struct sm_resume *r);

/**
 * sm_resume_check() - is it the same that is to be run, on the same kernel?
 * @r: what sm_resume_open() returned
 * @head: of the report that is to be begun: command, tests, plan and seed
 * @why: filled with one line that says what differs
 * @size: bytes at @why
 *
 * The kernel's release and version must be the same, and the module, if it was
 * loaded then and is loaded now: so load it first.
 *
 * Return: false if something differs, which is an error of usage.
 */
bool sm_resume_check(const struct sm_resume *r,
		     const struct sm_report_head *head, char *why, size_t size);

/**
 * sm_resume_find() - what became of a test?
 * @r: what sm_resume_open() returned; NULL: nothing was resumed
 * @spec: the test, with its seed
 * @run: set to its run, as in the results; NULL if it is to be run. It goes on
 *	being @r's
 *
 * Of tests that are equal each is found once, in the order in which they ran.
 *
 * Return: what became of it.
 */
enum sm_resume_state sm_resume_find(struct sm_resume *r,
				    const struct sm_run_spec *spec,
				    struct json_object **run);

/**
 * sm_resume_number() - for session/report.c: the number of a test that runs again
 * @r: what sm_resume_open() returned
 * @spec: the test, which sm_resume_find() called stopped
 *
 * Return: its number; 0: it is not one of these.
 */
unsigned int sm_resume_number(struct sm_resume *r,
			      const struct sm_run_spec *spec);

/**
 * sm_resume_take() - for session/report.c: the journal, to go on with
 * @r: what sm_resume_open() returned
 *
 * Return: the journal, which is the caller's now.
 */
struct sm_journal *sm_resume_take(struct sm_resume *r);

/**
 * sm_resume_free() - forget it; after sm_report_end()
 * @r: what sm_resume_open() returned, or NULL
 */
void sm_resume_free(struct sm_resume *r);

#endif /* SM_RESUME_H */
