/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process that dies of a signal leaves behind: the session tells it from
 * that, see session/death.h.
 */
#ifndef SM_CRASH_H
#define SM_CRASH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define SM_CRASH_FRAMES		24
#define SM_CRASH_OBJECTS	16

/**
 * struct sm_crash_object - a program or library that addresses may lie in
 * @name: name of its file, without the directory
 * @base: what to subtract from an address for what addr2line takes
 * @start: where it is loaded
 * @end: end of that, exclusive
 */
struct sm_crash_object {
	char name[32];
	uint64_t base;
	uint64_t start;
	uint64_t end;
};

/**
 * struct sm_crash - what a process saw of its own death; all zero if nothing
 * @signal: number of the signal; written when all but the frames is
 * @code: si_code of it
 * @detail: of a signal that was sent, by whom (a PID); of SIGSYS, the number of
 *	the system call
 * @pid: the process
 * @tid: the thread
 * @addr: address of the fault, if the signal has one
 * @thread: name of the thread
 * @nr_frames: how many of @frames are there
 * @frames: where it was, and what called that: return addresses
 * @nr_objects: how many of @objects are there; set before anything happened
 * @objects: what was loaded then
 *
 * Who died wrote it, and may have written on it before: nothing in it is to be
 * trusted.
 */
struct sm_crash {
	int32_t signal;
	int32_t code;
	int32_t detail;
	int32_t pid;
	int32_t tid;
	uint64_t addr;
	char thread[16];
	uint32_t nr_frames;
	uint64_t frames[SM_CRASH_FRAMES];
	uint32_t nr_objects;
	struct sm_crash_object objects[SM_CRASH_OBJECTS];
};

/**
 * sm_crash_warm() - let who is forked from here on find sm_crash_catch() cheap
 *
 * The first look at a stack loads a library, or sorts what a static program has of it.
 */
void sm_crash_warm(void);

/**
 * sm_crash_catch() - note what this process dies of, if it does
 * @record: where to, all zero; in memory that outlives the process
 *
 * For SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGXFSZ and SIGTRAP. The
 * first one is noted, whichever thread it comes to, and then does what it would
 * have done, so that the wait status says the same. A stack that overflowed is
 * noted in the calling thread alone: others have none to spare.
 *
 * A child that is forked later dies as if this had not been called, unless it
 * calls it for a record of its own. No core is dumped any more, by children too.
 */
void sm_crash_catch(struct sm_crash *record);

/**
 * sm_crash_expect() - one kind of signal is not what the calling thread dies of
 * @sig: the signal, or 0: none is expected any more
 * @code: its si_code
 *
 * It must be one after which the thread can go on, as if it had not come.
 */
void sm_crash_expect(int sig, int code);

/**
 * sm_crash_expected() - for other handlers: is it what the thread expects?
 * @sig: the signal that came
 * @code: its si_code
 *
 * Return: true if the handler is to return, as if nothing had come.
 */
bool sm_crash_expected(int sig, int code);

/**
 * sm_crash_spare() - take signals that must not be blocked out of a set
 * @set: what a thread is about to block
 *
 * The kernel kills a thread by a fault that it has blocked, and nobody notes it.
 */
void sm_crash_spare(sigset_t *set);

#endif /* SM_CRASH_H */
