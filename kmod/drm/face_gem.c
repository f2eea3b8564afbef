// SPDX-License-Identifier: GPL-2.0-only
/* The node that looks like amdgpu's: objects and where they are bound. */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/amdgpu_drm.h>
#include <drm/drm_file.h>
#include <drm/drm_vma_manager.h>

#include "bo.h"
#include "compat/drm.h"
#include "face_gem.h"
#include "face_state.h"
#include "userptr.h"
#include "vm.h"

/* amdgpu_object.h, AMDGPU_GEM_CREATE_SETTABLE_MASK, less what makes an object special */
#define SM_FACE_GEM_FLAGS						\
	(AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED |			\
	 AMDGPU_GEM_CREATE_NO_CPU_ACCESS |				\
	 AMDGPU_GEM_CREATE_CPU_GTT_USWC |				\
	 AMDGPU_GEM_CREATE_VRAM_CLEARED |				\
	 AMDGPU_GEM_CREATE_VRAM_CONTIGUOUS |				\
	 AMDGPU_GEM_CREATE_EXPLICIT_SYNC)

#define SM_FACE_DOMAINS	(AMDGPU_GEM_DOMAIN_CPU | AMDGPU_GEM_DOMAIN_GTT | \
			 AMDGPU_GEM_DOMAIN_VRAM)

/* Each alone: here they are memory as well, but out of the processor's reach. */
#define SM_FACE_SPECIAL	(AMDGPU_GEM_DOMAIN_GDS | AMDGPU_GEM_DOMAIN_GWS | \
			 AMDGPU_GEM_DOMAIN_OA)

#define SM_FACE_USERPTR_FLAGS						\
	(AMDGPU_GEM_USERPTR_READONLY | AMDGPU_GEM_USERPTR_ANONONLY |	\
	 AMDGPU_GEM_USERPTR_VALIDATE | AMDGPU_GEM_USERPTR_REGISTER)

#define SM_FACE_VA_FLAGS						\
	(AMDGPU_VM_DELAY_UPDATE | AMDGPU_VM_PAGE_READABLE |		\
	 AMDGPU_VM_PAGE_WRITEABLE | AMDGPU_VM_PAGE_EXECUTABLE |		\
	 AMDGPU_VM_MTYPE_MASK | AMDGPU_VM_PAGE_NOALLOC)

/* The handle has the only reference from here on. */
static int sm_face_give(struct drm_file *file, struct sm_bo *bo,
			const struct sm_face_bo *made, u32 *handle)
{
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	bo->face = kmemdup(made, sizeof(*made), GFP_KERNEL_ACCOUNT);
	if (!bo->face) {
		drm_gem_object_put(&bo->base);
		return -ENOMEM;
	}

	return sm_bo_give(file, bo, handle);
}

/* As amdgpu_gem.c:403. */
static bool sm_face_domains(u64 domains)
{
	return domains & SM_FACE_SPECIAL ? is_power_of_2(domains) :
	       domains && !(domains & ~SM_FACE_DOMAINS);
}

/* As amdgpu_gem.c:425. All domains are the memory of this machine. */
int sm_face_gem_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_gem_create *args = data;
	const struct sm_face_bo made = {
		.alignment = args->in.alignment,
		.domains = args->in.domains,
		.flags = args->in.domain_flags,
	};
	u64 size = args->in.bo_size;
	u32 handle;
	int ret;

	if (args->in.domain_flags & ~SM_FACE_GEM_FLAGS || !size ||
	    !sm_face_domains(args->in.domains))
		return -EINVAL;
	if (size > DRM_STALEMATE_MAX_OBJECT)
		return -ENOMEM;
	ret = sm_face_give(file, sm_bo_create(file->driver_priv,
					      PAGE_ALIGN(size)), &made, &handle);
	if (ret)
		return ret;
	memset(args, 0, sizeof(*args));
	args->out.handle = handle;

	return 0;
}

