// SPDX-License-Identifier: GPL-2.0-only
/* The node that looks like amdgpu's: open files, their contexts and lists. */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/amdgpu_drm.h>
#include <drm/drm_file.h>

#include "admin.h"
#include "face_file.h"
#include "file.h"
#include "vm.h"

/* ---- files -------------------------------------------------------------------- */

static unsigned long face_defects;
module_param(face_defects, ulong, 0644);
MODULE_PARM_DESC(face_defects, "Break amdgpu's face for administrators who open it from now on: a mask of bits DRM_STALEMATE_DEFECT_*, where defects may be armed");

/* Its address space is there from the start: as amdgpu_kms.c, amdgpu_driver_open_kms() */
static int sm_face_start(struct sm_vm *vm)
{
	const struct drm_stalemate_vm_init init = {
		.size = DRM_STALEMATE_MAX_VM,
	};
	struct sm_face_file *face;
	int ret;

	face = kzalloc(sizeof(*face), GFP_KERNEL_ACCOUNT);
	if (!face)
		return -ENOMEM;
	xa_init_flags(&face->ctxs, XA_FLAGS_ALLOC1);
	xa_init_flags(&face->lists, XA_FLAGS_ALLOC1);
	vm->face = face;
	vm->unbind = sm_vm_unbind;
	if (face_defects && capable(CAP_SYS_ADMIN))
		sm_admin_arm(vm, face_defects & sm_admin_defects());
	mutex_lock(&vm->lock);
	ret = sm_vm_init(vm, &init);
	mutex_unlock(&vm->lock);

	return ret;
}

static void sm_face_end(struct sm_vm *vm)
{
	struct sm_face_list *list;
	unsigned long i;

	if (vm->face) {
		xa_for_each(&vm->face->lists, i, list)
			sm_face_list_put(list);
		xa_destroy(&vm->face->lists);
		xa_destroy(&vm->face->ctxs);
		kfree(vm->face);
		vm->face = NULL;
	}
	sm_vm_close(vm);
}

int sm_face_open(struct drm_device *drm, struct drm_file *file)
{
	struct sm_vm *vm = sm_file_create(to_sm_gpu(drm));
	int ret;

	if (!vm)
		return -ENOMEM;
	ret = sm_face_start(vm);
	if (ret)
		sm_face_end(vm);
	else
		file->driver_priv = vm;

	return ret;
}

void sm_face_close(struct drm_device *drm, struct drm_file *file)
{
	sm_face_end(file->driver_priv);
}

/* ---- contexts ----------------------------------------------------------------- */

bool sm_face_has_ctx(struct sm_vm *vm, u32 id)
{
	return xa_load(&vm->face->ctxs, id);
}

/* As amdgpu_ctx.c:520, :572, of a device that is never reset. */
static int sm_face_ctx_query(struct sm_vm *vm, union drm_amdgpu_ctx *args)
{
	if (!sm_face_has_ctx(vm, args->in.ctx_id))
		return -EINVAL;
	memset(args, 0, sizeof(*args));

	return 0;
}

static int sm_face_ctx_alloc(struct sm_vm *vm, union drm_amdgpu_ctx *args)
{
	u32 id;
	int ret = xa_alloc(&vm->face->ctxs, &id, xa_mk_value(1),
			   XA_LIMIT(1, 4096), GFP_KERNEL_ACCOUNT);

	if (ret)
		return ret;
	memset(args, 0, sizeof(*args));
	args->out.alloc.ctx_id = id;

	return 0;
}

/* As amdgpu_ctx.c:655; its performance states are refused. */
int sm_face_ctx(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_ctx *args = data;
	struct sm_vm *vm = file->driver_priv;

	if (args->in.flags)
		return -EINVAL;
	switch (args->in.op) {
	case AMDGPU_CTX_OP_ALLOC_CTX:
		return sm_face_ctx_alloc(vm, args);
	case AMDGPU_CTX_OP_FREE_CTX:
		return xa_erase(&vm->face->ctxs, args->in.ctx_id) ? 0 : -EINVAL;
	case AMDGPU_CTX_OP_QUERY_STATE:
	case AMDGPU_CTX_OP_QUERY_STATE2:
		return sm_face_ctx_query(vm, args);
	default:
		return -EINVAL;
	}
}

/* As amdgpu_vm.c:2900. An address space has a number of its own anyway. */
int sm_face_vm(struct drm_device *drm, void *data, struct drm_file *file)
{
	const union drm_amdgpu_vm *args = data;

	if (args->in.flags || (args->in.op != AMDGPU_VM_OP_RESERVE_VMID &&
			       args->in.op != AMDGPU_VM_OP_UNRESERVE_VMID))
		return -EINVAL;

	return 0;
}

/* ---- lists -------------------------------------------------------------------- */

