// SPDX-License-Identifier: GPL-2.0-only
/* Jobs, and when they are over: see queue.h. */
#ifdef HAVE_AMDGPU

#include <amdgpu_drm.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <xf86drm.h>

#include "base/ops.h"
#include "base/util.h"
#include "queue.h"

#define QUEUE_TRIES	64	/* of a job that is refused for now */
#define QUEUE_CHUNKS	(AMDGPU_PARTS + 3)

static int queue_fd(const struct amdgpu_dev *d)
{
	return amdgpu_device_get_fd(d->dev);
}

int amdgpu_queue_open(struct amdgpu_dev *d, struct amdgpu_queue *q,
		      unsigned int ring)
{
	union drm_amdgpu_ctx arg = { .in.op = AMDGPU_CTX_OP_ALLOC_CTX };
	int err = amdgpu_dev_ioctl(d, DRM_AMDGPU_CTX, &arg, sizeof(arg));

	q->ring = ring;
	q->ctx = err ? 0 : arg.out.alloc.ctx_id;
	if (!err && (drmSyncobjCreate(queue_fd(d), 0, &q->sync) ||
		     drmSyncobjCreate(queue_fd(d), 0, &q->timeline)))
		err = -errno;
	return err ? amdgpu_dev_fail(d, "a context", err) : 0;
}

void amdgpu_queue_close(struct amdgpu_dev *d, struct amdgpu_queue *q)
{
	union drm_amdgpu_ctx arg = {
		.in.op = AMDGPU_CTX_OP_FREE_CTX,
		.in.ctx_id = q->ctx,
	};

	if (q->sync)
		drmSyncobjDestroy(queue_fd(d), q->sync);
	if (q->timeline)
		drmSyncobjDestroy(queue_fd(d), q->timeline);
	if (q->ctx)
		amdgpu_dev_ioctl(d, DRM_AMDGPU_CTX, &arg, sizeof(arg));
	memset(q, 0, sizeof(*q));
}

/*
 * Memory that changes meanwhile is EAGAIN (amdgpu_cs.c, amdgpu_cs_submit()), and
 * drmIoctl() would ask for ever; so would one that is interrupted all the time.
 */
