// SPDX-License-Identifier: GPL-2.0-only
/* stalemate_drm.ko: a GPU that does not exist, on a platform device. */
#include <linux/module.h>
#include <linux/platform_device.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>

#include "admin.h"
#include "compat/compat.h"
#include "compat/drm.h"
#include "face.h"
#include "file.h"
#include "hw.h"
#include "ioc.h"
#include "life.h"
#include "preempt.h"
#include "ring.h"
#include "show.h"
#include "submit.h"
#include "vm.h"

#define SM_DRV_NAME	"stalemate"

static struct platform_device *sm_drv_pdev;

static int sm_drv_open(struct drm_device *drm, struct drm_file *file)
{
	file->driver_priv = sm_file_create(to_sm_gpu(drm));

	return file->driver_priv ? 0 : -ENOMEM;
}

static void sm_drv_close(struct drm_device *drm, struct drm_file *file)
{
	sm_vm_close(file->driver_priv);
}

#define SM_DRV_IOCTL(name, func) \
	DRM_IOCTL_DEF_DRV(STALEMATE_##name, func, DRM_RENDER_ALLOW)

static const struct drm_ioctl_desc sm_drv_ioctls[] = {
	SM_DRV_IOCTL(QUERY, sm_ioc_query),
	SM_DRV_IOCTL(VM_INIT, sm_ioc_vm_init),
	SM_DRV_IOCTL(VM_BIND, sm_ioc_vm_bind),
	SM_DRV_IOCTL(GEM_CREATE, sm_ioc_gem_create),
	SM_DRV_IOCTL(GEM_USERPTR, sm_ioc_gem_userptr),
	SM_DRV_IOCTL(GEM_INFO, sm_ioc_gem_info),
	SM_DRV_IOCTL(GEM_EVICT, sm_ioc_gem_evict),
	SM_DRV_IOCTL(SUBMIT, sm_submit_ioctl),
	SM_DRV_IOCTL(WAIT, sm_ioc_wait),
	SM_DRV_IOCTL(SNAPSHOT, sm_admin_snapshot),
	SM_DRV_IOCTL(DEFECTS, sm_admin_set_defects),
	SM_DRV_IOCTL(HOLD, sm_admin_hold),
	SM_DRV_IOCTL(STATS, sm_admin_stats),
};

static const struct file_operations sm_drv_fops = {
	.owner = THIS_MODULE,
	DRM_GEM_FOPS,
	.show_fdinfo = drm_show_fdinfo,
};

static const struct drm_driver sm_drv_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE | SM_DRM_FEATURE_GPUVA,
	.open = sm_drv_open,
	.postclose = sm_drv_close,
	.ioctls = sm_drv_ioctls,
	.num_ioctls = ARRAY_SIZE(sm_drv_ioctls),
	.fops = &sm_drv_fops,
	.show_fdinfo = sm_show_fdinfo,
	.name = SM_DRV_NAME,
	.desc = "a GPU that finds stale translations",
	SM_DRM_DATE("20261127")
	.major = 1,
	.minor = 0,
};

static int sm_drv_probe(struct platform_device *pdev)
{
	return sm_life_make(&pdev->dev, &sm_drv_driver);
}

static void sm_drv_unplug(struct platform_device *pdev)
{
	sm_life_unmake(&pdev->dev);
}

static struct platform_driver sm_drv_platform = {
	.probe = sm_drv_probe,
	.remove = sm_drv_unplug,
	.driver = { .name = SM_DRV_NAME },
};

/* There is no way back once there is a node: files may be open that run our code. */
static int __init sm_drv_init(void)
{
	int ret;

	ret = sm_face_check();
	if (ret)
		return ret;
	sm_file_reaper = alloc_workqueue("stalemate-reaper", WQ_UNBOUND, 0);
	if (!sm_file_reaper)
		return -ENOMEM;
	sm_preempt_queue = alloc_workqueue("stalemate-rebind", WQ_UNBOUND, 0);
	ret = -ENOMEM;
	if (!sm_preempt_queue)
		goto err_reaper;
	ret = platform_driver_register(&sm_drv_platform);
	if (ret)
		goto err_rebind;
	sm_drv_pdev = platform_device_register_simple(SM_DRV_NAME, -1, NULL, 0);
	ret = PTR_ERR_OR_ZERO(sm_drv_pdev);
	if (ret)
		goto err_driver;
	sm_face_register();

	return 0;

err_driver:
	platform_driver_unregister(&sm_drv_platform);
err_rebind:
	destroy_workqueue(sm_preempt_queue);
err_reaper:
	destroy_workqueue(sm_file_reaper);
	sm_ring_forget();

	return ret;
}

/*
 * Open files, mappings and fences hold the module, so none is left. What they have
 * left to the reaper, and the device that it keeps, are waited for; then come those
 * who are about to return from a fence's last RCU callback.
 */
static void __exit sm_drv_exit(void)
{
	sm_face_unregister();
	platform_device_unregister(sm_drv_pdev);
	platform_driver_unregister(&sm_drv_platform);
	sm_life_wait();
	destroy_workqueue(sm_preempt_queue);
	destroy_workqueue(sm_file_reaper);
	mmu_notifier_synchronize();
	rcu_barrier();
	sm_ring_forget();
}

module_init(sm_drv_init);
module_exit(sm_drv_exit);

MODULE_AUTHOR("The stalemate developers");
MODULE_DESCRIPTION("A GPU that does not exist: finds stale translations");
MODULE_LICENSE("GPL");
MODULE_VERSION(STALEMATE_VERSION);
SM_IMPORT();
