// SPDX-License-Identifier: GPL-2.0-only
/* A second face of this GPU: see face.h. */
#include <linux/module.h>
#include <linux/pci.h>

#include <drm/amdgpu_drm.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>

#include "compat/drm.h"
#include "face.h"
#include "face_cs.h"
#include "face_file.h"
#include "face_gem.h"
#include "face_info.h"
#include "life.h"
#include "show.h"

#define SM_FACE_DRIVER	"stalemate_amdgpu"	/* on the PCI bus: not amdgpu itself */

static bool sm_face_is_there;
static bool allow_face;
module_param(allow_face, bool, 0444);
MODULE_PARM_DESC(allow_face, "Have a driver that looks like amdgpu, for a PCI device of ATI's whose driver_override is stalemate_amdgpu");

#define SM_FACE_IOCTL(name, func) \
	DRM_IOCTL_DEF_DRV(AMDGPU_##name, func, DRM_AUTH | DRM_RENDER_ALLOW)

/* amdgpu_drv.c:3080. What is not here is -EINVAL, as a number that amdgpu has not. */
static const struct drm_ioctl_desc sm_face_ioctls[] = {
	SM_FACE_IOCTL(GEM_CREATE, sm_face_gem_create),
	SM_FACE_IOCTL(GEM_MMAP, sm_face_gem_mmap),
	SM_FACE_IOCTL(CTX, sm_face_ctx),
	SM_FACE_IOCTL(BO_LIST, sm_face_bo_list),
	SM_FACE_IOCTL(CS, sm_face_cs),
	SM_FACE_IOCTL(INFO, sm_face_info),
	SM_FACE_IOCTL(GEM_METADATA, sm_face_gem_metadata),
	SM_FACE_IOCTL(GEM_VA, sm_face_gem_va),
	SM_FACE_IOCTL(WAIT_CS, sm_face_wait_cs),
	SM_FACE_IOCTL(GEM_OP, sm_face_gem_op),
	SM_FACE_IOCTL(GEM_USERPTR, sm_face_gem_userptr),
	SM_FACE_IOCTL(VM, sm_face_vm),
};

static const struct file_operations sm_face_fops = {
	.owner = THIS_MODULE,
	DRM_GEM_FOPS,
	.show_fdinfo = drm_show_fdinfo,
};

/* amdgpu_drv.c:130, :3127. */
static const struct drm_driver sm_face_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE | SM_DRM_FEATURE_GPUVA,
	.open = sm_face_open,
	.postclose = sm_face_close,
	.ioctls = sm_face_ioctls,
	.num_ioctls = ARRAY_SIZE(sm_face_ioctls),
	.fops = &sm_face_fops,
	.show_fdinfo = sm_show_fdinfo,
	.name = "amdgpu",
	.desc = "AMD GPU",
	SM_DRM_DATE("20150101")
	.major = 3,
	.minor = 64,
};

static int sm_face_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	if (pdev->vendor != PCI_VENDOR_ID_ATI)
		return -ENODEV;

	return sm_life_make(&pdev->dev, &sm_face_driver);
}

static void sm_face_remove(struct pci_dev *pdev)
{
	sm_life_unmake(&pdev->dev);
}

/* No table of devices: it binds to none but what names it by driver_override. */
static struct pci_driver sm_face_pci = {
	.name = SM_FACE_DRIVER,
	.probe = sm_face_probe,
	.remove = sm_face_remove,
};

/* What was asked for with the module can be had. */
int sm_face_check(void)
{
	if (!allow_face || sm_face_gen())
		return 0;
	pr_err("stalemate_drm: no such face_generation\n");

	return -EINVAL;
}

void sm_face_register(void)
{
	int ret = allow_face ? pci_register_driver(&sm_face_pci) : 0;

	sm_face_is_there = allow_face && !ret;
	if (ret)
		pr_err("stalemate_drm: no driver for allow_face: %d\n", ret);
}

void sm_face_unregister(void)
{
	if (sm_face_is_there)
		pci_unregister_driver(&sm_face_pci);
}
