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
#define BY	": it would go by "

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

/* @later: what is said of one that is there. */
static enum sm_verdict hardware_probe(const char *pattern, const char *missing,
				      const char *later, char *why, size_t size)
{
	char path[128];

	if (hardware_find(pattern, path, sizeof(path)))
		snprintf(why, size, "%s %s", path, later);
	else
		snprintf(why, size, "%s", missing);
	return SM_SKIP;
}

static enum sm_verdict hfi1_probe(char *why, size_t size)
{
	return hardware_probe("/sys/bus/pci/drivers/hfi1/*:*",
			      "no Omni-Path HFI: it needs the card, and hfi1 loaded",
			      LATER, why, size);
}

static enum sm_verdict idxd_probe(char *why, size_t size)
{
	return hardware_probe("/sys/bus/pci/drivers/idxd/*:*",
			      "no Intel DSA: it needs the processor, intel_iommu=on,sm_on and idxd loaded",
			      LATER, why, size);
}

static enum sm_verdict kfd_probe(char *why, size_t size)
{
	return hardware_probe("/dev/kfd",
			      "no /dev/kfd: it needs an AMD GPU, and amdgpu with CONFIG_HSA_AMD",
			      LATER BY "AMDKFD_IOC_SVM, with XNACK and without",
			      why, size);
}

static enum sm_verdict xe_probe(char *why, size_t size)
{
	return hardware_probe("/sys/bus/pci/drivers/xe/*:*",
			      "no Intel GPU of xe's: it needs the card, and xe loaded",
			      LATER BY "VM_BIND_OP_MAP_USERPTR, or CPU_ADDR_MIRROR",
			      why, size);
}

static enum sm_verdict i915_probe(char *why, size_t size)
{
	return hardware_probe("/sys/bus/pci/drivers/i915/*:*",
			      "no Intel GPU of i915's: it needs the card, and i915 loaded",
			      LATER BY "GEM_USERPTR",
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

const struct sm_backend sm_kfd_backend = {
	.name = "kfd",
	.about = "AMD GPU: shared virtual memory through KFD, and queues of users",
	.probe = kfd_probe,
};

const struct sm_backend sm_xe_backend = {
	.name = "xe",
	.about = "Intel GPU of xe's: user pointers, and shared virtual memory",
	.probe = xe_probe,
};

const struct sm_backend sm_i915_backend = {
	.name = "i915",
	.about = "Intel GPU of i915's: user pointers",
	.probe = i915_probe,
};
