/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tools of the compiler do at exit(), which is not for a child: it would end
 * what the session has only begun. They are there if the program was built so.
 */
#ifndef SM_TOOLS_H
#define SM_TOOLS_H

#pragma weak __gcov_dump
#pragma weak __lsan_do_recoverable_leak_check

void __gcov_dump(void);
int __lsan_do_recoverable_leak_check(void);

#endif /* SM_TOOLS_H */
