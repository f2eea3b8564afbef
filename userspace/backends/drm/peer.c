// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that another process uses than the one that opened it: a user pointer is the
 * memory of who made it, whoever submits. Both have the same page at the same address,
 * and it holds something else in each.
 */
#ifdef HAVE_DRM

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "job.h"
#include "own.h"
#include "peer.h"
#include "state.h"

#define PEER_WAIT	6	/* part of sm_await_naps */
#define PEER_OURS	0x0a25ULL
#define PEER_THEIRS	0x7e125ULL
#define PEER_VA		(1ULL << 32)
#define PEER_WORDS	(PEER_VA + SM_PAGE_SIZE)

/* How a child says what it saw; others: it could not look. */
enum {
	PEER_FINE,
	PEER_WRONG,
	PEER_REFUSED,
	PEER_BROKEN = 69,
};

static void peer_accuse(struct gpu_lane *l, uint64_t va, const char *what)
{
	struct sm_host *host = l->s->host;
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_SHARED,
		.mirror = host->scene->mirrors,
		.va = va,
		.op = "fork",
	};

	sm_docket_hit(host->docket, &h, "%s", what);
}

/* ---- a job without a lane ---------------------------------------------------- */

/**
 * struct peer - one page for the device, seen through a file that may be anybody's
 * @fd: the file
 * @mode: its mode
 * @page: the user pointer; 0: none is needed
 * @va: where the device finds it
 * @words: object that takes what is read
 * @words_va: where the device finds that
 * @out: ... and the processor
 */
struct peer {
	int fd;
	enum gpu_mode mode;
	uint32_t page;
	uint64_t va;
	uint32_t words;
	uint64_t words_va;
	uint64_t *out;
};

/* What the device reads in the page, or a negative errno: it was refused. */
static int peer_read(const struct peer *p, uint64_t *value)
{
	struct drm_stalemate_obj objs[] = {
		{ .handle = p->page },
		{ .handle = p->words, .flags = DRM_STALEMATE_OBJ_WRITE },
	};
	struct drm_stalemate_cmd cmd = {
		.op = DRM_STALEMATE_OP_COPY,
		.src = p->va,
		.dst = p->words_va,
		.len = sizeof(*value),
	};
	struct drm_stalemate_submit submit = {
		.nr_cmds = 1,
		.cmds = (uintptr_t)&cmd,
		.nr_objs = p->mode == GPU_OBJECTS ? 2 : 0,
		.objs = (uintptr_t)objs,
	};
	struct drm_stalemate_wait w = { .timeout_ns = INT64_MAX };
	int err = gpu_dev_submit(p->fd, &submit);

	w.seqno = submit.seqno;
	if (!err)
		err = gpu_dev_wait(p->fd, &w);
	if (err)
		return err;
	*value = sm_load_acquire(p->out);
	return w.status;
}

/* ---- a child that has our file ----------------------------------------------- */

/* It has none of our mappings of the device: it makes its own. */
static int peer_child(struct gpu_lane *l, const struct gpu_own *own)
{
	struct peer p = {
		.fd = l->file->fd,
		.mode = l->s->mode,
		.page = own->handle,
		.va = own->va,
		.words = l->words_handle,
		.words_va = l->words_va,
	};
	uint64_t value;
	void *map;

	sm_write(own->words, PEER_THEIRS);
	if (!p.words) {
		map = (void *)l->words_va;
		if (mmap(map, SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0) == MAP_FAILED)
			return PEER_BROKEN;
	} else if (gpu_dev_map(p.fd, p.words, SM_PAGE_SIZE, &map)) {
		return PEER_BROKEN;
	}
	p.out = map;
	if (peer_read(&p, &value))
		return PEER_REFUSED;
	return value == PEER_OURS ? PEER_FINE : PEER_WRONG;
}

static int peer_wait(struct gpu_lane *l, pid_t pid, int *status)
{
	uint64_t beats = 0;
	int err = sm_end_child(l->s->host->end, pid, "fork", &beats, status);

	if (err)
		return err;
	return WIFEXITED(*status) && WEXITSTATUS(*status) < PEER_BROKEN ?
		       0 : -ECHILD;
}

/* gpu_peer_fork() - returns 0 or a negative errno. */
int gpu_peer_fork(struct gpu_lane *l)
{
	struct gpu_own own;
	int status, err = gpu_own_make(l, &own, SM_PAGE_SIZE, 0);
	pid_t pid;

	if (err)
		return err;
	sm_write(own.words, PEER_OURS);
	pid = sm_child_fork();
	if (!pid)
		_exit(peer_child(l, &own));
	err = pid < 0 ? pid : peer_wait(l, pid, &status);
	if (!err && WEXITSTATUS(status) == PEER_WRONG)
		peer_accuse(l, (uintptr_t)own.words,
			    "a job of a forked process read that one's memory by its parent's user pointer");
	if (!err && l->s->mode == GPU_SVM &&
	    WEXITSTATUS(status) != PEER_REFUSED)
		peer_accuse(l, (uintptr_t)own.words,
			    "a forked process may submit jobs to its parent's address space");
	sm_count(&l->s->worked.forked, 1);
	return gpu_own_drop(&own) ?: err;
}

