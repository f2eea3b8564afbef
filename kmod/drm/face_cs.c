// SPDX-License-Identifier: GPL-2.0-only
/*
 * The node that looks like amdgpu's: submission, and waiting for it.
 *
 * A job may use what is on its list, and nothing else; that is all that amdgpu
 * promises to be there. Jobs of a file do not wait for each other, unless they are
 * told to (amdgpu_sync.c: fences of the same owner), except on a ring.
 *
 * Numbers of jobs are those of the file's queue on the ring, whatever the context.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/amdgpu_drm.h>
#include <drm/drm_file.h>
#include <drm/drm_syncobj.h>
#include <drm/drm_utils.h>

#include "face_cs.h"
#include "face_file.h"
#include "face_info.h"
#include "ioc.h"
#include "job.h"
#include "sdma_exec.h"
#include "submit.h"
#include "vm.h"

#define SM_FACE_CHUNKS	128
#define SM_FACE_IB_MAX	0xfffff			/* amdgpu_cs.c:48 */
#define SM_FACE_IB_LOW	0x1fULL			/* sdma_v5_2.c, emit_ib: not sent */

/* A submission that is being read. */
struct sm_face_cs {
	struct drm_file *file;
	struct sm_vm *vm;
	struct sm_face_list *list;
	struct sm_sdma *sdma;
	u32 ring;
	u32 nr_in, nr_out;
	struct drm_stalemate_sync in[DRM_STALEMATE_MAX_SYNCS];
	struct drm_stalemate_sync out[DRM_STALEMATE_MAX_SYNCS];
};

/* Which of ours it is: as amdgpu_ctx.c:441, of the kinds of engines that there are. */
static int sm_face_ring(u32 type, u32 instance, u32 ring)
{
	if (!instance && type == AMDGPU_HW_IP_DMA && ring < SM_FACE_RINGS)
		return ring;

	return !instance && type == AMDGPU_HW_IP_GFX && !ring ? SM_FACE_GFX :
								-EINVAL;
}

/* As amdgpu_cs.c:108, :365; all of them for one ring: there are no gangs. */
static int sm_face_cs_ib(struct sm_face_cs *cs,
			 const struct drm_amdgpu_cs_chunk_ib *ib)
{
	int ring = sm_face_ring(ib->ip_type, ib->ip_instance, ib->ring);
	struct sm_sdma *s = cs->sdma;

	if (ring < 0 || (s->nr_ibs && ring != cs->ring) ||
	    s->nr_ibs == SM_SDMA_MAX_IBS || ib->ib_bytes / 4 > SM_FACE_IB_MAX)
		return -EINVAL;
	cs->ring = ring;
	s->pm4 = ring == SM_FACE_GFX;
	s->ibs[s->nr_ibs].va = ib->va_start & ~SM_FACE_IB_LOW;
	s->ibs[s->nr_ibs++].words = ib->ib_bytes / 4;

	return 0;
}

/* As amdgpu_cs.c:151. */
static int sm_face_cs_list(struct sm_face_cs *cs,
			   const struct drm_amdgpu_bo_list_in *in)
{
	struct sm_face_list *list;

	if (cs->list)
		return -EINVAL;
	list = sm_face_list_make(cs->file, in);
	if (IS_ERR(list))
		return PTR_ERR(list);
	cs->list = list;

	return 0;
}

static int sm_face_cs_sync(struct drm_stalemate_sync *to, u32 *nr, u32 handle,
			   u64 point)
{
	if (*nr == DRM_STALEMATE_MAX_SYNCS)
		return -EINVAL;
	to[*nr].handle = handle;
	to[(*nr)++].point = point;

	return 0;
}

/* As amdgpu_cs.c:495, :536. */
static int sm_face_cs_syncs(struct sm_face_cs *cs, u32 id,
			    const struct drm_amdgpu_cs_chunk_sem *sem, u32 bytes)
{
	u32 i, n = bytes / sizeof(*sem);
	int ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = id == AMDGPU_CHUNK_ID_SYNCOBJ_IN ?
		      sm_face_cs_sync(cs->in, &cs->nr_in, sem[i].handle, 0) :
		      sm_face_cs_sync(cs->out, &cs->nr_out, sem[i].handle, 0);

	return ret;
}

