// SPDX-License-Identifier: GPL-2.0-only
/*
 * Submission: what userspace asks for is copied, checked and bounded here; commit.c
 * does the rest.
 */
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_syncobj.h>

#include "commit.h"
#include "job.h"
#include "leak.h"
#include "lr.h"
#include "rebind.h"
#include "submit.h"
#include "svm.h"
#include "vm.h"

/* A syncobj to be signalled. */
struct sm_out {
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;
	u64 point;
};

/*
 * A bounded array of userspace's, in memory that is accounted. What amdgpu's face has
 * put together is the kernel's already.
 */
static void *sm_submit_copy(const struct sm_job *job, u64 from, u32 n,
			    size_t size)
{
	void *to = kvmalloc_array(n, size, GFP_KERNEL_ACCOUNT);

	if (!to)
		return ERR_PTR(-ENOMEM);
	if (job->sdma) {
		memcpy(to, (const void *)(uintptr_t)from, n * size);
	} else if (copy_from_user(to, u64_to_user_ptr(from), n * size)) {
		kvfree(to);
		return ERR_PTR(-EFAULT);
	}

	return to;
}

static bool sm_submit_wraps(u64 va, u64 len)
{
	return len > DRM_STALEMATE_VA_END || va > DRM_STALEMATE_VA_END - len;
}

static int sm_submit_check_long(const struct drm_stalemate_cmd *c, u64 *bytes)
{
	bool copy = c->op == DRM_STALEMATE_OP_COPY;

	if (!c->len || sm_submit_wraps(c->dst, c->len) ||
	    (copy && sm_submit_wraps(c->src, c->len)))
		return -EINVAL;
	if (!copy && (c->dst | c->len) & 7)
		return -EINVAL;
	if (c->len > DRM_STALEMATE_MAX_BYTES - *bytes)
		return -E2BIG;
	*bytes += c->len;

	return 0;
}