/* As amdgpu_gem.c:632. */
int sm_face_gem_mmap(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_gem_mmap *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->in.handle);
	int ret = -EPERM;

	if (!obj)
		return -ENOENT;
	memset(args, 0, sizeof(*args));
	if (!to_sm_bo(obj)->userptr &&
	    !(to_sm_bo(obj)->face->domains & SM_FACE_SPECIAL))
		ret = drm_gem_create_mmap_offset(obj);
	if (!ret)
		args->out.addr_ptr = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);

	return ret;
}

/* As amdgpu_gem.c:519. */
int sm_face_gem_userptr(struct drm_device *drm, void *data,
			struct drm_file *file)
{
	const struct sm_face_bo made = { .domains = AMDGPU_GEM_DOMAIN_GTT };
	struct drm_amdgpu_gem_userptr *args = data;
	u32 flags = 0;

	if (args->addr & ~PAGE_MASK || args->size & ~PAGE_MASK || !args->size ||
	    args->flags & ~SM_FACE_USERPTR_FLAGS)
		return -EINVAL;
	if (!(args->flags & (AMDGPU_GEM_USERPTR_READONLY |
			     AMDGPU_GEM_USERPTR_REGISTER)))
		return -EACCES;
	if (args->size > DRM_STALEMATE_MAX_OBJECT)
		return -ENOMEM;
	if (args->flags & AMDGPU_GEM_USERPTR_READONLY)
		flags |= DRM_STALEMATE_USERPTR_READONLY;
	if (args->flags & AMDGPU_GEM_USERPTR_ANONONLY)
		flags |= DRM_STALEMATE_USERPTR_ANONONLY;
	if (args->flags & AMDGPU_GEM_USERPTR_VALIDATE)
		flags |= DRM_STALEMATE_USERPTR_PROBE;

	return sm_face_give(file, sm_userptr_create(file->driver_priv,
						    args->addr, args->size,
						    flags), &made,
			    &args->handle);
}

/* ---- what is noted of an object -------------------------------------------------- */

/* As amdgpu_gem.c:730, under the object's dma_resv. */
static int sm_face_note(struct sm_face_bo *face, struct drm_amdgpu_gem_metadata *args)
{
	switch (args->op) {
	case AMDGPU_GEM_METADATA_OP_GET_METADATA:
		args->data.flags = face->noted;
		args->data.tiling_info = face->tiling;
		args->data.data_size_bytes = face->bytes;
		memcpy(args->data.data, face->data, face->bytes);
		return 0;
	case AMDGPU_GEM_METADATA_OP_SET_METADATA:
		if (args->data.data_size_bytes > sizeof(args->data.data))
			return -EINVAL;
		face->tiling = args->data.tiling_info;
		face->bytes = args->data.data_size_bytes;
		if (!face->bytes)
			return 0;
		face->noted = args->data.flags;
		memcpy(face->data, args->data.data, face->bytes);
		return 0;
	default:
		return 0;
	}
}

/* As amdgpu_gem.c:703. */
int sm_face_gem_metadata(struct drm_device *drm, void *data,
			 struct drm_file *file)
{
	struct drm_amdgpu_gem_metadata *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);
	int ret;

	if (!obj)
		return -ENOENT;
	ret = dma_resv_lock_interruptible(obj->resv, NULL);
	if (!ret) {
		ret = sm_face_note(to_sm_bo(obj)->face, args);
		dma_resv_unlock(obj->resv);
	}
	drm_gem_object_put(obj);

	return ret;
}

/* As amdgpu_gem.c:1033: only how it was made can be asked. */
int sm_face_gem_op(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_amdgpu_gem_op *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);
	struct drm_amdgpu_gem_create_in made = {};
	int ret = -EINVAL;

	if (!obj)
		return -ENOENT;
	made.bo_size = obj->size;
	made.alignment = to_sm_bo(obj)->face->alignment;
	made.domains = to_sm_bo(obj)->face->domains;
	made.domain_flags = to_sm_bo(obj)->face->flags;
	drm_gem_object_put(obj);
	if (args->op == AMDGPU_GEM_OP_GET_GEM_CREATE_INFO)
		ret = copy_to_user(u64_to_user_ptr(args->value), &made,
				   sizeof(made)) ? -EFAULT : 0;

	return ret;
}