/* As amdgpu_cs.c:482, which may wait for a point that nobody has submitted yet. */
static int sm_face_cs_wait(struct sm_face_cs *cs,
			   const struct drm_amdgpu_cs_chunk_syncobj *s)
{
	struct dma_fence *fence;
	int ret = drm_syncobj_find_fence(cs->file, s->handle, s->point, s->flags,
					 &fence);

	if (ret)
		return ret;
	dma_fence_put(fence);

	return sm_face_cs_sync(cs->in, &cs->nr_in, s->handle, s->point);
}

/* As amdgpu_cs.c:513, :570, which heeds no flag of those that are signalled. */
static int sm_face_cs_points(struct sm_face_cs *cs, u32 id,
			     const struct drm_amdgpu_cs_chunk_syncobj *s,
			     u32 bytes)
{
	u32 i, n = bytes / sizeof(*s);
	int ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = id == AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT ?
		      sm_face_cs_wait(cs, &s[i]) :
		      sm_face_cs_sync(cs->out, &cs->nr_out, s[i].handle,
				      s[i].point);

	return ret;
}

/* How a job has failed that is forgotten: who waited for it may be slow to wake up. */
static int sm_face_failure(struct sm_vm *vm, u32 ring, u64 seqno)
{
	const struct sm_queue *q = &vm->queues[ring];
	int status = 0;
	u32 i;

	spin_lock(&vm->result_lock);
	for (i = 0; i < SM_DRM_FAILURES; i++)
		if (q->failures[i].seqno == seqno)
			status = q->failures[i].status;
	spin_unlock(&vm->result_lock);

	return status;
}

/* As amdgpu_ctx.c:765: what is forgotten is over. */
static int sm_face_await(struct sm_vm *vm, u32 ring, u64 seqno, long left,
			 struct sm_result *result)
{
	int ret;

	if (seqno == ~0ULL)
		seqno = READ_ONCE(vm->queues[ring].pushed);
	*result = (struct sm_result){};
	if (!seqno)
		return 0;
	ret = sm_ioc_await(vm, ring, seqno, left, result);
	if (ret == -ENODATA)
		*result = (struct sm_result){
			.status = sm_face_failure(vm, ring, seqno),
		};

	return ret == -ENODATA ? 0 : ret == -ENOENT ? -EINVAL : ret;
}

/*
 * As amdgpu_cs.c:424. Who is on the same ring comes after it anyway; for others the
 * caller waits, and not the job.
 */
static int sm_face_cs_deps(struct sm_face_cs *cs,
			   const struct drm_amdgpu_cs_chunk_dep *dep, u32 bytes)
{
	u32 i, n = bytes / sizeof(*dep);
	struct sm_result result;
	int ring, ret = 0;

	for (i = 0; i < n && !ret; i++) {
		ring = sm_face_ring(dep[i].ip_type, dep[i].ip_instance,
				    dep[i].ring);
		if (ring < 0 || !sm_face_has_ctx(cs->vm, dep[i].ctx_id))
			return -EINVAL;
		ret = sm_face_await(cs->vm, ring, dep[i].handle,
				    MAX_SCHEDULE_TIMEOUT, &result);
	}

	return ret;
}

