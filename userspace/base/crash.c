// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last words of a process. What runs in the handler is safe there: no lock,
 * no memory to allocate, and nothing is trusted to work but what came before it.
 */
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "crash.h"
#include "util.h"

/* The handler, and what the kernel put between it and the fault. */
#define OWN_FRAMES	2
#define STACK_SIZE	(64 * 1024)

static const int signals[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGTRAP, SIGABRT, SIGXFSZ,
};

/* The first of @signals come of what the thread itself did just now. */
#define NR_FAULTS	6

static struct sm_crash *crash_record;
static pid_t crash_pid;
static unsigned int crash_claimed;
static _Thread_local int crash_expected, crash_expected_code;
static char crash_stack[STACK_SIZE] __attribute__((aligned(16)));

void sm_crash_expect(int sig, int code)
{
	crash_expected_code = code;
	crash_expected = sig;
}

bool sm_crash_expected(int sig, int code)
{
	return sig == crash_expected && code == crash_expected_code;
}

void sm_crash_spare(sigset_t *set)
{
	unsigned int i;

	for (i = 0; i < NR_FAULTS; i++)
		sigdelset(set, signals[i]);
}

/* Where it was; and who called that, if it is a function that has done nothing. */
static bool crash_pc(const ucontext_t *uc, uint64_t *pc, const uint64_t **caller)
{
#if defined(__x86_64__)
	*pc = uc->uc_mcontext.gregs[REG_RIP];
	*caller = (const uint64_t *)uc->uc_mcontext.gregs[REG_RSP];
	return true;
#elif defined(__aarch64__)
	*pc = uc->uc_mcontext.pc;
	*caller = (const uint64_t *)&uc->uc_mcontext.regs[30];
	return true;
#else
	(void)uc;
	(void)pc;
	(void)caller;
	return false;
#endif
}

/*
 * Without the handler itself. What jumped to where no code is has no frame that
 * could be unwound.
 */
static void crash_note_frames(struct sm_crash *c, const ucontext_t *uc)
{
	void *frames[SM_CRASH_FRAMES + OWN_FRAMES + 2];
	int nr = backtrace(frames, SM_ARRAY_SIZE(frames));
	const uint64_t *caller;
	unsigned int n = 0;
	uint64_t pc;
	int i = OWN_FRAMES;

	if (crash_pc(uc, &pc, &caller)) {
		for (i = 0; i < nr && (uintptr_t)frames[i] != pc; i++)
			continue;
		if (i >= nr) {
			c->frames[0] = pc;
			sm_store_release(&c->nr_frames, 1);
			c->frames[1] = *caller;
			n = 2;
		}
	}
	for (; i < nr && n < SM_CRASH_FRAMES; i++)
		c->frames[n++] = (uintptr_t)frames[i];
	sm_store_release(&c->nr_frames, n);
}

static void crash_note(struct sm_crash *c, int sig, const siginfo_t *info)
{
	c->code = info->si_code;
	c->pid = crash_pid;
	c->tid = syscall(SYS_gettid);
	prctl(PR_GET_NAME, c->thread);
	if (info->si_code <= 0)
		c->detail = info->si_pid;
	else if (sig == SIGSYS)
		c->detail = info->si_syscall;
	else
		c->addr = (uintptr_t)info->si_addr;
	sm_store_release(&c->signal, sig);
}

/* Die of @sig, as if it had never been caught. */
static void crash_die(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + sig);
}

/*
 * All signals are blocked in here: a second fault, say in a stack that is no
 * more, ends the process at once, with what was noted until then. Threads that
 * come later wait for the first one to end them.
 */
static void crash_handle(int sig, siginfo_t *info, void *context)
{
	if (sm_crash_expected(sig, info->si_code))
		return;
	if (getpid() == crash_pid) {
		while (__atomic_exchange_n(&crash_claimed, 1, __ATOMIC_ACQ_REL))
			pause();
		crash_note(crash_record, sig, info);
		crash_note_frames(crash_record, context);
	}
	crash_die(sig);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The program itself comes first, and has no name there. */
static int crash_note_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *name = base_name(info->dlpi_name ? info->dlpi_name : "");
	struct sm_crash *c = arg;
	struct sm_crash_object *o = &c->objects[c->nr_objects];
	unsigned int i;

	(void)size;
	if (c->nr_objects == SM_CRASH_OBJECTS)
		return 1;
	if (!c->nr_objects)
		name = program_invocation_short_name;
	o->base = info->dlpi_addr;
	o->start = UINT64_MAX;
	o->end = 0;
	for (i = 0; i < info->dlpi_phnum; i++) {
		uint64_t start = o->base + info->dlpi_phdr[i].p_vaddr;
		uint64_t end = start + info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		if (start < o->start)
			o->start = start;
		if (end > o->end)
			o->end = end;
	}
	snprintf(o->name, sizeof(o->name), "%s", name);
	c->nr_objects += o->name[0] && o->end;
	return 0;
}

/*
 * A core would hold all of the arena. Whoever takes cores through a pipe, as
 * systemd does, is not kept from it by a limit of 0, but is by 1: see
 * core(5). PR_SET_DUMPABLE would do, but closes /proc to all but root.
 */
static void crash_dump_nothing(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max ? 1 : 0;
	setrlimit(RLIMIT_CORE, &limit);
}

void sm_crash_warm(void)
{
	void *frame;

	backtrace(&frame, 1);
}

void sm_crash_catch(struct sm_crash *record)
{
	struct sigaction act = {
		.sa_sigaction = crash_handle,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	stack_t stack = { .ss_sp = crash_stack, .ss_size = STACK_SIZE };
	unsigned int i;

	crash_record = record;
	crash_pid = getpid();
	crash_claimed = 0;
	record->nr_objects = 0;
	crash_dump_nothing();
	dl_iterate_phdr(crash_note_object, record);
	/* The first call loads a library, which the handler must not. */
	sm_crash_warm();
	sigaltstack(&stack, NULL);
	sigfillset(&act.sa_mask);
	for (i = 0; i < SM_ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &act, NULL);
}
