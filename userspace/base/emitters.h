/* SPDX-License-Identifier: GPL-2.0-only */
/* The emitters: places in the kernel that send notifications. */
#ifndef SM_EMITTERS_H
#define SM_EMITTERS_H

/**
 * struct sm_emitter_info - a row of the emitter table
 * @name: canonical name: the function that sends it on Linux 6.12
 * @event: the event it sends there
 * @about: what makes it fire
 * @unreached: why no op can make it fire on any kernel, or NULL
 * @proof: how the name begins of a function that is there where it can fire; NULL:
 *	its own, or one that it is inlined into
 * @config: what that is built for, where ci/emitters/make cannot see it, or NULL
 */
struct sm_emitter_info {
	const char *name;
	const char *event;
	const char *about;
	const char *unreached;
	const char *proof;
	const char *config;
};

/* Every emitter that can be recognised; ends with a NULL name. */
extern const struct sm_emitter_info sm_emitters[];

#endif /* SM_EMITTERS_H */
