/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is, for tests of what prints results: the real tables need the whole
 * engine. Included by one file per test program.
 */
#ifndef STUB_CATALOGUE_H
#define STUB_CATALOGUE_H

#include "base/util.h"
#include "session/catalogue.h"

/* Nobody looks into a backend: that there are two is enough. */
static const char stub_backend[2];
#define STUB_MOCK	((const struct sm_backend *)&stub_backend[0])
#define STUB_DRIVER	((const struct sm_backend *)&stub_backend[1])

/* Defects and profiles that no test asks for by name have the same one. */
static inline void stub_catalogue(void)
{
	static const struct sm_catalogue_known known[] = { { NULL, NULL } };
	static struct sm_catalogue_defect defects[SM_MAX_DEFECTS + 1];
	static struct sm_catalogue_backend backends[3];
	static const char *profiles[SM_PROFILE_NR + 1];
	static const char *const ops[] = {
		"munmap", "mprotect-ro", "dontneed", NULL
	};
	static const char *const oracles[] = {
		"pagemap", "content", "late", "kernel", NULL
	};
	static const struct sm_catalogue catalogue = {
		.backends = backends,
		.ops = ops,
		.oracles = oracles,
		.profiles = profiles,
		.defects = defects,
		.known = known,
	};
	unsigned int i;

	backends[0] = (struct sm_catalogue_backend){ STUB_MOCK, "mock", true };
	backends[1] = (struct sm_catalogue_backend){ STUB_DRIVER, "my driver#1",
						     false };
	for (i = 0; i < SM_PROFILE_NR; i++)
		profiles[i] = "other";
	profiles[SM_PROFILE_KVM] = "kvm";
	profiles[SM_PROFILE_HMM] = "hmm";
	for (i = 0; i < SM_DEFECT_NR; i++) {
		defects[i].name = "other";
		defects[i].oracles = oracles;
	}
	defects[SM_DEFECT_NO_RETRY].name = "no-retry";
	defects[SM_DEFECT_FORGET].name = "forget";
	defects[SM_DEFECT_SPLAT].name = "splat";
	sm_catalogue_use(&catalogue);
}

#endif /* STUB_CATALOGUE_H */