/* As amdgpu_cs.c:176: a chunk is as long as what is in it, at least. */
static int sm_face_cs_chunk(struct sm_face_cs *cs, u32 id, const void *data,
			    u32 bytes)
{
	switch (id) {
	case AMDGPU_CHUNK_ID_IB:
		return bytes < sizeof(struct drm_amdgpu_cs_chunk_ib) ?
		       -EINVAL : sm_face_cs_ib(cs, data);
	case AMDGPU_CHUNK_ID_BO_HANDLES:
		return bytes < sizeof(struct drm_amdgpu_bo_list_in) ?
		       -EINVAL : sm_face_cs_list(cs, data);
	case AMDGPU_CHUNK_ID_DEPENDENCIES:
		return sm_face_cs_deps(cs, data, bytes);
	case AMDGPU_CHUNK_ID_SYNCOBJ_IN:
	case AMDGPU_CHUNK_ID_SYNCOBJ_OUT:
		return sm_face_cs_syncs(cs, id, data, bytes);
	case AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT:
	case AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL:
		return sm_face_cs_points(cs, id, data, bytes);
	default:
		return -EINVAL;
	}
}

static int sm_face_cs_one(struct sm_face_cs *cs, u64 at)
{
	struct drm_amdgpu_cs_chunk chunk;
	void *data;
	int ret;

	if (copy_from_user(&chunk, u64_to_user_ptr(at), sizeof(chunk)))
		return -EFAULT;
	if (!chunk.length_dw || chunk.length_dw > PAGE_SIZE / sizeof(u32))
		return -EINVAL;
	data = memdup_user(u64_to_user_ptr(chunk.chunk_data),
			   chunk.length_dw * sizeof(u32));
	if (IS_ERR(data))
		return PTR_ERR(data);
	ret = sm_face_cs_chunk(cs, chunk.chunk_id, data,
			       chunk.length_dw * sizeof(u32));
	kfree(data);

	return ret;
}

static int sm_face_cs_chunks(struct sm_face_cs *cs,
			     const struct drm_amdgpu_cs_in *in)
{
	const u64 __user *from = u64_to_user_ptr(in->chunks);
	int ret = 0;
	u64 at;
	u32 i;

	if (!in->num_chunks || in->num_chunks > SM_FACE_CHUNKS)
		return -EINVAL;
	for (i = 0; i < in->num_chunks && !ret; i++)
		ret = get_user(at, &from[i]) ? -EFAULT : sm_face_cs_one(cs, at);
	if (!ret && !cs->sdma->nr_ibs)
		ret = -EINVAL;

	return ret;
}

/* As amdgpu_cs.c, amdgpu_cs_parser_bos(). */
static int sm_face_cs_old_list(struct sm_face_cs *cs, u32 handle)
{
	if (!handle)
		return 0;
	if (cs->list)
		return -EINVAL;
	cs->list = sm_face_list_get(cs->vm, handle);

	return cs->list ? 0 : -ENOENT;
}

/* As amdgpu_cs.c, amdgpu_cs_parser_bos(): a list may be from before a fork. */
static int sm_face_cs_uses(struct sm_job *job, const struct sm_face_list *list)
{
	u32 i;

	if (!list || !list->nr)
		return 0;
	job->uses = kvcalloc(list->nr, sizeof(*job->uses), GFP_KERNEL_ACCOUNT);
	if (!job->uses)
		return -ENOMEM;
	for (i = 0; i < list->nr; i++) {
		struct sm_bo *bo = list->bos[i];
		struct sm_use *use;

		if (bo->userptr && bo->notifier.mm != current->mm)
			return -EPERM;
		use = &job->uses[job->nr_uses++];
		use->bo = bo;
		drm_gem_object_get(&use->bo->base);
		use->flags = DRM_STALEMATE_OBJ_EXPLICIT;
		if (!use->bo->readonly)
			use->flags |= DRM_STALEMATE_OBJ_WRITE;
	}

	return 0;
}

/* There is room for one more: as amdgpu_ctx.c, amdgpu_ctx_wait_prev_fence() */
static int sm_face_cs_room(struct sm_vm *vm, u32 ring)
{
	u64 next = READ_ONCE(vm->queues[ring].seqno) + 1;
	struct sm_result result;

	if (next <= DRM_STALEMATE_MAX_INFLIGHT)
		return 0;

	return sm_face_await(vm, ring, next - DRM_STALEMATE_MAX_INFLIGHT,
			     MAX_SCHEDULE_TIMEOUT, &result);
}