/* ---- where it is bound ----------------------------------------------------------- */

/* As amdgpu_vm.c:1827, :1874: nothing may be there, unless it is to be replaced. */
static int sm_face_map(struct sm_vm *vm, struct sm_bo *bo,
		       const struct drm_amdgpu_gem_va *args)
{
	const struct drm_stalemate_vm_bind bind = {
		.va = args->va_address,
		.size = args->map_size,
		.offset = args->offset_in_bo,
	};

	if (bind.offset & ~PAGE_MASK || bind.offset > bo->base.size ||
	    bind.size > bo->base.size - bind.offset)
		return -EINVAL;
	if (args->operation == AMDGPU_VA_OP_MAP &&
	    drm_gpuva_find_first(&vm->gpuvm, bind.va, bind.size))
		return -EINVAL;

	return sm_vm_map(vm, bo, &bind);
}

/* As amdgpu_vm.c, amdgpu_vm_bo_unmap(): the mapping of this object that begins there. */
static int sm_face_unmap(struct sm_vm *vm, struct sm_bo *bo, u64 va)
{
	struct sm_va *one;

	list_for_each_entry(one, &bo->vas, link)
		if (one->base.va.addr == va)
			return sm_vm_unmap(vm, va, one->base.va.range);

	return -ENOENT;
}

static int sm_face_va_of(struct sm_vm *vm, struct drm_file *file,
			 const struct drm_amdgpu_gem_va *args)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);
	int ret;

	if (!obj)
		return -ENOENT;
	if (to_sm_bo(obj)->vm != vm)	/* of another file, by its global name */
		ret = -EPERM;
	else if (args->operation == AMDGPU_VA_OP_UNMAP)
		ret = sm_face_unmap(vm, to_sm_bo(obj), args->va_address);
	else
		ret = sm_face_map(vm, to_sm_bo(obj), args);
	drm_gem_object_put(obj);

	return ret;
}

/* Everything is readable and writable, or refused: the table knows nothing else. */
static int sm_face_va_check(const struct sm_vm *vm,
			    const struct drm_amdgpu_gem_va *args)
{
	if (args->va_address < SM_FACE_BOTTOM ||
	    args->flags & ~SM_FACE_VA_FLAGS || sm_amdgpu_va_fences(args))
		return -EINVAL;
	switch (args->operation) {
	case AMDGPU_VA_OP_MAP:
	case AMDGPU_VA_OP_REPLACE:
		if (!(args->flags & AMDGPU_VM_PAGE_READABLE) ||
		    !(args->flags & AMDGPU_VM_PAGE_WRITEABLE))
			return -EINVAL;
		fallthrough;
	case AMDGPU_VA_OP_CLEAR:
		return sm_vm_contains(vm, args->va_address, args->map_size) ?
		       0 : -EINVAL;
	case AMDGPU_VA_OP_UNMAP:
		return 0;
	default:
		return -EINVAL;
	}
}

/* As amdgpu_gem.c:837. */
int sm_face_gem_va(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_amdgpu_gem_va *args = data;
	struct sm_vm *vm = file->driver_priv;
	int ret = sm_face_va_check(vm, args);

	if (!ret)
		ret = mutex_lock_interruptible(&vm->lock);
	if (ret)
		return ret;
	if (args->operation == AMDGPU_VA_OP_CLEAR)
		ret = sm_vm_unmap(vm, args->va_address, args->map_size);
	else
		ret = sm_face_va_of(vm, file, args);
	mutex_unlock(&vm->lock);

	return ret;
}
