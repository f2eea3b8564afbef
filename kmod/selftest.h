/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module tests before it serves anybody. */
#ifndef SM_SELFTEST_H
#define SM_SELFTEST_H

int sm_selftest(void);

#endif /* SM_SELFTEST_H */
