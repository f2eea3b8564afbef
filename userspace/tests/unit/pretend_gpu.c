// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GPU that is pretended, for the program to storm: jobs are done when they are
 * submitted, through process_vm_readv() and process_vm_writev(), so it is always
 * right. With STALEMATE_PRETEND=stale it reads pages as they were long ago.
 */
#ifdef HAVE_DRM

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <xf86drm.h>

#include "backends/drm/dev.h"
#include "base/util.h"
#include "pretend_gpu.h"

#define FILES		64
#define OBJECTS		8192
#define RESULTS		4096
#define RACED		8	/* one job in so many says that it met an event */
#define REMEMBERED	64

/**
 * struct object - an object, and the binding that it has
 * @fd: whose; 0: none
 * @handle: its name; 0: it was closed, and is bound
 * @memory: of shmem: a file, else -1
 * @words: ... mapped
 * @addr: of a user pointer
 * @pid: ... of whom
 * @size: bytes
 * @readonly: it is not written to
 * @va: where it is bound; 0: it is not
 */
struct object {
	int fd;
	uint32_t handle;
	int memory;
	char *words;
	uint64_t addr;
	pid_t pid;
	uint64_t size;
	bool readonly;
	uint64_t va;
};

/* By descriptor. */
static struct {
	uint32_t mode;
	uint32_t handles;
	uint64_t jobs;
	int status[RESULTS];
} files[FILES];

static struct object objects[OBJECTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t owner;

/* A child that was forked without handlers is alone, and its copy may be locked. */
static void gpu_lock(void)
{
	if (getpid() == owner)
		pthread_mutex_lock(&lock);
}

static void gpu_unlock(void)
{
	if (getpid() == owner)
		pthread_mutex_unlock(&lock);
}

static struct object *gpu_find(int fd, uint32_t handle)
{
	struct object *o;

	for (o = objects; o < objects + OBJECTS; o++)
		if (o->fd == fd && o->handle == handle)
			return o;
	return NULL;
}

static struct object *gpu_at(int fd, uint64_t va)
{
	struct object *o;

	for (o = objects; o < objects + OBJECTS; o++)
		if (o->fd == fd && o->va && va - o->va < o->size)
			return o;
	return NULL;
}

static void gpu_put(struct object *o)
{
	if (o->handle || o->va)
		return;
	if (o->words)
		munmap(o->words, o->size);
	if (o->memory >= 0)
		close(o->memory);
	memset(o, 0, sizeof(*o));
}

static int gpu_add(const struct object *new, uint32_t *handle)
{
	struct object *o;

	gpu_lock();
	o = gpu_find(0, 0);
	if (o) {
		*o = *new;
		o->handle = ++files[o->fd].handles;
		*handle = o->handle;
	}
	gpu_unlock();
	return o ? 0 : -ENOMEM;
}

/* ---- what is asked of it -------------------------------------------------------- */

int gpu_dev_open(char *why, size_t size)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (size)
		why[0] = '\0';
	owner = owner ? owner : getpid();
	if (fd >= 0 && fd < FILES)
		memset(&files[fd], 0, sizeof(files[fd]));
	return fd;
}

int gpu_dev_query(int fd, struct drm_stalemate_query *q)
{
	(void)fd;
	memset(q, 0, sizeof(*q));
	q->rings = DRM_STALEMATE_MAX_RINGS;
	return 0;
}

int gpu_dev_init(int fd, uint32_t flags, uint64_t start, uint64_t size)
{
	(void)start;
	(void)size;
	owner = getpid();
	files[fd].mode = flags;
	return 0;
}

int gpu_dev_arm(int fd, uint64_t defects)
{
	(void)fd;
	(void)defects;
	return -EPERM;
}

