/* SPDX-License-Identifier: GPL-2.0-only */
/* Profiles: the disciplines that mirrors of the module follow. */
#ifndef SM_PROFILES_H
#define SM_PROFILES_H

#include <stdbool.h>

#include "uapi/stalemate.h"

/**
 * struct sm_profile_info - a row of the profile table
 * @name: name on the command line
 * @about: one line
 * @pinned: its pages are pinned and may differ from the page table: oracles
 *	that compare with it, or judge content, do not apply
 * @reads: its device does not write
 * @flushed: it is told after the page table changed, even after the end of an
 *	event: compared only while no op is under way
 * @unmap_only: it heeds unmapping alone
 * @coarse: it drops more than an event touches: pages of its own, objects,
 *	windows, what a flush may round to
 * @small: it has single entries, also of huge pages
 * @lazy: what is invalid stays in its table, unused, until it is wanted again
 * @ages: who ages pages is told which it has used
 * @window: so many pages are filled together if they can be; 0: one
 * @needs: what a kernel must have; NULL if all kernels have it
 */
struct sm_profile_info {
	const char *name;
	const char *about;
	bool pinned;
	bool reads;
	bool flushed;
	bool unmap_only;
	bool coarse;
	bool small;
	bool lazy;
	bool ages;
	unsigned int window;
	const char *needs;
};

extern const struct sm_profile_info sm_profiles[SM_PROFILE_NR];

#endif /* SM_PROFILES_H */
