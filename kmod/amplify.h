/* SPDX-License-Identifier: GPL-2.0-only */
/* Who waits where a race is won or lost, and how long. */
#ifndef SM_AMPLIFY_H
#define SM_AMPLIFY_H

struct sm_mirror;

/**
 * sm_mirror_amplify() - widen a race window: wait on one event in SM_AMPLIFY_EVERY
 * @m: the mirror, of which amplify_ns says how long
 *
 * Called with no lock held and never where the caller must not block. Correct and broken
 * mirrors wait alike, but for the window that publish-after-unlock opens, that of
 * fence-first, and where @m does not know that its process is gone (no-release). One
 * that knows waits no more: who sleeps there has let the jobs end (exit-no-wait).
 *
 * Who waits busily is back in time, but lets only other processors interfere: none
 * if there is one alone, or if those of a virtual machine do not run just now. So
 * some of the waits are naps; on one processor, or if they are long, all of them.
 */
void sm_mirror_amplify(struct sm_mirror *m);

#endif /* SM_AMPLIFY_H */