int gpu_dev_create(int fd, uint64_t size, uint32_t *handle)
{
	struct object o = { .fd = fd, .size = size };

	o.memory = memfd_create("gpu", MFD_CLOEXEC);
	if (o.memory < 0 || ftruncate(o.memory, size) < 0)
		return -errno;
	o.words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, o.memory,
		       0);
	return o.words == MAP_FAILED ? -errno : gpu_add(&o, handle);
}

int gpu_dev_userptr(int fd, uint64_t addr, uint64_t size, uint32_t flags,
		    uint32_t *handle)
{
	const struct object o = {
		.fd = fd,
		.memory = -1,
		.addr = addr,
		.pid = getpid(),
		.size = size,
		.readonly = flags & DRM_STALEMATE_USERPTR_READONLY,
	};

	/* The worker asks for what must be refused. */
	return flags & DRM_STALEMATE_USERPTR_PROBE ? -EPERM :
						     gpu_add(&o, handle);
}

int gpu_dev_info(int fd, struct drm_stalemate_gem_info *info)
{
	(void)fd;
	(void)info;
	return 0;
}

int gpu_dev_map(int fd, uint32_t handle, uint64_t size, void **map)
{
	struct object *o = gpu_find(fd, handle);

	if (!o)
		return -ENOENT;
	*map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, o->memory, 0);
	return *map == MAP_FAILED ? -errno : 0;
}

int gpu_dev_close(int fd, uint32_t handle)
{
	struct object *o;

	gpu_lock();
	o = gpu_find(fd, handle);
	if (o) {
		o->handle = 0;
		gpu_put(o);
	}
	gpu_unlock();
	return o ? 0 : -EINVAL;
}

int gpu_dev_evict(int fd, uint32_t handle)
{
	(void)fd;
	(void)handle;
	return 0;
}

int gpu_dev_bind(int fd, uint32_t handle, uint64_t va, uint64_t size)
{
	struct object *o;

	(void)size;
	gpu_lock();
	o = gpu_find(fd, handle);
	if (o)
		o->va = va;
	gpu_unlock();
	return o ? 0 : -ENOENT;
}

int gpu_dev_unbind(int fd, uint64_t va, uint64_t size)
{
	struct object *o;

	gpu_lock();
	for (o = objects; o < objects + OBJECTS; o++) {
		if (o->fd != fd || !o->va || o->va - va >= size)
			continue;
		o->va = 0;
		gpu_put(o);
	}
	gpu_unlock();
	return 0;
}

/* ---- jobs ------------------------------------------------------------------------ */

static bool gpu_is_stale(void)
{
	const char *how = getenv("STALEMATE_PRETEND");

	return how && !strcmp(how, "stale");
}

/* The word as it was when its page was first seen: of pages that share a place. */
static void gpu_remember(uint64_t addr, uint64_t *word)
{
	static struct {
		uint64_t addr;
		uint64_t word;
	} seen[REMEMBERED];
	unsigned int i = addr / SM_PAGE_SIZE % REMEMBERED;

	if (!seen[i].addr) {
		seen[i].addr = addr;
		seen[i].word = *word;
	}
	if (seen[i].addr == addr)
		*word = seen[i].word;
}

/* Words may be copied byte by byte: two copies that agree are whole. */
static int gpu_load(pid_t pid, uint64_t addr, void *buf, size_t size)
{
	struct iovec from = { (void *)addr, size }, to = { buf, size };
	char before[SM_PAGE_SIZE];
	unsigned int copies = 0;

	do {
		memcpy(before, buf, size);
		if (process_vm_readv(pid, &to, 1, &from, 1, 0) != (ssize_t)size)
			return -EFAULT;
	} while (++copies < 2 || memcmp(before, buf, size));
	if (size == sizeof(uint64_t) && gpu_is_stale())
		gpu_remember(addr, buf);
	return 0;
}