static void sm_face_list_free(struct kref *kref)
{
	struct sm_face_list *list = container_of(kref, struct sm_face_list, kref);
	u32 i;

	for (i = 0; i < list->nr; i++)
		drm_gem_object_put(&list->bos[i]->base);
	kvfree(list);
}

void sm_face_list_put(struct sm_face_list *list)
{
	kref_put(&list->kref, sm_face_list_free);
}

/* The list with its own reference, or NULL. */
struct sm_face_list *sm_face_list_get(struct sm_vm *vm, u32 handle)
{
	struct sm_face_list *list;

	xa_lock(&vm->face->lists);
	list = xa_load(&vm->face->lists, handle);
	if (list)
		kref_get(&list->kref);
	xa_unlock(&vm->face->lists);

	return list;
}

/* One that is named twice is in it once: as amdgpu_cs.c, DRM_EXEC_IGNORE_DUPLICATES. */
static int sm_face_list_add(struct sm_face_list *list, struct drm_file *file,
			    u32 handle)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, handle);
	int ret = 0;
	u32 i;

	if (!obj)
		return -ENOENT;
	if (to_sm_bo(obj)->vm != file->driver_priv ||
	    (to_sm_bo(obj)->userptr &&
	     to_sm_bo(obj)->notifier.mm != current->mm))
		ret = -EPERM;
	for (i = 0; i < list->nr && !ret; i++)
		if (&list->bos[i]->base == obj)
			break;
	if (!ret && i == list->nr)
		list->bos[list->nr++] = to_sm_bo(obj);
	else
		drm_gem_object_put(obj);

	return ret;
}

/* As amdgpu_bo_list.c:60, :164, but of fewer objects. */
struct sm_face_list *sm_face_list_make(struct drm_file *file,
				       const struct drm_amdgpu_bo_list_in *in)
{
	const struct drm_amdgpu_bo_list_entry __user *from =
		u64_to_user_ptr(in->bo_info_ptr);
	struct drm_amdgpu_bo_list_entry entry;
	struct sm_face_list *list;
	int ret = 0;
	u32 i;

	if (in->bo_number > DRM_STALEMATE_MAX_OBJS ||
	    in->bo_info_size != sizeof(entry))
		return ERR_PTR(-EINVAL);
	list = kvzalloc(struct_size(list, bos, in->bo_number),
			GFP_KERNEL_ACCOUNT);
	if (!list)
		return ERR_PTR(-ENOMEM);
	kref_init(&list->kref);
	for (i = 0; i < in->bo_number && !ret; i++) {
		if (copy_from_user(&entry, &from[i], sizeof(entry)))
			ret = -EFAULT;
		else
			ret = sm_face_list_add(list, file, entry.bo_handle);
	}
	if (!ret)
		return list;
	sm_face_list_put(list);

	return ERR_PTR(ret);
}

/* A new list in the place of none, or of one that is there. */
static int sm_face_list_store(struct sm_vm *vm, struct sm_face_list *list,
			      u32 *handle, bool update)
{
	struct xarray *xa = &vm->face->lists;
	struct sm_face_list *old = NULL;
	int ret;

	if (!update)
		return xa_alloc(xa, handle, list, xa_limit_31b,
				GFP_KERNEL_ACCOUNT);
	xa_lock(xa);
	if (xa_load(xa, *handle))
		old = __xa_store(xa, *handle, list, GFP_ATOMIC);
	xa_unlock(xa);
	ret = xa_err(old);
	if (!ret && !old)
		ret = -ENOENT;
	if (!ret)
		sm_face_list_put(old);

	return ret;
}

static int sm_face_list_destroy(struct sm_vm *vm,
				union drm_amdgpu_bo_list *args)
{
	struct sm_face_list *list = xa_erase(&vm->face->lists,
					     args->in.list_handle);

	if (list)
		sm_face_list_put(list);
	memset(args, 0, sizeof(*args));

	return 0;
}

/* As amdgpu_bo_list.c:179. */
int sm_face_bo_list(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_bo_list *args = data;
	struct sm_vm *vm = file->driver_priv;
	u32 handle = args->in.list_handle, op = args->in.operation;
	struct sm_face_list *list;
	int ret;

	if (op == AMDGPU_BO_LIST_OP_DESTROY)
		return sm_face_list_destroy(vm, args);
	if (op != AMDGPU_BO_LIST_OP_CREATE && op != AMDGPU_BO_LIST_OP_UPDATE)
		return -EINVAL;
	list = sm_face_list_make(file, &args->in);
	if (IS_ERR(list))
		return PTR_ERR(list);
	ret = sm_face_list_store(vm, list, &handle,
				 op == AMDGPU_BO_LIST_OP_UPDATE);
	if (ret) {
		sm_face_list_put(list);
		return ret;
	}
	memset(args, 0, sizeof(*args));
	args->out.list_handle = handle;

	return 0;
}
