// SPDX-License-Identifier: GPL-2.0-only
/* /proc/self/pagemap: what the CPU's page table says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pagemap.h"
#include "scan.h"
#include "uapi/stalemate.h"
#include "util.h"

/*
 * sm_pagemap_open() - open pagemap and make sure that it shows PFNs, which it
 * does only for CAP_SYS_ADMIN in the first user namespace. Returns a
 * descriptor, or a negative errno with a line in @why.
 */
int sm_pagemap_open(char *why, size_t size)
{
	uint64_t page, entry = 0;
	int fd, err;

	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		snprintf(why, size, "cannot open /proc/self/pagemap: %s",
			 err == -ENOENT ? "it takes CONFIG_PROC_PAGE_MONITOR" :
					  strerror(-err));
		return err;
	}
	page = (uintptr_t)&entry;
	sm_write(&entry, 1);
	err = sm_pagemap_read(fd, page, 1, &entry);
	if (!err && (entry & SM_ENT_PRESENT) && (entry & SM_ENT_PFN))
		return fd;
	close(fd);
	snprintf(why, size,
		 "/proc/self/pagemap shows no PFNs: it needs CAP_SYS_ADMIN in the initial user namespace");
	return err ? err : -EPERM;
}

/*
 * sm_pagemap_read() - read @nr entries from the page of @va on. The kernel
 * drops its lock every 2 MiB: one call is one moment only inside a granule.
 */
int sm_pagemap_read(int fd, uint64_t va, unsigned int nr, uint64_t *buf)
{
	off_t at = (va >> SM_PAGE_SHIFT) * sizeof(*buf);
	size_t left = nr * sizeof(*buf);
	char *p = (char *)buf;
	ssize_t n;

	while (left) {
		n = pread(fd, p, left, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENODATA;
		p += n;
		at += n;
		left -= n;
	}
	return 0;
}

/*
 * sm_pagemap_notify() - have mirrors told that [@start, @end) may change, which it
 * does not: who asks for pages to be protected is taken at his word before they are
 * looked at, and no page is both present and swapped. Returns a negative errno,
 * -ENOTTY before Linux 6.7.
 */
int sm_pagemap_notify(int fd, uint64_t start, uint64_t end)
{
	struct page_region none;
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.flags = PM_SCAN_WP_MATCHING,
		.start = start,
		.end = end,
		.vec = (uintptr_t)&none,
		.vec_len = 1,
		.category_mask = PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
	};

	return ioctl(fd, PAGEMAP_SCAN, &arg) < 0 ? -errno : 0;
}
