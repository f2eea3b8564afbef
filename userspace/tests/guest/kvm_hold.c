// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm_hold COMMAND...: run a command while there is a virtual machine.
 *
 * The first one on a machine, and the end of the last one, make the kernel
 * patch __schedule() (preempt_notifier_key). QEMU before 8.1 may translate code
 * while another processor patches it, and keep the breakpoint that marks it as
 * work in progress: the guest dies of "Oops: int3". So under emulation the first
 * machine comes, and the last one goes, while one processor is online.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CPUS	64

static int set_online(unsigned int cpu, const char *value)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online",
		 cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, value, 1) == 1 ? 0 : -1;
	close(fd);
	return ret;
}

static void set_others_online(const char *value)
{
	unsigned int cpu;

	for (cpu = 1; cpu < MAX_CPUS; cpu++)
		set_online(cpu, value);
}

static int make_machine(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);

	if (vm < 0)
		fprintf(stderr, "kvm_hold: /dev/kvm: %s\n", strerror(errno));
	return vm;
}

/* Returns its exit status. */
static int run(char **argv)
{
	int status, pid = fork();

	if (!pid) {
		execvp(argv[0], argv);
		fprintf(stderr, "kvm_hold: %s: %s\n", argv[0],
			strerror(errno));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 69;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 69;
}

int main(int argc, char **argv)
{
	int vm, status = 4;

	if (argc < 2) {
		printf("KTAP version 1\n1..1\nok 1 kvm_hold # SKIP no command\n");
		return 4;
	}
	set_others_online("0");
	vm = make_machine();
	set_others_online("1");
	if (vm < 0)
		return status;
	status = run(argv + 1);
	set_others_online("0");
	close(vm);
	set_others_online("1");
	return status;
}
