// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deaths of all kinds, of a child each: what it notes of them, what the wait
 * status says, and what a person reads.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crash.h"
#include "base/guard.h"
#include "base/util.h"
#include "session/death.h"
#include "wire.h"

#define DEEP		(1 << 16)
#define SURVIVED	17

static struct sm_crash *record;
static struct sm_death_flight flight;
static char line[1024];
static pid_t child;

/* Where it dies; the address is what the record is to have. */
static char *bad;

static __attribute__((noinline)) void store(char *p)
{
	sm_write(p, 1);
}

static void *store_bad(void *arg)
{
	(void)arg;
	store(bad);
	return NULL;
}

static void *call_abort(void *arg)
{
	(void)arg;
	abort();
}

/* The frames of a recursion are not to be merged: that takes a use after it. */
static __attribute__((noinline)) unsigned int overflow(unsigned int n)
{
	char room[1024];

	sm_write(&room[n % sizeof(room)], n);
	if (n < DEEP)
		n = overflow(n + 1);
	return n + sm_read(&room[n % sizeof(room)]);
}

static void *overflow_stack(void *arg)
{
	(void)arg;
	overflow(0);
	return NULL;
}

static void *be_storm(void *arg)
{
	void *(**fn)(void *) = arg;

	prctl(PR_SET_NAME, "storm-1");
	return (*fn)(NULL);
}

/* As the engine starts its threads. */
static void in_thread(void *(*fn)(void *arg))
{
	pthread_t thread;
	sigset_t all;

	sigfillset(&all);
	sm_crash_spare(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	if (pthread_create(&thread, NULL, be_storm, &fn))
		_exit(1);
	pthread_join(thread, NULL);
}

/* Returns the wait status of a child that has @fn done to it. */
static int die(void (*fn)(void))
{
	int status;

	memset(record, 0, sizeof(*record));
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		sm_crash_catch(record);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	sm_death_describe(status, record, &flight, line, sizeof(line));
	return status;
}

static void died_of(int status, int sig, const char *said)
{
	if (!WIFSIGNALED(status) || WTERMSIG(status) != sig)
		fail_msg("wait status %x is not signal %d: %s", status, sig,
			 line);
	assert_false(WCOREDUMP(status));
	if (!strstr(line, said))
		fail_msg("'%s' does not say '%s'", line, said);
}

static void noted(int sig, int code, const char *thread)
{
	assert_int_equal(record->signal, sig);
	assert_int_equal(record->code, code);
	assert_int_equal(record->pid, child);
	assert_string_equal(record->thread, thread);
	assert_true(record->nr_frames > 1);
	assert_non_null(strstr(line, ", at "));
	assert_non_null(strstr(line, " test_dying+0x"));
}

static void is_in(uint64_t addr, const void *function, uint64_t size)
{
	if (addr - (uintptr_t)function >= size)
		fail_msg("%llx is not in %p", (unsigned long long)addr,
			 function);
}

static void thread_stores(void)
{
	in_thread(store_bad);
}

static void thread_aborts(void)
{
	in_thread(call_abort);
}

static void thread_overflows(void)
{
	in_thread(overflow_stack);
}

static void main_overflows(void)
{
	overflow(0);
}

static void a_fault_in_a_thread_is_noted(void **state)
{
	int status;

	(void)state;
	bad = mmap(NULL, SM_PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
	assert_ptr_not_equal(bad, MAP_FAILED);
	status = die(thread_stores);
	noted(SIGSEGV, SEGV_ACCERR, "storm-1");
	assert_int_equal(record->addr, (uintptr_t)bad);
	assert_int_not_equal(record->tid, child);
	is_in(record->frames[0], store, 64);
	is_in(record->frames[1], store_bad, 64);
	died_of(status, SIGSEGV,
		"the runner died: SIGSEGV (no permission at 0x7");
	died_of(status, SIGSEGV, ") in thread storm-1, at test_dying+0x");
	munmap(bad, SM_PAGE_SIZE);
	status = die(thread_stores);
	noted(SIGSEGV, SEGV_MAPERR, "storm-1");
	died_of(status, SIGSEGV, "SIGSEGV (no mapping at 0x7");
}

/* A page of a file that is not there: as of a full file system. */
static void a_lost_page_is_noted(void **state)
{
	int fd = memfd_create("test", 0);
	int status;

	(void)state;
	bad = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   0);
	assert_ptr_not_equal(bad, MAP_FAILED);
	flight.arena_start = (uintptr_t)bad;
	flight.arena_end = (uintptr_t)bad + SM_PAGE_SIZE;
	status = die(thread_stores);
	noted(SIGBUS, BUS_ADRERR, "storm-1");
	assert_int_equal(record->addr, (uintptr_t)bad);
	died_of(status, SIGBUS,
		"): the file system behind shared or file memory is full in thread");
	munmap(bad, SM_PAGE_SIZE);
	close(fd);
}

static void abort_is_noted(void **state)
{
	(void)state;
	died_of(die(thread_aborts), SIGABRT, "SIGABRT (abort) in thread storm-1");
	noted(SIGABRT, SI_TKILL, "storm-1");
}

static void write_too_much(void)
{
	struct rlimit limit = { 100, 100 };
	int fd = memfd_create("test", 0);

	setrlimit(RLIMIT_FSIZE, &limit);
	_exit(ftruncate(fd, SM_PAGE_SIZE) ? 1 : 0);
}

static void too_large_a_file_is_noted(void **state)
{
	int status = die(write_too_much);

	(void)state;
	died_of(status, SIGXFSZ,
		"SIGXFSZ: a file grew past its limit (ulimit -f) in thread test_dying");
	assert_int_equal(record->signal, SIGXFSZ);
}

/* There is no room for a handler, so nothing is noted: but that is said. */
static void a_stack_that_overflows(void **state)
{
	int status = die(thread_overflows);

	(void)state;
	assert_int_equal(record->signal, 0);
	died_of(status, SIGSEGV, "SIGSEGV, and nothing noted: its stack overflowed");
	status = die(main_overflows);
	noted(SIGSEGV, SEGV_MAPERR, "test_dying");
	is_in(record->frames[0], overflow, 256);
	is_in(record->frames[5], overflow, 256);
	assert_int_equal(record->nr_frames, SM_CRASH_FRAMES);
	died_of(status, SIGSEGV, "no mapping at 0x7");
}

static void (*nothing)(void);

static __attribute__((noinline)) void call_nothing(void)
{
	sm_read(&nothing)();
	sm_write(&bad, NULL);
}

static void a_wild_jump_is_noted(void **state)
{
	(void)state;
	died_of(die(call_nothing), SIGSEGV,
		"SIGSEGV (no mapping at 0x0) in thread test_dying, at 0x0");
	assert_int_equal(record->frames[0], 0);
	is_in(record->frames[1], call_nothing, 64);
}

static void shoot(void)
{
	raise(SIGTRAP);
}

static void who_sent_it_is_noted(void **state)
{
	char said[64];

	(void)state;
	died_of(die(shoot), SIGTRAP, "SIGTRAP (sent by process ");
	snprintf(said, sizeof(said), "(sent by process %d)", child);
	died_of(die(shoot), SIGTRAP, "(sent by process ");
	assert_int_equal(record->detail, child);
}

/* A fault that was asked for is survived, and in the asking thread alone. */
static void expect_and_shoot(void)
{
	sm_crash_expect(SIGTRAP, SI_TKILL);
	raise(SIGTRAP);
	sm_crash_expect(0, 0);
	_exit(SURVIVED);
}

static void expect_and_abort(void)
{
	sm_crash_expect(SIGABRT, SI_USER);
	abort();
}

static void expect_elsewhere(void)
{
	sm_crash_expect(SIGABRT, SI_TKILL);
	thread_aborts();
}

static void what_is_expected_is_survived(void **state)
{
	int status = die(expect_and_shoot);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), SURVIVED);
	assert_int_equal(record->signal, 0);
	died_of(die(expect_and_abort), SIGABRT, "SIGABRT (abort)");
	died_of(die(expect_elsewhere), SIGABRT, "in thread storm-1");
}

