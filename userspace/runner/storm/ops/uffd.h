/* SPDX-License-Identifier: GPL-2.0-only */
/* userfaultfd, for whoever wants one. */
#ifndef SM_UFFD_H
#define SM_UFFD_H

#include <stdint.h>

struct sm_need;

/* sm_uffd_open() - a descriptor with @features, or a negative errno */
int sm_uffd_open(uint64_t features);

/* sm_uffd_register() - @mode: UFFDIO_REGISTER_MODE_*; returns 0 or a negative errno */
int sm_uffd_register(int fd, uint64_t start, uint64_t end, uint64_t mode);

/* sm_uffd_lacks() - may we have one with @features? For &sm_need.lacks */
const char *sm_uffd_lacks(const struct sm_need *n, uint64_t features);

#endif /* SM_UFFD_H */