/* ---- a file that a child has opened ------------------------------------------- */

static int peer_send(int socket, int fd)
{
	char space[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int peer_receive(int socket, int *fd)
{
	char space[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space),
	};
	struct sm_patience p = { .naps = sm_await_naps / PEER_WAIT };
	struct cmsghdr *c;
	int err = sm_await_fd(socket, POLLIN, &p);

	if (err)
		return err;
	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -EPIPE;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return -EPIPE;
	memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return 0;
}

/*
 * Handles are numbered from 1 in each file: the page is the first, words the second.
 * A child must not look for the node, as that allocates: see sm_child_fork().
 */
static int peer_offer(struct gpu_lane *l, int socket, const char *node,
		      uint64_t *page)
{
	uint32_t handle;
	char byte;
	int fd;

	sm_write(page, PEER_THEIRS);
	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0 ||
	    gpu_dev_init(fd, l->s->mode == GPU_LONG ? DRM_STALEMATE_VM_LR : 0,
			 PEER_VA, 1ULL << 30) ||
	    gpu_dev_userptr(fd, (uintptr_t)page, SM_PAGE_SIZE, 0, &handle) ||
	    handle != 1 || gpu_dev_bind(fd, handle, PEER_VA, SM_PAGE_SIZE) ||
	    gpu_dev_create(fd, SM_PAGE_SIZE, &handle) || handle != 2 ||
	    gpu_dev_bind(fd, handle, PEER_WORDS, SM_PAGE_SIZE) ||
	    peer_send(socket, fd))
		return PEER_BROKEN;
	close(fd);
	/* Until the other end is closed. */
	return read(socket, &byte, 1) ? PEER_BROKEN : PEER_FINE;
}

static int peer_use(struct gpu_lane *l, struct peer *p, const uint64_t *page,
		    bool gone)
{
	uint64_t value;
	int err = peer_read(p, &value);

	if (gone && !err)
		peer_accuse(l, (uintptr_t)page,
			    "a job used a user pointer of a process that is gone");
	else if (!gone && !err && value != PEER_THEIRS)
		peer_accuse(l, (uintptr_t)page,
			    "a job read the submitter's memory by another process's user pointer");
	return err == -ENODEV || err == -EINVAL ? err : 0;
}

static int peer_take(struct gpu_lane *l, int socket, pid_t pid,
		     const uint64_t *page, struct peer *p)
{
	int status, err = peer_receive(socket, &p->fd);
	void *map = MAP_FAILED;

	if (!err)
		err = gpu_dev_map(p->fd, p->words, SM_PAGE_SIZE, &map);
	if (!err) {
		p->out = map;
		err = peer_use(l, p, page, false);
	}
	shutdown(socket, SHUT_RDWR);
	if (peer_wait(l, pid, &status))
		err = err ? err : -ECHILD;
	if (!err)
		err = peer_use(l, p, page, true);
	if (map != MAP_FAILED)
		munmap(map, SM_PAGE_SIZE);
	if (p->fd >= 0)
		close(p->fd);
	return err;
}

/* gpu_peer_pass() - returns 0 or a negative errno. */
int gpu_peer_pass(struct gpu_lane *l)
{
	struct peer p = {
		.fd = -1,
		.mode = l->s->mode,
		.page = 1,
		.va = PEER_VA,
		.words = 2,
		.words_va = PEER_WORDS,
	};
	char node[64], link[32];
	uint64_t *page;
	int pair[2], err;
	ssize_t len;
	pid_t pid;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", l->file->fd);
	len = readlink(link, node, sizeof(node) - 1);
	if (len < 0)
		return -errno;
	node[len] = '\0';
	if (l->s->mode == GPU_SVM ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return 0;
	page = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sm_write(page, PEER_OURS);
	pid = sm_child_fork();
	if (!pid) {
		close(pair[0]);
		_exit(peer_offer(l, pair[1], node, page));
	}
	close(pair[1]);
	err = pid < 0 ? pid : peer_take(l, pair[0], pid, page, &p);
	close(pair[0]);
	munmap(page, SM_PAGE_SIZE);
	sm_count(&l->s->worked.passed, 1);
	return err;
}

#endif /* HAVE_DRM */
