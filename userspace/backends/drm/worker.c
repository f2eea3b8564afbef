// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes on beside the storm: memory of our own is pulled away under jobs, other
 * processes use our files and we theirs, and user pointers are asked for that must
 * not be had.
 */
#ifdef HAVE_DRM

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xf86drm.h>

#include "peer.h"
#include "pull.h"
#include "state.h"
#include "worker.h"

#define WORKER_NAP_NS	(2 * SM_MSEC)
#define WORKER_PEERS	32	/* rounds between processes that are forked */

static void worker_accuse(struct gpu_lane *l, const char *what)
{
	struct sm_host *host = l->s->host;
	struct sm_hit h = {
		.oracle = "perm",
		.kind = SM_KIND_UNASKED,
		.mirror = host->scene->mirrors,
	};

	sm_docket_hit(host->docket, &h, "a user pointer over %s was taken", what);
}

/* What is mapped at @p must not be had; it is unmapped. */
static int worker_refused(struct gpu_lane *l, void *p, uint32_t flags,
			  const char *what)
{
	uint32_t handle;
	int err;

	if (p == MAP_FAILED)
		return 0;
	err = gpu_dev_userptr(l->file->fd, (uintptr_t)p, SM_PAGE_SIZE,
			      flags | DRM_STALEMATE_USERPTR_PROBE, &handle);
	if (!err) {
		worker_accuse(l, what);
		gpu_dev_close(l->file->fd, handle);
	}
	munmap(p, SM_PAGE_SIZE);
	sm_count(&l->s->worked.refused, 1);
	return err == -EPERM || err == -EFAULT || err == -ENOMEM || !err ?
		       0 : err;
}

static int worker_secret(struct gpu_lane *l)
{
	int err, fd = syscall(SYS_memfd_secret, 0);
	void *p;

	if (fd < 0 || ftruncate(fd, SM_PAGE_SIZE) < 0)
		p = MAP_FAILED;
	else
		p = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);
	if (p != MAP_FAILED)
		memset(p, 1, 8);
	err = worker_refused(l, p, 0, "secret memory");
	if (fd >= 0)
		close(fd);
	return err;
}

static int worker_file(struct gpu_lane *l)
{
	int err, fd = memfd_create("stalemate", MFD_CLOEXEC);
	void *p = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, SM_PAGE_SIZE))
		p = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);
	err = worker_refused(l, p, DRM_STALEMATE_USERPTR_ANONONLY,
			     "a file that is to be anonymous");
	if (fd >= 0)
		close(fd);
	return err;
}

/* The device's own memory, and a page that may not even be read. */
static int worker_others(struct gpu_lane *l)
{
	void *p;
	int err = gpu_dev_map(l->file->fd, l->words_handle, SM_PAGE_SIZE, &p);

	if (!err)
		err = worker_refused(l, p, 0, "memory of the device");
	if (err)
		return err;
	p = mmap(NULL, SM_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0);
	return worker_refused(l, p, 0, "memory without permissions");
}

/* A user pointer is not exported. */
static int worker_export(struct gpu_lane *l)
{
	struct sm_host *host = l->s->host;
	uint32_t handle;
	int prime, err = gpu_dev_userptr(l->file->fd,
					 host->scene->arena.start, SM_PAGE_SIZE,
					 0, &handle);

	if (err)
		return err;
	if (!drmPrimeHandleToFD(l->file->fd, handle, DRM_CLOEXEC, &prime)) {
		worker_accuse(l, "memory that is then exported");
		close(prime);
	}
	sm_count(&l->s->worked.refused, 1);
	return gpu_dev_close(l->file->fd, handle);
}

static int worker_refusals(struct gpu_lane *l)
{
	if (l->s->mode == GPU_SVM)
		return 0;
	switch (sm_rng_below(&l->rng, 4)) {
	case 0:
		return worker_secret(l);
	case 1:
		return worker_file(l);
	case 2:
		return worker_others(l);
	default:
		return worker_export(l);
	}
}

static int worker_round(struct gpu_lane *l)
{
	int err = gpu_pull_once(l);

	if (!err && sm_rng_one_in(&l->rng, 4))
		err = gpu_pull_readonly(l);
	if (!err && sm_rng_one_in(&l->rng, 8))
		err = worker_refusals(l);
	if (!err && sm_rng_one_in(&l->rng, WORKER_PEERS))
		err = gpu_peer_fork(l);
	if (!err && sm_rng_one_in(&l->rng, WORKER_PEERS))
		err = gpu_peer_pass(l);
	return err;
}

void gpu_worker(struct sm_host *host)
{
	struct gpu_state *s = host->state;
	struct gpu_lane *l = &s->lanes[SM_LANE_BACKEND];
	int err = 0;

	if (!sm_gate_begun(host->gate))
		return;
	while (!err && !sm_end_stopping(host->end)) {
		err = worker_round(l);
		sm_util_nap(WORKER_NAP_NS);
	}
	if (err == -ETIMEDOUT)
		sm_host_hang(host, "the worker", NULL, SM_LANE_BACKEND);
	else if (err)
		sm_end_break(host->end, "worker: %s", strerror(-err));
}

#endif /* HAVE_DRM */
