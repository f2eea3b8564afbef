/* SPDX-License-Identifier: GPL-2.0-only */
/* Minor faults of userfaultfd: younger than the oldest headers that this is built with. */
#ifndef SM_MINOR_H
#define SM_MINOR_H

#include <linux/types.h>
#include <linux/userfaultfd.h>

#ifndef UFFDIO_CONTINUE			/* Linux 5.13, and 5.14 of shmem */
#define UFFD_FEATURE_MINOR_HUGETLBFS	(1 << 9)
#define UFFDIO_REGISTER_MODE_MINOR	((__u64)1 << 2)
#define UFFDIO_CONTINUE			_IOWR(UFFDIO, 0x07, struct uffdio_continue)
struct uffdio_continue {
	struct uffdio_range range;
	__u64 mode;
	__s64 mapped;
};
#endif
#ifndef UFFD_FEATURE_MINOR_SHMEM
#define UFFD_FEATURE_MINOR_SHMEM	(1 << 10)
#endif

#endif /* SM_MINOR_H */
