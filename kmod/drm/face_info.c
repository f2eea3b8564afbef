// SPDX-License-Identifier: GPL-2.0-only
/* The node that looks like amdgpu's: what it says of itself. */
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <drm/amdgpu_drm.h>

#include "face_info.h"

static char *face_generation = "NV";
module_param(face_generation, charp, 0444);
MODULE_PARM_DESC(face_generation, "What the engine of amdgpu's face is: CIK, VI, AI, NV, GC12");

/* Families: amdgpu_drm.h; versions: the *_ip_block of the file that the decoder names. */
static const struct sm_face_gen sm_face_gens[] = {
	{ "CIK", AMDGPU_FAMILY_CI, 2, 0, 7, 2, SM_SDMA_CIK },
	{ "VI", AMDGPU_FAMILY_VI, 3, 0, 8, 0, SM_SDMA_VI },
	{ "AI", AMDGPU_FAMILY_AI, 4, 0, 9, 0, SM_SDMA_AI },
	{ "NV", AMDGPU_FAMILY_NV, 5, 2, 10, 0, SM_SDMA_NV },
	{ "GC12", AMDGPU_FAMILY_GC_12_0_0, 7, 0, 12, 0, SM_SDMA_GC12 },
};

/* What the parameter names, or NULL. */
const struct sm_face_gen *sm_face_gen(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sm_face_gens); i++)
		if (!strcmp(sm_face_gens[i].name, face_generation))
			return &sm_face_gens[i];

	return NULL;
}

static int sm_face_tell(const struct drm_amdgpu_info *info, const void *from,
			size_t size)
{
	void __user *to = u64_to_user_ptr(info->return_pointer);

	return copy_to_user(to, from, min_t(size_t, info->return_size, size)) ?
	       -EFAULT : 0;
}

/* As amdgpu_kms.c:933: what a program places its objects by. It has no shaders. */
static int sm_face_device(struct drm_device *drm,
			  const struct drm_amdgpu_info *info)
{
	const struct pci_dev *pdev = to_pci_dev(drm->dev);
	struct drm_amdgpu_info_device *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int ret;

	if (!d)
		return -ENOMEM;
	d->device_id = pdev->device;
	d->pci_rev = pdev->revision;
	d->family = sm_face_gen()->family;
	d->virtual_address_offset = SM_FACE_BOTTOM;
	d->virtual_address_max = DRM_STALEMATE_MAX_VM;
	d->virtual_address_alignment = PAGE_SIZE;
	d->pte_fragment_size = PAGE_SIZE;
	d->gart_page_size = PAGE_SIZE;
	ret = sm_face_tell(info, d, sizeof(*d));
	kfree(d);

	return ret;
}

/*
 * As amdgpu_kms.c:445, :480, :586: of all engines there are those for DMA, and one for
 * graphics, which can do nothing, but waits and is waited for.
 */
static int sm_face_ip(const struct drm_amdgpu_info *info)
{
	struct drm_amdgpu_info_hw_ip ip = {};

	if (info->query_hw_ip.ip_instance >= AMDGPU_HW_IP_INSTANCE_MAX_COUNT ||
	    info->query_hw_ip.type >= AMDGPU_HW_IP_NUM)
		return -EINVAL;
	if (info->query_hw_ip.type == AMDGPU_HW_IP_DMA) {
		ip.hw_ip_version_major = sm_face_gen()->major;
		ip.hw_ip_version_minor = sm_face_gen()->minor;
		ip.ib_start_alignment = 256;
		ip.ib_size_alignment = 4;
		ip.available_rings = (1U << SM_FACE_RINGS) - 1;
	} else if (info->query_hw_ip.type == AMDGPU_HW_IP_GFX) {
		ip.hw_ip_version_major = sm_face_gen()->gfx_major;
		ip.hw_ip_version_minor = sm_face_gen()->gfx_minor;
		ip.ib_start_alignment = 32;
		ip.ib_size_alignment = 32;
		ip.available_rings = 1;
	}

	return sm_face_tell(info, &ip, sizeof(ip));
}

/* As amdgpu_kms.c:705: an engine for each ring. */
static int sm_face_ip_count(const struct drm_amdgpu_info *info)
{
	u32 count = SM_FACE_RINGS;

	if (info->query_hw_ip.type == AMDGPU_HW_IP_GFX)
		count = 1;
	else if (info->query_hw_ip.type != AMDGPU_HW_IP_DMA)
		return -EINVAL;

	return sm_face_tell(info, &count, sizeof(count));
}

/*
 * As amdgpu_kms.c:877. Those that libdrm reads of every card, and more of them before
 * AI; what is not allowed is -EFAULT there.
 */
static int sm_face_registers(const struct drm_amdgpu_info *info)
{
	static const struct {
		u32 first, nr;
	} known[] = {
		{ 0x9d8, 1 }, { 0x263d, 1 }, { 0x263e, 1 }, { 0x2644, 32 },
		{ 0x2664, 16 }, { 0xa0d4, 2 },
	};
	static const u32 zeroes[32];
	u32 first = info->read_mmr_reg.dword_offset;
	u32 nr = info->read_mmr_reg.count, i;

	if (nr > 128)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (first >= known[i].first && nr <= known[i].nr &&
		    first - known[i].first <= known[i].nr - nr)
			return sm_face_tell(info, zeroes, nr * sizeof(u32));

	return -EFAULT;
}

/* As amdgpu_kms.c:825: no memory of its own. */
static int sm_face_memory(const struct drm_amdgpu_info *info)
{
	const struct drm_amdgpu_info_vram_gtt vram_gtt = {
		.vram_size = DRM_STALEMATE_MAX_OBJECT,
		.vram_cpu_accessible_size = DRM_STALEMATE_MAX_OBJECT,
		.gtt_size = DRM_STALEMATE_MAX_OBJECT,
	};

	return sm_face_tell(info, &vram_gtt, sizeof(vram_gtt));
}

/* As amdgpu_kms.c:761, :217: an engine that a card lacks has firmware 0, as this all. */
static int sm_face_firmware(const struct drm_amdgpu_info *info)
{
	const struct drm_amdgpu_info_firmware none = {};

	if (info->query_fw.ip_instance)
		return -EINVAL;
	switch (info->query_fw.fw_type) {
	case AMDGPU_INFO_FW_VCE:
	case AMDGPU_INFO_FW_UVD:
	case AMDGPU_INFO_FW_GMC:
	case AMDGPU_INFO_FW_GFX_ME:
	case AMDGPU_INFO_FW_GFX_PFP:
	case AMDGPU_INFO_FW_GFX_CE:
		return sm_face_tell(info, &none, sizeof(none));
	default:
		return -EINVAL;
	}
}

/* As amdgpu_kms.c:654. */
int sm_face_info(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_amdgpu_info *info = data;
	const u32 one = 1;

	if (!info->return_size || !info->return_pointer)
		return -EINVAL;
	switch (info->query) {
	case AMDGPU_INFO_ACCEL_WORKING:
		return sm_face_tell(info, &one, sizeof(one));
	case AMDGPU_INFO_HW_IP_INFO:
		return sm_face_ip(info);
	case AMDGPU_INFO_HW_IP_COUNT:
		return sm_face_ip_count(info);
	case AMDGPU_INFO_DEV_INFO:
		return sm_face_device(drm, info);
	case AMDGPU_INFO_READ_MMR_REG:
		return sm_face_registers(info);
	case AMDGPU_INFO_VRAM_GTT:
		return sm_face_memory(info);
	case AMDGPU_INFO_FW_VERSION:
		return sm_face_firmware(info);
	default:
		return -EINVAL;
	}
}
