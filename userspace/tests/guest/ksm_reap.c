// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process whose memory can be reaped while it is whole: it exits under ptrace, and
 * is stopped where its threads count as dying. process_mrelease() then does to it
 * what the OOM reaper does.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif

/* 0 or a negative errno; -EAGAIN: somebody refused. */
int ksm_reap(int pidfd)
{
	return syscall(SYS_process_mrelease, pidfd, 0) ? -errno : 0;
}

void ksm_need_reap(void)
{
	if (ksm_reap(-1) != -EBADF)
		ksm_skip("no process_mrelease() in this kernel");
}

/* In the process, or each that shares its memory: stop until ksm_let_die(). */
void ksm_await_death(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	kill(getpid(), SIGSTOP);
}

/* From there to where it counts as dying; returns what it exits with. */
int ksm_let_die(int pid)
{
	unsigned long code;
	int status;

	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	if (!WIFSTOPPED(status))
		ksm_end();
	ASSERT_EQ(ptrace(PTRACE_SETOPTIONS, pid, NULL,
			 PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL), 0);
	ASSERT_EQ(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_EXIT << 8);
	ASSERT_EQ(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &code), 0);
	return WEXITSTATUS(code);
}

int ksm_pidfd(int pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	ASSERT_GE(fd, 0);
	return fd;
}

/* And to its end; its exit status. */
int ksm_bury(int pid)
{
	int status;

	ASSERT_EQ(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	return status;
}
