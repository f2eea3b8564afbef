/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctls of /dev/stalemate. */
#ifndef SM_IOCTL_H
#define SM_IOCTL_H

#include <linux/fs.h>

long sm_ioctl(struct file *file, unsigned int cmd, unsigned long uarg);

#endif /* SM_IOCTL_H */
