// SPDX-License-Identifier: GPL-2.0-only
/* The kernel log, the module, what it says of itself, and switches: see ksm.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/kmsg.h"
#include "ksm.h"
#include "session/klog.h"

static int ksm_kmsg = -1;
unsigned int ksm_log_faults;

/* From here on: what was in the log before is nobody's fault. */
void ksm_log_start(void)
{
	ksm_kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (ksm_kmsg >= 0)
		lseek(ksm_kmsg, 0, SEEK_END);
}

/*
 * How many complaints since the last call; each is shown. Failures that were
 * injected are none, and counted apart.
 */
unsigned int ksm_log_splats(void)
{
	unsigned int splats = 0;
	struct sm_kmsg_message m;
	char record[8192];

	while (ksm_kmsg >= 0) {
		ssize_t n = read(ksm_kmsg, record, sizeof(record) - 1);

		if (n < 0 && errno == EPIPE)
			continue;	/* overwritten before it was read */
		if (n <= 0)
			break;
		record[n] = 0;
		if (!sm_kmsg_parse(record, &m) || m.facility)
			continue;
		if (!strncmp(m.text, "FAULT_INJECTION:", 16))
			ksm_log_faults++;
		if (!sm_klog_splat(m.text))
			continue;
		ksm_note("kernel: %s", m.text);
		splats++;
	}
	return splats;
}

struct ksm_idle_state {
	struct sm_ioc_query q;
	int err;
};

static bool ksm_idle_now(void *arg)
{
	struct ksm_idle_state *s = arg;

	s->err = ksm_query(&s->q);
	return s->err || !(s->q.contexts | s->q.mirrors | s->q.leaves |
			   s->q.agents | s->q.mms | s->q.pages);
}

/*
 * Has the module let go of everything, within some time? The last mmput() of a
 * dead process, and with it the last fput(), is asynchronous.
 */
bool ksm_idle(unsigned int ms, bool complain)
{
	struct ksm_idle_state s;
	bool idle = ksm_wait_until(ksm_idle_now, &s, ms);

	if (idle && !s.err)
		return true;
	if (complain && s.err)
		ksm_note("cannot query " KSM_DEVICE ": %s", strerror(-s.err));
	else if (complain)
		ksm_note("left: %llu contexts %llu mirrors %llu leaves",
			 s.q.contexts, s.q.mirrors, s.q.leaves);
	if (complain && !s.err)
		ksm_note("left: %llu agents %llu mms %llu pages", s.q.agents,
			 s.q.mms, s.q.pages);
	return false;
}

/* Returns 0 when the device is there. */
int ksm_module_load(void)
{
	int fd, status, pid;

	if (!access(KSM_DEVICE, F_OK)) {
		fd = open(KSM_DEVICE, O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			return close(fd);
	}
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		execlp("modprobe", "modprobe", "stalemate", (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return -ENODEV;
	return access(KSM_DEVICE, R_OK | W_OK) ? -errno : 0;
}

/* Returns 0 or a negative errno: -EWOULDBLOCK while somebody uses it. */
int ksm_module_unload(void)
{
	return syscall(SYS_delete_module, "stalemate", O_NONBLOCK) ? -errno : 0;
}

/* Returns 0 or a negative errno. */
int ksm_set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* All kprobes of the kernel: a switch of debugfs. */
void ksm_kprobes(bool on)
{
	if (ksm_set("/sys/kernel/debug/kprobes/enabled", on ? "1" : "0"))
		ksm_skip("kprobes cannot be switched: no debugfs, or no kprobes");
}
