/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/stalemate: open, mmap, close. */
#ifndef SM_DEV_H
#define SM_DEV_H

int sm_dev_init(void);
void sm_dev_exit(void);

#endif /* SM_DEV_H */
