/* SPDX-License-Identifier: GPL-2.0-only */
/* Several threads that do the same thing at the same time. */
#ifndef SM_TEST_RACE_H
#define SM_TEST_RACE_H

#define SM_RACERS	4

struct kunit;

void sm_test_race(struct kunit *test,
		  void (*fn)(void *arg, unsigned int racer), void *arg);

#endif /* SM_TEST_RACE_H */