static void crowd_stores(void)
{
	pthread_t threads[16];
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(threads); i++)
		pthread_create(&threads[i], NULL, i % 2 ? store_bad :
			       call_abort, NULL);
	for (i = 0; i < SM_ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
}

/* One of many: all that is noted is of the one that ends the process. */
static void the_first_is_noted_whole(void **state)
{
	unsigned int i;
	int status;

	(void)state;
	for (i = 0; i < 50; i++) {
		status = die(crowd_stores);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), record->signal);
		assert_true(record->nr_frames > 1);
		if (record->signal == SIGSEGV)
			is_in(record->frames[0], store, 64);
		else
			assert_int_equal(record->signal, SIGABRT);
	}
}

static void child_stores(void)
{
	pid_t grandchild = fork();
	int status;

	if (!grandchild)
		thread_stores();
	if (waitpid(grandchild, &status, 0) != grandchild ||
	    !WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		_exit(1);
}

/* A victim, or what an op forked: the runner itself goes on. */
static void a_child_notes_nothing(void **state)
{
	int status = die(child_stores);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(record->signal, 0);
}

static void guarded_stores(void)
{
	uint64_t value;

	if (sm_guard_start() || sm_guard_read((uintptr_t)bad, &value))
		_exit(1);
	thread_stores();
}

/* And the guard is still there after it. */
static void expect_behind_guard(void)
{
	uint64_t value;

	if (sm_guard_start())
		_exit(1);
	sm_crash_expect(SIGBUS, SI_TKILL);
	raise(SIGBUS);
	sm_crash_expect(0, 0);
	_exit(sm_guard_read(SM_PAGE_SIZE, &value) ? 1 : SURVIVED);
}

static void a_guard_knows_what_is_expected(void **state)
{
	int status = die(expect_behind_guard);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), SURVIVED);
}

/* Who takes faults that he expects hands on those that he does not. */
static void what_a_guard_lets_through_is_noted(void **state)
{
	(void)state;
	died_of(die(guarded_stores), SIGSEGV, "SIGSEGV (no mapping at 0x7");
	noted(SIGSEGV, SEGV_MAPERR, "storm-1");
}

static int set_up(void **state)
{
	struct rlimit limit;

	(void)state;
	/* So that a core is dumped, if it is up to the limit. */
	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_CORE, &limit);
	record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return record == MAP_FAILED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_in_a_thread_is_noted),
		cmocka_unit_test(a_lost_page_is_noted),
		cmocka_unit_test(abort_is_noted),
		cmocka_unit_test(too_large_a_file_is_noted),
		cmocka_unit_test(a_stack_that_overflows),
		cmocka_unit_test(a_wild_jump_is_noted),
		cmocka_unit_test(who_sent_it_is_noted),
		cmocka_unit_test(what_is_expected_is_survived),
		cmocka_unit_test(the_first_is_noted_whole),
		cmocka_unit_test(a_child_notes_nothing),
		cmocka_unit_test(what_a_guard_lets_through_is_noted),
		cmocka_unit_test(a_guard_knows_what_is_expected),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
