// SPDX-License-Identifier: GPL-2.0-only
/* What gcc counts is written at exit(). This does it at _exit(), too. */
#include <gcov.h>
#include <sys/syscall.h>
#include <unistd.h>

void _exit(int status)
{
	__gcov_dump();
	for (;;)
		syscall(SYS_exit_group, status);
}