static int sm_submit_check_cmd(const struct drm_stalemate_cmd *c, u64 *bytes)
{
	if (c->pad)
		return -EINVAL;
	switch (c->op) {
	case DRM_STALEMATE_OP_COPY:
	case DRM_STALEMATE_OP_FILL:
		return sm_submit_check_long(c, bytes);
	case DRM_STALEMATE_OP_WRITE:
	case DRM_STALEMATE_OP_ADD:
	case DRM_STALEMATE_OP_XCHG:
		return c->dst & 7 || sm_submit_wraps(c->dst, 8) ? -EINVAL : 0;
	case DRM_STALEMATE_OP_COMPARE:
	case DRM_STALEMATE_OP_WAIT:
		return c->src & 7 || sm_submit_wraps(c->src, 8) ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static int sm_submit_cmds(struct sm_job *job,
			  const struct drm_stalemate_submit *args)
{
	u64 bytes = 0;
	int ret = 0;
	void *cmds;
	u32 i;

	cmds = sm_submit_copy(job, args->cmds, args->nr_cmds,
			      sizeof(*job->cmds));
	if (IS_ERR(cmds))
		return PTR_ERR(cmds);
	job->cmds = cmds;
	job->nr_cmds = args->nr_cmds;
	for (i = 0; i < job->nr_cmds && !ret; i++)
		ret = sm_submit_check_cmd(&job->cmds[i], &bytes);

	return ret;
}

static int sm_submit_add_use(struct sm_job *job, struct drm_file *file,
			     const struct drm_stalemate_obj *want)
{
	struct drm_gem_object *obj;
	struct sm_bo *bo;
	u32 i;

	if (want->flags & ~(DRM_STALEMATE_OBJ_WRITE |
			    DRM_STALEMATE_OBJ_EXPLICIT))
		return -EINVAL;
	obj = drm_gem_object_lookup(file, want->handle);
	if (!obj)
		return -ENOENT;
	bo = to_sm_bo(obj);
	job->uses[job->nr_uses].bo = bo;
	job->uses[job->nr_uses++].flags = want->flags;
	if (bo->vm != job->vm)
		return -EPERM;
	if (want->flags & DRM_STALEMATE_OBJ_WRITE && bo->readonly &&
	    !sm_drm_defect(job->vm, READONLY_WRITTEN))
		return -EPERM;
	for (i = 0; i < job->nr_uses - 1; i++)
		if (job->uses[i].bo == bo)
			return -EINVAL;

	return 0;
}

static int sm_submit_uses(struct sm_job *job, struct drm_file *file,
			  const struct drm_stalemate_submit *args)
{
	struct drm_stalemate_obj *objs;
	int ret = 0;
	u32 i;

	if (!args->nr_objs)
		return 0;
	objs = sm_submit_copy(job, args->objs, args->nr_objs, sizeof(*objs));
	if (IS_ERR(objs))
		return PTR_ERR(objs);
	job->uses = kvcalloc(args->nr_objs, sizeof(*job->uses),
			     GFP_KERNEL_ACCOUNT);
	if (!job->uses)
		ret = -ENOMEM;
	for (i = 0; i < args->nr_objs && !ret; i++)
		ret = sm_submit_add_use(job, file, &objs[i]);
	kvfree(objs);

	return ret;
}

/* The addresses that the job may use: those of its objects, now. Under sm_vm.lock. */
static int sm_submit_spans(struct sm_job *job)
{
	struct sm_span *s;
	struct sm_va *va;
	u32 i, n = 0;

	lockdep_assert_held(&job->vm->lock);
	for (i = 0; i < job->nr_uses; i++)
		n += list_count_nodes(&job->uses[i].bo->vas);
	if (!n)
		return 0;
	s = kvcalloc(n, sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return -ENOMEM;
	job->spans = s;
	job->nr_spans = n;
	for (i = 0; i < job->nr_uses; i++) {
		list_for_each_entry(va, &job->uses[i].bo->vas, link) {
			s->first = va->base.va.addr;
			s->last = s->first + va->base.va.range - 1;
			s++->write = job->uses[i].flags &
				     DRM_STALEMATE_OBJ_WRITE;
		}
	}

	return 0;
}

static int sm_submit_in(struct sm_job *job, struct drm_file *file,
			const struct drm_stalemate_submit *args)
{
	struct drm_stalemate_sync *in;
	struct dma_fence *fence;
	int ret = 0;
	u32 i;

	if (!args->nr_in)
		return 0;
	in = sm_submit_copy(job, args->in, args->nr_in, sizeof(*in));
	if (IS_ERR(in))
		return PTR_ERR(in);
	for (i = 0; i < args->nr_in && !ret; i++) {
		ret = in[i].flags ? -EINVAL :
		      drm_syncobj_find_fence(file, in[i].handle, in[i].point,
					     0, &fence);
		if (!ret)
			ret = drm_sched_job_add_dependency(&job->base, fence);
	}
	kvfree(in);

	return ret;
}

static void sm_submit_free_out(struct sm_out *out, u32 n)
{
	u32 i;

	for (i = 0; out && i < n; i++) {
		if (out[i].syncobj)
			drm_syncobj_put(out[i].syncobj);
		dma_fence_chain_free(out[i].chain);
	}
	kvfree(out);
}

static int sm_submit_one_out(struct sm_out *out, struct drm_file *file,
			     const struct drm_stalemate_sync *want)
{
	if (want->flags)
		return -EINVAL;
	out->point = want->point;
	out->syncobj = drm_syncobj_find(file, want->handle);
	if (!out->syncobj)
		return -ENOENT;
	if (!out->point)
		return 0;
	out->chain = dma_fence_chain_alloc();

	return out->chain ? 0 : -ENOMEM;
}

static int sm_submit_out(const struct sm_job *job, struct sm_out **to,
			 struct drm_file *file,
			 const struct drm_stalemate_submit *args)
{
	struct drm_stalemate_sync *want;
	int ret = 0;
	u32 i;

	if (!args->nr_out)
		return 0;
	want = sm_submit_copy(job, args->out, args->nr_out, sizeof(*want));
	if (IS_ERR(want))
		return PTR_ERR(want);
	*to = kvcalloc(args->nr_out, sizeof(**to), GFP_KERNEL_ACCOUNT);
	if (!*to)
		ret = -ENOMEM;
	for (i = 0; i < args->nr_out && !ret; i++)
		ret = sm_submit_one_out(&(*to)[i], file, &want[i]);
	kvfree(want);

	return ret;
}

static void sm_submit_attach(struct sm_out *out, u32 n,
			     struct dma_fence *fence)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (!out[i].chain) {
			drm_syncobj_replace_fence(out[i].syncobj, fence);
			continue;
		}
		drm_syncobj_add_point(out[i].syncobj, out[i].chain, fence,
				      out[i].point);
		out[i].chain = NULL;
	}
}

/* Name the job, if there is room for one more. Under sm_vm.lock. */
static int sm_submit_number(struct sm_job *job, struct sm_queue *q,
			    struct sm_result *before)
{
	u64 seqno = q->seqno + 1;
	struct sm_result *r = &q->results[seqno % DRM_STALEMATE_MAX_INFLIGHT];
	int ret = 0;

	spin_lock(&job->vm->result_lock);
	*before = *r;
	if (r->seqno && !r->ended)
		ret = -EAGAIN;
	spin_unlock(&job->vm->result_lock);
	job->result.seqno = seqno;

	return ret;
}

/* A queue's last number and its slot: as they are from now on, or were before. */
static void sm_submit_note(struct sm_job *job, struct sm_queue *q, u64 last,
			   const struct sm_result *result)
{
	u64 slot = job->result.seqno % DRM_STALEMATE_MAX_INFLIGHT;

	spin_lock(&job->vm->result_lock);
	q->results[slot] = *result;
	q->seqno = last;
	spin_unlock(&job->vm->result_lock);
}

/* It was not submitted: who waits for a job of that number looks again. */
static void sm_submit_take_back(struct sm_job *job, struct sm_queue *q,
				const struct sm_result *before)
{
	sm_submit_note(job, q, job->result.seqno - 1, before);
	wake_up_all(&job->vm->result_wq);
}

/* Defect leak: a submission that failed keeps a reference to its first object. */
static void sm_submit_leak(struct sm_job *job)
{
	if (sm_drm_defect(job->vm, LEAK) && job->nr_uses)
		sm_leak_add(job->uses[0].bo);
}

/* The scheduler knows the job. Under sm_vm.lock. */
static int sm_submit_known(struct sm_job *job, struct drm_file *file,
			   struct drm_stalemate_submit *args)
{
	struct sm_queue *q = &job->vm->queues[args->ring];
	struct dma_fence *fence = NULL;
	struct sm_out *out = NULL;
	struct sm_result before;
	int ret;

	ret = sm_submit_in(job, file, args);
	if (!ret)
		ret = sm_submit_out(job, &out, file, args);
	if (!ret)
		ret = sm_submit_number(job, q, &before);
	if (!ret) {
		args->seqno = job->result.seqno;
		sm_submit_note(job, q, args->seqno,
			       &(struct sm_result){ .seqno = args->seqno });
		ret = sm_commit(job, &fence);
		if (ret)
			sm_submit_take_back(job, q, &before);
	}
	if (!ret)
		sm_submit_attach(out, args->nr_out, fence);
	dma_fence_put(fence);
	sm_submit_free_out(out, args->nr_out);

	return ret;
}

/*
 * The job is ours until it is pushed; then it may be gone at once. Whoever fails
 * before gives it up here.
 */
static int sm_submit_locked(struct sm_job *job, struct drm_file *file,
			    struct drm_stalemate_submit *args)
{
	struct sm_vm *vm = job->vm;
	int ret;

	ret = sm_submit_uses(job, file, args);
	if (!ret)
		ret = sm_submit_spans(job);
	if (!ret)
		ret = drm_sched_job_init(&job->base,
					 &vm->queues[args->ring].entity, 1, vm,
					 file->client_id);
	if (ret) {
		sm_submit_leak(job);
		return ret;
	}
	ret = sm_submit_known(job, file, args);
	if (ret) {
		sm_submit_leak(job);
		drm_sched_job_cleanup(&job->base);
	}

	return ret;
}

/* A job without a fence. Under sm_vm.lock. */
static int sm_submit_long(struct sm_job *job,
			  struct drm_stalemate_submit *args)
{
	struct sm_vm *vm = job->vm;
	struct sm_queue *q = &vm->queues[args->ring];
	struct sm_result before;
	int ret, idx;

	lockdep_assert_held(&vm->lock);
	if (args->nr_objs || args->nr_in || args->nr_out)
		return -EINVAL;
	if (!sm_svm_may_submit(vm))
		return -EPERM;
	if (!drm_dev_enter(&vm->gpu->drm, &idx))
		return -ENODEV;
	ret = sm_submit_number(job, q, &before);
	if (!ret) {
		args->seqno = job->result.seqno;
		sm_submit_note(job, q, args->seqno,
			       &(struct sm_result){ .seqno = args->seqno });
		sm_lr_push(job, sm_rebind_needed(vm));
	}
	drm_dev_exit(idx);

	return ret;
}

static int sm_submit_check(const struct drm_stalemate_submit *args)
{
	if (args->ring >= DRM_STALEMATE_MAX_RINGS || args->flags ||
	    !args->nr_cmds || args->nr_cmds > DRM_STALEMATE_MAX_CMDS ||
	    args->nr_objs > DRM_STALEMATE_MAX_OBJS ||
	    args->nr_in > DRM_STALEMATE_MAX_SYNCS ||
	    args->nr_out > DRM_STALEMATE_MAX_SYNCS)
		return -EINVAL;

	return 0;
}

/* Submit a job that says what it does. It is not the caller's any more. */
int sm_submit_job(struct sm_job *job, struct drm_file *file,
		  struct drm_stalemate_submit *args)
{
	struct sm_vm *vm = job->vm;
	int ret = mutex_lock_interruptible(&vm->lock);

	if (!ret) {
		if (!vm->ready)
			ret = -EINVAL;
		else if (vm->lr.on)
			ret = sm_submit_long(job, args);
		else
			ret = sm_submit_locked(job, file, args);
		mutex_unlock(&vm->lock);
	}
	if (ret)
		sm_job_put(job);

	return ret;
}

int sm_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_stalemate_submit *args = data;
	struct sm_vm *vm = file->driver_priv;
	struct sm_job *job;
	int ret;

	ret = sm_submit_check(args);
	if (ret)
		return ret;
	job = sm_job_alloc(vm, args->ring);
	if (!job)
		return -ENOMEM;
	ret = sm_submit_cmds(job, args);
	if (!ret)
		return sm_submit_job(job, file, args);
	sm_job_put(job);

	return ret;
}
