/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The least that a run must have done to pass: ops of the storm, and for each
 * mirror accesses of its device and pages compared. A run that has not done it
 * when its time is up goes on until it has, or until it is clear that it never
 * will; then it is broken.
 */
#ifndef SM_LEAST_H
#define SM_LEAST_H

#include <stdbool.h>
#include <stddef.h>

struct sm_engine;

/**
 * sm_least_settled() - is all done, or never to be done?
 * @e: the engine; its time is up, and this is called until it is true
 *
 * Return: true if there is nothing to wait for.
 */
bool sm_least_settled(struct sm_engine *e);

/**
 * sm_least_lacks() - name what was not done
 * @e: the engine; the storm is over, and all was looked at once more
 * @why: filled with one line
 * @size: bytes at @why
 *
 * Return: false if there is nothing.
 */
bool sm_least_lacks(struct sm_engine *e, char *why, size_t size);

#endif /* SM_LEAST_H */
