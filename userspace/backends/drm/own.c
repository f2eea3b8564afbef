// SPDX-License-Identifier: GPL-2.0-only
/* Memory of the worker's own: see own.h. */
#ifdef HAVE_DRM

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "job.h"
#include "own.h"
#include "state.h"

/* In svm mode memory has to lie inside of the address space. */
static void *own_place(struct gpu_lane *l, size_t size)
{
	void *at = NULL;

	if (l->s->mode == GPU_SVM)
		at = (void *)l->slots[0].va;
	return mmap(at, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS |
			    (at ? MAP_FIXED_NOREPLACE : 0),
		    -1, 0);
}

/* gpu_own_make() - gpu_own_drop() has to follow if this returns 0. */
int gpu_own_make(struct gpu_lane *l, struct gpu_own *own, size_t size,
		 uint32_t flags)
{
	void *p = own_place(l, size);
	int err = 0;

	if (p == MAP_FAILED)
		return -errno;
	*own = (struct gpu_own){ .l = l, .words = p, .size = size };
	own->va = l->slots[0].va;
	if (l->s->mode == GPU_SVM)
		return 0;
	err = gpu_dev_userptr(l->file->fd, (uintptr_t)p, size, flags,
			      &own->handle);
	if (!err)
		err = gpu_dev_bind(l->file->fd, own->handle, own->va, size);
	if (err)
		munmap(p, size);
	return err;
}

int gpu_own_drop(struct gpu_own *own)
{
	int err = 0;

	if (own->handle) {
		err = gpu_dev_unbind(own->l->file->fd, own->va, own->size);
		if (!err)
			err = gpu_dev_close(own->l->file->fd, own->handle);
	}
	munmap(own->words, own->size);
	return err;
}

/* What the device has read, see gpu_own_read(). */
const uint64_t *gpu_own_words(const struct gpu_own *own)
{
	return own->l->words + SM_PAGE_WORDS;
}

/* gpu_own_read() - read one word @nr times, to gpu_own_words(). */
void gpu_own_read(struct gpu_own *own, struct gpu_job *job, unsigned int word,
		  unsigned int nr)
{
	struct gpu_lane *l = own->l;
	struct drm_stalemate_cmd *c;
	unsigned int i;

	if (own->handle)
		gpu_job_uses(job, own->handle, false);
	for (i = 0; i < nr; i++) {
		sm_write(&l->words[SM_PAGE_WORDS + i], GPU_CANARY);
		c = gpu_job_cmd(job, DRM_STALEMATE_OP_COPY);
		c->src = own->va + 8 * word;
		c->dst = l->words_va + SM_PAGE_SIZE + 8 * i;
		c->len = sizeof(uint64_t);
	}
}

#endif /* HAVE_DRM */
