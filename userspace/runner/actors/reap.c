// SPDX-License-Identifier: GPL-2.0-only
/* Taking the memory of a dying process away: see reap.h. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/ops.h"
#include "module/needs.h"
#include "reap.h"

#ifndef SYS_process_mrelease
#define SYS_process_mrelease	448
#endif

/* sm_reap() - of one that is on its way out. Returns 0 or a negative errno. */
int sm_reap(pid_t child)
{
	int fd = syscall(SYS_pidfd_open, child, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_process_mrelease, fd, 0) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* sm_reap_lacks() - of a kernel that cannot do so. */
const char *sm_reap_lacks(const struct sm_need *n)
{
	int err = syscall(SYS_process_mrelease, -1, 0) < 0 ? -errno : 0;

	/* A kernel that knows the call knows that this is no descriptor. */
	return sm_needs_why(n, err == -EBADF ? 0 : err, SM_NEEDS_FORBIDDEN);
}