static int queue_ask(struct amdgpu_dev *d, const struct drm_amdgpu_cs_in *in,
		     uint64_t *seq)
{
	union drm_amdgpu_cs arg;
	unsigned int i;

	for (i = 0; i < QUEUE_TRIES; i++) {
		arg.in = *in;
		if (!ioctl(queue_fd(d), DRM_IOCTL_AMDGPU_CS, &arg)) {
			*seq = arg.out.handle;
			return 0;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

/**
 * struct queue_cs - a submission that is put together
 * @in: what is asked for
 * @at: where its chunks are
 * @chunks: them
 * @list: buffers
 * @pieces: packets
 * @sync: the syncobj to be signalled
 * @before: the point that is waited for
 * @after: the one to be signalled
 */
struct queue_cs {
	struct drm_amdgpu_cs_in in;
	uint64_t at[QUEUE_CHUNKS];
	struct drm_amdgpu_cs_chunk chunks[QUEUE_CHUNKS];
	struct drm_amdgpu_bo_list_in list;
	struct drm_amdgpu_cs_chunk_ib pieces[AMDGPU_PARTS];
	struct drm_amdgpu_cs_chunk_sem sync;
	struct drm_amdgpu_cs_chunk_syncobj before;
	struct drm_amdgpu_cs_chunk_syncobj after;
};

static void queue_chunk(struct queue_cs *cs, uint32_t id, const void *data,
			uint32_t bytes)
{
	uint32_t i = cs->in.num_chunks++;

	cs->chunks[i].chunk_id = id;
	cs->chunks[i].length_dw = bytes / sizeof(uint32_t);
	cs->chunks[i].chunk_data = (uintptr_t)data;
	cs->at[i] = (uintptr_t)&cs->chunks[i];
}

/* What tells of its end, beside the fence. A point comes after the one before it. */
static void queue_ends(struct queue_cs *cs, const struct amdgpu_queue *q)
{
	cs->sync.handle = q->sync;
	cs->before.handle = q->timeline;
	cs->before.point = q->point;
	cs->after.handle = q->timeline;
	cs->after.point = q->point + 1;
	if (q->how == AMDGPU_BY_SYNCOBJ) {
		queue_chunk(cs, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, &cs->sync,
			    sizeof(cs->sync));
		return;
	}
	if (q->how != AMDGPU_BY_POINT)
		return;
	queue_chunk(cs, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL, &cs->after,
		    sizeof(cs->after));
	if (q->point)
		queue_chunk(cs, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT,
			    &cs->before, sizeof(cs->before));
}

static void queue_part(struct queue_cs *cs, const struct amdgpu_queue *q,
		       const struct amdgpu_part *part,
		       struct drm_amdgpu_cs_chunk_ib *piece)
{
	/* amdgpu_ib.c: on engines that cache memory, nothing from before the job */
	piece->flags = AMDGPU_IB_FLAG_EMIT_MEM_SYNC;
	piece->va_start = part->va;
	piece->ib_bytes = part->words * sizeof(uint32_t);
	piece->ip_type = AMDGPU_HW_IP_DMA;
	piece->ring = q->ring;
	queue_chunk(cs, AMDGPU_CHUNK_ID_IB, piece, sizeof(*piece));
}

int amdgpu_queue_submit(struct amdgpu_dev *d, struct amdgpu_queue *q,
			const struct amdgpu_part *parts, uint32_t nr_parts,
			const uint32_t *uses, uint32_t nr, uint64_t *seq)
{
	struct drm_amdgpu_bo_list_entry entries[AMDGPU_USES];
	struct queue_cs cs;
	uint32_t i;
	int err;

	memset(entries, 0, sizeof(entries));
	memset(&cs, 0, sizeof(cs));
	for (i = 0; i < nr; i++)
		entries[i].bo_handle = uses[i];
	cs.list.bo_number = nr;
	cs.list.bo_info_size = sizeof(*entries);
	cs.list.bo_info_ptr = (uintptr_t)entries;
	cs.in.ctx_id = q->ctx;
	cs.in.chunks = (uintptr_t)cs.at;
	queue_chunk(&cs, AMDGPU_CHUNK_ID_BO_HANDLES, &cs.list, sizeof(cs.list));
	for (i = 0; i < nr_parts; i++)
		queue_part(&cs, q, &parts[i], &cs.pieces[i]);
	queue_ends(&cs, q);
	err = queue_ask(d, &cs.in, seq);
	q->point += !err && q->how == AMDGPU_BY_POINT;
	return err;
}

/* By the syncobj, if the job has one: then the fence must be there as well. */
static int queue_await(struct amdgpu_dev *d, struct amdgpu_queue *q,
		       struct sm_patience *wait)
{
	int err = 0;

	if (q->how == AMDGPU_BY_FENCE)
		return 0;
	do {
		int64_t until = sm_util_now() + SM_AWAIT_NAP_MS * SM_MSEC;

		err = q->how == AMDGPU_BY_POINT ?
		      drmSyncobjTimelineWait(queue_fd(d), &q->timeline,
					     &q->point, 1, until, 0, NULL) :
		      drmSyncobjWait(queue_fd(d), &q->sync, 1, until, 0, NULL);
	} while (err == -ETIME && sm_await_more(wait));
	return err == -ETIME ? -ETIMEDOUT : err;
}

int amdgpu_queue_wait(struct amdgpu_dev *d, struct amdgpu_queue *q, uint64_t seq,
		      struct sm_patience *wait)
{
	union drm_amdgpu_wait_cs arg;
	int err = queue_await(d, q, wait);

	if (err)
		return err;
	do {
		memset(&arg, 0, sizeof(arg));
		arg.in.handle = seq;
		arg.in.timeout = sm_util_now() + SM_AWAIT_NAP_MS * SM_MSEC;
		arg.in.ip_type = AMDGPU_HW_IP_DMA;
		arg.in.ring = q->ring;
		arg.in.ctx_id = q->ctx;
		err = amdgpu_dev_ioctl(d, DRM_AMDGPU_WAIT_CS, &arg, sizeof(arg));
	} while (!err && arg.out.status && sm_await_more(wait));
	return err ? err : arg.out.status ? -ETIMEDOUT : 0;
}

#endif /* HAVE_AMDGPU */