static int gpu_access(int fd, uint64_t va, void *buf, size_t size, bool write)
{
	const struct object *o = gpu_at(fd, va);
	uint64_t addr = o ? o->addr + (va - o->va) : va;
	struct iovec from = { buf, size }, to = { (void *)addr, size };
	pid_t pid = o ? o->pid : owner;

	if (!o && !(files[fd].mode & DRM_STALEMATE_VM_SVM))
		return -EFAULT;
	if (o && o->words) {
		memcpy(write ? o->words + (va - o->va) : buf,
		       write ? buf : o->words + (va - o->va), size);
		return 0;
	}
	if (o && o->readonly && write)
		return -EACCES;
	if (!write)
		return gpu_load(pid, addr, buf, size);
	return process_vm_writev(pid, &from, 1, &to, 1, 0) == (ssize_t)size ?
		       0 : -EFAULT;
}

static int gpu_run(int fd, const struct drm_stalemate_cmd *c)
{
	char buf[SM_PAGE_SIZE] = "";
	uint64_t value = c->value;
	int err;

	if (c->op != DRM_STALEMATE_OP_COPY)
		return gpu_access(fd, c->dst, &value, sizeof(value), true);
	err = gpu_access(fd, c->src, buf, c->len, false);
	return err ? err : gpu_access(fd, c->dst, buf, c->len, true);
}

static int gpu_check(int fd, const struct drm_stalemate_submit *s)
{
	const struct drm_stalemate_obj *objs = (void *)(uintptr_t)s->objs;
	const struct object *o;
	unsigned int i;

	if ((files[fd].mode & DRM_STALEMATE_VM_SVM) && getpid() != owner)
		return -EPERM;
	for (i = 0; i < s->nr_objs; i++) {
		o = gpu_find(fd, objs[i].handle);
		if (!o)
			return -ENOENT;
		if (o->readonly && (objs[i].flags & DRM_STALEMATE_OBJ_WRITE))
			return -EPERM;
	}
	return 0;
}

int gpu_dev_submit(int fd, struct drm_stalemate_submit *s)
{
	const struct drm_stalemate_cmd *cmds = (void *)(uintptr_t)s->cmds;
	int err, status = 0;
	unsigned int i;

	gpu_lock();
	err = gpu_check(fd, s);
	for (i = 0; i < s->nr_cmds && !err && !status; i++)
		status = gpu_run(fd, &cmds[i]);
	/* A driver looks for the pages before it takes the job. */
	if (status == -EFAULT && !files[fd].mode)
		err = status;
	if (!err) {
		s->seqno = ++files[fd].jobs;
		files[fd].status[s->seqno % RESULTS] = status;
	}
	gpu_unlock();
	return err;
}

int gpu_dev_wait(int fd, struct drm_stalemate_wait *w)
{
	w->status = files[fd].status[w->seqno % RESULTS];
	w->raced = !(w->seqno % RACED);
	return 0;
}

int gpu_dev_snapshot(int fd, uint64_t start, uint64_t end, uint64_t *buf,
		     uint64_t *present)
{
	(void)fd;
	memset(buf, 0, (end - start) / SM_PAGE_SIZE * sizeof(*buf));
	*present = 0;
	return 0;
}

int gpu_dev_stats(int fd, struct drm_stalemate_stats *stats)
{
	(void)fd;
	memset(stats, 0, sizeof(*stats));
	return 0;
}

/* ---- libdrm: every job has ended ---------------------------------------------------- */

int drmSyncobjWait(int fd, uint32_t *handles, unsigned int nr, int64_t timeout,
		   unsigned int flags, uint32_t *first)
{
	(void)fd;
	(void)handles;
	(void)nr;
	(void)timeout;
	(void)flags;
	(void)first;
	return 0;
}

int drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *prime)
{
	(void)fd;
	(void)handle;
	(void)flags;
	*prime = -1;
	errno = EPERM;
	return -1;
}

/* A file that is passed on is nothing but its descriptor here. */
int __wrap_gpu_peer_pass(struct gpu_lane *l)
{
	(void)l;
	return 0;
}

#endif /* HAVE_DRM */
