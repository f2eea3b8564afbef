// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm_hold COMMAND...: run a command while there is a virtual machine.
 *
 * The first one on a machine, and the end of the last one, make the kernel
 * patch __schedule() (preempt_notifier_key). QEMU before 8.1 may translate code
 * while another processor patches it, and keep the breakpoint that marks it as
 * work in progress: the guest dies of "Oops: int3". So under emulation the first
 * machine is made while one processor is online, and it is kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
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

static int make_machine(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);

	/* The command inherits it. */
	return vm < 0 || fcntl(vm, F_SETFD, 0) < 0 ? -1 : vm;
}

int main(int argc, char **argv)
{
	unsigned int cpu;
	int vm;

	if (argc < 2) {
		printf("KTAP version 1\n1..1\nok 1 kvm_hold # SKIP no command\n");
		return 4;
	}
	for (cpu = 1; cpu < MAX_CPUS; cpu++)
		set_online(cpu, "0");
	vm = make_machine();
	if (vm < 0)
		fprintf(stderr, "kvm_hold: /dev/kvm: %s\n", strerror(errno));
	for (cpu = 1; cpu < MAX_CPUS; cpu++)
		set_online(cpu, "1");
	if (vm < 0)
		return 4;
	execvp(argv[1], argv + 1);
	fprintf(stderr, "kvm_hold: %s: %s\n", argv[1], strerror(errno));
	return 69;
}
