/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device keeps of a dead process: row "exit" of the op table, applied
 * once per run, before the storm.
 *
 * A child puts the same mirrors, with the same defects, on memory of its own,
 * lets the device fill them, hands its descriptor to the parent and exits. The
 * mirrors must be empty then, and the device must refuse to go on.
 */
#ifndef SM_RELEASE_H
#define SM_RELEASE_H

#include <stdbool.h>

struct sm_engine;

void sm_release_check(struct sm_engine *e, bool reap);

#endif /* SM_RELEASE_H */
