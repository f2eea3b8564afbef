// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that no guest has. They are looked for, so that a lab sees that its
 * machine has one; storms for them are to come, and nothing is pretended.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "each.h"

#define LATER	"found, but no storm for it is written yet (docs/driver.md says how)"

/* The first path that fits, or false. */
static bool hardware_find(const char *pattern, char *path, size_t size)
{
	glob_t found;
	bool any = !glob(pattern, 0, NULL, &found);

	if (any)
		snprintf(path, size, "%s", found.gl_pathv[0]);
	globfree(&found);
	return any;
}

static enum sm_verdict hardware_probe(const char *pattern, const char *missing,
				      char *why, size_t size)
{
	char path[128];

	if (hardware_find(pattern, path, sizeof(path)))
		snprintf(why, size, "%s " LATER, path);
	else
		snprintf(why, size, "%s", missing);
	return SM_SKIP;
}

static enum sm_verdict hfi1_probe(char *why, size_t size)
{
	return hardware_probe("/sys/bus/pci/drivers/hfi1/*:*",
			      "no Omni-Path HFI: it needs the card, and hfi1 loaded",
			      why, size);
}

static enum sm_verdict idxd_probe(char *why, size_t size)
{
	return hardware_probe("/sys/bus/pci/drivers/idxd/*:*",
			      "no Intel DSA: it needs the processor, intel_iommu=on,sm_on and idxd loaded",
			      why, size);
}

const struct sm_backend sm_hfi1_backend = {
	.name = "hfi1",
	.about = "Omni-Path: expected receive and SDMA from user memory",
	.probe = hfi1_probe,
};

const struct sm_backend sm_idxd_backend = {
	.name = "idxd",
	.about = "Intel DSA: shared virtual addressing through the IOMMU",
	.probe = idxd_probe,
};