/* The job, which has packets of its own: it may be tried more than once. */
static struct sm_job *sm_face_cs_job(const struct sm_face_cs *cs)
{
	struct sm_job *job = sm_job_alloc(cs->vm, cs->ring);
	int ret;

	if (!job)
		return ERR_PTR(-ENOMEM);
	job->sdma = kvmemdup(cs->sdma, sizeof(*cs->sdma), GFP_KERNEL_ACCOUNT);
	ret = job->sdma ? sm_face_cs_uses(job, cs->list) : -ENOMEM;
	if (!ret)
		return job;
	sm_job_put(job);

	return ERR_PTR(ret);
}

static int sm_face_cs_try(struct sm_face_cs *cs, u64 *seqno)
{
	struct drm_stalemate_submit args = {
		.ring = cs->ring,
		.nr_in = cs->nr_in,
		.nr_out = cs->nr_out,
		.in = (uintptr_t)cs->in,
		.out = (uintptr_t)cs->out,
	};
	struct sm_job *job;
	int ret;

	job = sm_face_cs_job(cs);
	if (IS_ERR(job))
		return PTR_ERR(job);
	ret = sm_submit_job(job, cs->file, &args);
	*seqno = args.seqno;

	return ret;
}

/* Another thread may take the room that was found: then the job has no number. */
static int sm_face_cs_submit(struct sm_face_cs *cs, u64 *seqno)
{
	int ret;

	do {
		ret = sm_face_cs_room(cs->vm, cs->ring);
		if (!ret)
			ret = sm_face_cs_try(cs, seqno);
	} while (ret == -EAGAIN && !*seqno);

	return ret;
}

/* As amdgpu_cs.c, amdgpu_cs_ioctl(). */
int sm_face_cs(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_cs *args = data;
	struct sm_vm *vm = file->driver_priv;
	struct sm_face_cs *cs;
	u64 seqno = 0;
	int ret;

	if (args->in.flags || !sm_face_has_ctx(vm, args->in.ctx_id))
		return -EINVAL;
	cs = kvzalloc(sizeof(*cs), GFP_KERNEL_ACCOUNT);
	if (!cs)
		return -ENOMEM;
	cs->file = file;
	cs->vm = vm;
	cs->sdma = kvzalloc(sizeof(*cs->sdma), GFP_KERNEL_ACCOUNT);
	ret = -ENOMEM;
	if (cs->sdma) {
		cs->sdma->gen = sm_face_gen()->sdma;
		ret = sm_face_cs_chunks(cs, &args->in);
	}
	if (!ret)
		ret = sm_face_cs_old_list(cs, args->in.bo_list_handle);
	if (!ret)
		ret = sm_face_cs_submit(cs, &seqno);
	if (cs->list)
		sm_face_list_put(cs->list);
	kvfree(cs->sdma);
	kvfree(cs);
	if (!ret)
		args->out.handle = seqno;

	return ret;
}

/* As amdgpu_gem.c:649: a time that is negative never comes. */
static long sm_face_jiffies(u64 timeout_ns)
{
	return (s64)timeout_ns < 0 ? MAX_SCHEDULE_TIMEOUT :
	       drm_timeout_abs_to_jiffies(timeout_ns);
}

/* As amdgpu_cs.c:1514: what the job failed with is what this fails with. */
int sm_face_wait_cs(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_wait_cs *args = data;
	struct sm_vm *vm = file->driver_priv;
	struct sm_result result;
	int ret, ring = sm_face_ring(args->in.ip_type, args->in.ip_instance,
				     args->in.ring);

	if (ring < 0 || !sm_face_has_ctx(vm, args->in.ctx_id))
		return -EINVAL;
	ret = sm_face_await(vm, ring, args->in.handle,
			    sm_face_jiffies(args->in.timeout), &result);
	if (ret && ret != -ETIME)
		return ret;
	if (!ret && result.status)
		return result.status;
	memset(args, 0, sizeof(*args));
	args->out.status = ret == -ETIME;

	return 0;
}
