// SPDX-License-Identifier: GPL-2.0-only
/* GPUs come and go: see life.h. */
#include <linux/wait.h>

#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/drm_managed.h>

#include "hw.h"
#include "leak.h"
#include "life.h"
#include "patience.h"
#include "ring.h"
#include "show.h"
#include "shrink.h"

/* Devices that are not freed yet: unloading waits for them. */
static atomic_t sm_life_count;
static DECLARE_WAIT_QUEUE_HEAD(sm_life_gone);

/* The last reference of the device is gone, and with it all files, jobs, objects. */
static void sm_life_release(struct drm_device *drm, void *data)
{
	struct sm_gpu *gpu = to_sm_gpu(drm);
	u32 i;

	sm_shrink_fini(gpu);
	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++)
		sm_ring_fini(&gpu->rings[i]);
	if (atomic_dec_and_test(&sm_life_count))
		wake_up_all(&sm_life_gone);
}

/* A GPU whose node is @driver's. sm_life_unmake() takes it away again. */
int sm_life_make(struct device *parent, const struct drm_driver *driver)
{
	struct sm_gpu *gpu;
	int ret = 0;
	u32 i;

	gpu = devm_drm_dev_alloc(parent, driver, struct sm_gpu, drm);
	if (IS_ERR(gpu))
		return PTR_ERR(gpu);
	dev_set_drvdata(parent, gpu);
	sm_leak_init(gpu);
	sm_patience_init(gpu);
	spin_lock_init(&gpu->held_lock);
	INIT_LIST_HEAD(&gpu->held);
	atomic_inc(&sm_life_count);
	ret = drmm_add_action_or_reset(&gpu->drm, sm_life_release, NULL);
	for (i = 0; i < DRM_STALEMATE_MAX_RINGS && !ret; i++)
		ret = sm_ring_init(&gpu->rings[i], gpu, i);
	if (!ret)
		ret = sm_shrink_init(gpu);
	if (!ret)
		sm_show_debugfs(&gpu->drm);
	if (!ret)
		ret = drm_dev_register(&gpu->drm, 0);

	return ret;
}

/* Hot unplug: files may stay open, and jobs in flight end with -ENODEV. */
void sm_life_unmake(struct device *parent)
{
	struct sm_gpu *gpu = dev_get_drvdata(parent);

	drm_dev_unplug(&gpu->drm);
	WRITE_ONCE(gpu->gone, true);
	sm_hw_kick_all(gpu);
	sm_leak_give_back(gpu);
}

/* Until all are freed that were made: files may have kept them. */
void sm_life_wait(void)
{
	wait_event(sm_life_gone, !atomic_read(&sm_life_count));
}
