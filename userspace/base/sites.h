/* SPDX-License-Identifier: GPL-2.0-only */
/* The places in kernels that send invalidations: made of their sources. */
#ifndef SM_SITES_H
#define SM_SITES_H

/**
 * struct sm_site - one call of mmu_notifier_range_init(), or of the release
 * @version: of Linux, without what follows the second number
 * @function: which function it is in
 * @event: the event it sends
 * @place: file and line
 * @config: what it is built for: words of Kconfig, "" if always
 */
struct sm_site {
	const char *version;
	const char *function;
	const char *event;
	const char *place;
	const char *config;
};

/* By version, ascending; ends with a NULL version. */
extern const struct sm_site sm_sites[];

#endif /* SM_SITES_H */
