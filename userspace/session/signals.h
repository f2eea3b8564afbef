/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals with which a session is asked to end: the first one ends the storm, and
 * what was seen is judged and written; the second one ends what still goes on.
 */
#ifndef SM_SIGNALS_H
#define SM_SIGNALS_H

#include <signal.h>

/**
 * sm_signals_catch() - from now on SIGINT, SIGTERM and SIGHUP are counted; they
 * come only while somebody waits for them
 * @wait: gets the mask to wait with, for ppoll(2)
 *
 * SIGHUP stays ignored if it was (nohup(1)).
 */
void sm_signals_catch(sigset_t *wait);

/**
 * sm_signals_drain() - count those that came since somebody waited
 */
void sm_signals_drain(void);

/**
 * sm_signals_release() - as before, and none of them is blocked
 */
void sm_signals_release(void);

/**
 * sm_signals_first() - the signal that came first
 *
 * Return: its number, 0 if none came.
 */
int sm_signals_first(void);

/**
 * sm_signals_name() - the name of the signal that came first
 *
 * Return: "SIGINT", say; NULL if none came.
 */
const char *sm_signals_name(void);

/**
 * sm_signals_nr() - how many came
 *
 * Return: their number.
 */
unsigned int sm_signals_nr(void);

#endif /* SM_SIGNALS_H */
