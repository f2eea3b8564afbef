/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings in real drivers, and in the core, that are written up in docs/found. A run reports
 * them as violations like any other, until it is told to stay away from exactly
 * what each of them is about, so that all else is still tested.
 */
#ifndef SM_KNOWN_H
#define SM_KNOWN_H

#include <stdint.h>

/**
 * enum sm_known - known findings
 * @SM_KNOWN_RXE_COPY: see the table
 * @SM_KNOWN_RXE_RACE: see the table
 * @SM_KNOWN_RXE_DIRTY: see the table
 * @SM_KNOWN_RXE_IOVA: see the table
 * @SM_KNOWN_GNTDEV_PIN: see the table
 * @SM_KNOWN_GNTDEV_DOFORK: see the table
 * @SM_KNOWN_GNTDEV_NOTICE: see the table
 * @SM_KNOWN_GNTDEV_PRIVATE: see the table
 * @SM_KNOWN_RADEON_PIN: see the table
 * @SM_KNOWN_RADEON_RACE: see the table
 * @SM_KNOWN_REFUSED_START: see the table
 * @SM_KNOWN_ZAP_DIRTY: see the table
 * @SM_KNOWN_MPROTECT_DIRTY: see the table
 * @SM_KNOWN_KSM_SOFT_DIRTY: see the table
 * @SM_KNOWN_KSM_FREE: see the table
 * @SM_KNOWN_UPROBE_RANGE: see the table
 * @SM_KNOWN_DAX_WAIT: see the table
 * @SM_KNOWN_KVM_SLOT: see the table
 * @SM_KNOWN_HUGETLB_RANGE: see the table
 * @SM_KNOWN_MIGRATE_LEAK: see the table
 * @SM_KNOWN_DAX_WRITE: see the table
 * @SM_KNOWN_HUGETLB_FORK: see the table
 * @SM_KNOWN_NR: number of findings
 */
enum sm_known {
	SM_KNOWN_RXE_COPY,
	SM_KNOWN_RXE_RACE,
	SM_KNOWN_RXE_DIRTY,
	SM_KNOWN_RXE_IOVA,
	SM_KNOWN_GNTDEV_PIN,
	SM_KNOWN_GNTDEV_DOFORK,
	SM_KNOWN_GNTDEV_NOTICE,
	SM_KNOWN_GNTDEV_PRIVATE,
	SM_KNOWN_RADEON_PIN,
	SM_KNOWN_RADEON_RACE,
	SM_KNOWN_REFUSED_START,
	SM_KNOWN_ZAP_DIRTY,
	SM_KNOWN_MPROTECT_DIRTY,
	SM_KNOWN_KSM_SOFT_DIRTY,
	SM_KNOWN_KSM_FREE,
	SM_KNOWN_UPROBE_RANGE,
	SM_KNOWN_DAX_WAIT,
	SM_KNOWN_KVM_SLOT,
	SM_KNOWN_HUGETLB_RANGE,
	SM_KNOWN_MIGRATE_LEAK,
	SM_KNOWN_DAX_WRITE,
	SM_KNOWN_HUGETLB_FORK,
	SM_KNOWN_NR,
};

/**
 * struct sm_known_info - a row of the table of known findings
 * @name: name on the command line
 * @backend: name of the backend that can meet it, or NULL: any, it is in memory
 *	that no device has
 * @about: one line: what is wrong
 * @avoided: one line: what is not done any more when it is avoided; NULL: nothing
 *	is done that could be left out
 * @since: the first version that was released with it; or NULL: not looked for
 * @mended: the kernels that are without it, or NULL: none yet that was tried
 * @gone: the first version that was released without it, for all that follow; or NULL
 * @page: where it is written up
 */
struct sm_known_info {
	const char *name;
	const char *backend;
	const char *about;
	const char *avoided;
	const char *since;
	const char *mended;
	const char *gone;
	const char *page;
};

extern const struct sm_known_info sm_known[SM_KNOWN_NR];

/**
 * sm_known_gone() - which of them a kernel is without, by its version
 * @release: as uname(2) has it
 *
 * Return: a mask of enum sm_known: who avoids these leaves out what is well.
 */
uint64_t sm_known_gone(const char *release);

#endif /* SM_KNOWN_H */
