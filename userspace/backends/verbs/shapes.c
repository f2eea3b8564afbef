// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses of every shape to memory of our own, judged byte by byte.
 *
 * One thread changes the memory and uses the device on it, so that there is
 * exactly one right answer each time; the storm goes on around it.
 */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"
#include "judge/known.h"
#include "run.h"
#include "shapes.h"

static const char *const shape_kinds[VERBS_KINDS] = {
	[VERBS_READ] = "RDMA READ of",
	[VERBS_WRITE] = "RDMA WRITE to",
	[VERBS_SWAP] = "compare and swap of",
	[VERBS_ADD] = "fetch and add to",
	[VERBS_GATHER] = "RDMA WRITE out of",
	[VERBS_SCATTER] = "RDMA READ into",
	[VERBS_SEND] = "SEND of",
	[VERBS_RECV] = "receive into",
};

static const char *const shape_befores[VERBS_BEFORE_NR] = {
	[VERBS_AS_IS] = "left alone",
	[VERBS_CPU] = "written by the CPU",
	[VERBS_DROPPED] = "dropped",
	[VERBS_ZERO] = "zero pages",
	[VERBS_REMAPPED] = "mapped anew",
	[VERBS_PAGED_OUT] = "paged out",
	[VERBS_FORKED] = "shared with a child",
	[VERBS_READ_ONLY] = "made read-only",
	[VERBS_NO_ACCESS] = "made inaccessible",
};

static const char *const shape_regions[VERBS_REGIONS] = {
	[VERBS_RW] = "read-write",
	[VERBS_RO] = "read-only",
	[VERBS_WO] = "write-only",
};

static int shapes_register(struct verbs_shapes *s)
{
	const int how[VERBS_REGIONS] = {
		[VERBS_RW] = VERBS_ACCESS |
			(s->v->dev.atomic ? IBV_ACCESS_REMOTE_ATOMIC : 0),
		[VERBS_RO] = IBV_ACCESS_ON_DEMAND | IBV_ACCESS_REMOTE_READ,
		[VERBS_WO] = VERBS_ACCESS & ~IBV_ACCESS_REMOTE_READ,
	};
	unsigned int i;

	for (i = 0; i < VERBS_REGIONS; i++) {
		s->regions[i] = ibv_reg_mr(s->v->dev.pd, s->mem,
					   VERBS_SHAPE_SIZE, how[i]);
		if (!s->regions[i])
			return verbs_dev_fail(&s->v->dev,
					      "registering memory");
	}
	return 0;
}

/* verbs_shapes_open() - verbs_shapes_close() must follow in any case. */
int verbs_shapes_open(struct verbs_state *v, struct verbs_shapes *s)
{
	void *p;

	s->v = v;
	sm_rng_seed(&s->rng, v->host->scene->spec->seed, SM_STREAM_SHAPES, 0);
	p = mmap(NULL, VERBS_SHAPE_SIZE + SM_GRANULE_SIZE, PROT_READ |
		 PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return verbs_dev_fail(&v->dev, "memory for shapes");
	s->map = p;
	s->mem = (uint8_t *)(((uintptr_t)p + SM_GRANULE_SIZE - 1) &
			     ~(SM_GRANULE_SIZE - 1));
	s->shadow = calloc(1, VERBS_SHAPE_SIZE);
	s->want = malloc(VERBS_SHAPE_MAX);
	s->buf = verbs_dev_alloc(&v->dev, VERBS_SHAPE_MAX);
	if (!s->shadow || !s->want || !s->buf)
		return -ENOMEM;
	madvise(s->mem, VERBS_SHAPE_SIZE, MADV_HUGEPAGE);
	return shapes_register(s);
}

void verbs_shapes_close(struct verbs_shapes *s)
{
	unsigned int i;

	for (i = 0; i < VERBS_REGIONS; i++)
		if (s->regions[i])
			ibv_dereg_mr(s->regions[i]);
	if (s->map)
		munmap(s->map, VERBS_SHAPE_SIZE + SM_GRANULE_SIZE);
	free(s->shadow);
	free(s->want);
}

/* ---- before -------------------------------------------------------------- */

/* What the child saw when it was made must still be there when we are done. */
static int shapes_fork(struct verbs_shapes *s, const struct verbs_shape *w,
		       int *wake)
{
	uint64_t start = verbs_shape_start(w);
	uint64_t len = verbs_shape_end(w) - start;
	int pid, fds[2];
	char c;

	if (pipe(fds) < 0)
		return -errno;
	pid = sm_child_fork();
	if (!pid) {
		close(fds[1]);
		while (read(fds[0], &c, 1) < 0 && errno == EINTR)
			;
		_exit(!!memcmp(s->mem + start, s->shadow + start, len));
	}
	close(fds[0]);
	*wake = fds[1];
	return pid;
}

static int shapes_before(struct verbs_shapes *s, const struct verbs_shape *w)
{
	uint64_t start = verbs_shape_start(w);
	uint64_t len = verbs_shape_end(w) - start;
	uint8_t *mem = s->mem + start;
	uint64_t at;
	int ret = 0;

	switch (w->before) {
	case VERBS_CPU:
		verbs_shape_fill(mem, start, len, ++s->number);
		verbs_shape_fill(s->shadow + start, start, len, s->number);
		break;
	case VERBS_DROPPED:
	case VERBS_ZERO:
		ret = madvise(mem, len, MADV_DONTNEED);
		memset(s->shadow + start, 0, len);
		for (at = 0; w->before == VERBS_ZERO && at < len;
		     at += SM_PAGE_SIZE)
			sm_read(mem + at);
		break;
	case VERBS_REMAPPED:
		if (mmap(mem, len, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			ret = -1;
		memset(s->shadow + start, 0, len);
		break;
	case VERBS_PAGED_OUT:
		ret = madvise(mem, len, MADV_PAGEOUT);
		break;
	case VERBS_READ_ONLY:
		ret = mprotect(mem, len, PROT_READ);
		break;
	case VERBS_NO_ACCESS:
		ret = mprotect(mem, len, PROT_NONE);
		break;
	default:
		break;
	}
	return ret < 0 ? verbs_dev_fail(&s->v->dev, "changing memory") : 0;
}

/* ---- the access ---------------------------------------------------------- */

/* What the device is told, and what has to come of it if it goes through. */
static void shapes_op(struct verbs_shapes *s, const struct verbs_shape *w,
		      struct verbs_op *op)
{
	uint64_t old;

	*op = (struct verbs_op){
		.kind = w->kind,
		.mr = s->regions[w->region],
		.va = (uintptr_t)s->mem + w->offset,
		.buf = s->buf,
		.len = w->len,
	};
	verbs_shape_fill(s->buf, w->offset, w->len, ++s->number);
	if (!verbs_kind_atomic(w->kind)) {
		memcpy(s->want, verbs_kind_writes(w->kind) ?
		       s->buf : s->shadow + w->offset, w->len);
		return;
	}
	/* Every other swap finds what it does not expect. */
	memcpy(&old, s->shadow + w->offset, sizeof(old));
	memcpy(&op->value, s->buf, sizeof(op->value));
	op->compare = old ^ (s->number & 1);
	memcpy(s->want, &old, sizeof(old));
}

static void shapes_went(struct verbs_shapes *s, const struct verbs_shape *w,
			const struct verbs_op *op)
{
	uint64_t old, value = op->value;

	s->done++;
	s->bytes += w->len;
	if (!verbs_kind_writes(w->kind))
		return;
	if (!verbs_kind_atomic(w->kind)) {
		memcpy(s->shadow + w->offset, s->want, w->len);
		return;
	}
	memcpy(&old, s->want, sizeof(old));
	if (w->kind == VERBS_ADD)
		value += old;
	else if (op->compare != old)
		value = old;
	memcpy(s->shadow + w->offset, &value, sizeof(value));
}

__attribute__((format(printf, 5, 6)))
static void shapes_accuse(struct verbs_shapes *s, const struct verbs_shape *w,
			  const char *oracle, enum sm_kind kind,
			  const char *fmt, ...)
{
	struct sm_hit h = {
		.oracle = oracle,
		.kind = kind,
		.mirror = s->v->host->scene->mirrors,
		.op = shape_befores[w->before],
	};
	char what[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	sm_docket_hit(s->v->host->docket, &h,
		      "%s %u bytes at %#llx (%s, MTU %u, %s registration): %s",
		      shape_kinds[w->kind], w->len,
		      (unsigned long long)w->offset, shape_befores[w->before],
		      w->mtu, shape_regions[w->region], what);
}

/*
 * Bytes of @mem, which begins at @from of the access, that are not as in @want; and the
 * first word that is not: who wrote it may be known by that.
 */
static void shapes_compare(struct verbs_shapes *s, const struct verbs_shape *w,
			   const char *what, enum sm_kind kind, int64_t from,
			   const uint8_t *mem, const uint8_t *want, size_t len)
{
	int64_t at = verbs_shape_differ(mem, want, len);
	uint64_t is = 0, was = 0;
	size_t i, word, nr = 0;

	if (at < 0)
		return;
	for (i = at; i < len; i++)
		nr += mem[i] != want[i];
	word = at & ~7ULL;
	memcpy(&is, mem + word, len - word < 8 ? len - word : 8);
	memcpy(&was, want + word, len - word < 8 ? len - word : 8);
	shapes_accuse(s, w, "content", kind,
		      "%s %lld (%zu bytes, first %016llx instead of %016llx)",
		      what, (long long)(from + at), nr, (unsigned long long)is,
		      (unsigned long long)was);
}

/* What the other end got, and what the memory holds, a page more each way. */
static void shapes_judge(struct verbs_shapes *s, const struct verbs_shape *w)
{
	uint64_t start = verbs_shape_start(w), end = verbs_shape_end(w);

	start -= start ? SM_PAGE_SIZE : 0;
	end += end < VERBS_SHAPE_SIZE ? SM_PAGE_SIZE : 0;
	if (!verbs_kind_writes(w->kind) || verbs_kind_atomic(w->kind))
		shapes_compare(s, w, "wrong data from byte", SM_KIND_WRONG_DATA,
			       0, s->buf, s->want, w->len);
	shapes_compare(s, w, "memory is wrong at", SM_KIND_DAMAGED,
		       start - w->offset, s->mem + start, s->shadow + start,
		       end - start);
	memcpy(s->shadow + start, s->mem + start, end - start);
}

static int shapes_access(struct verbs_shapes *s, const struct verbs_shape *w)
{
	struct verbs_pair *p = &s->v->shapes;
	enum ibv_mtu mtu = IBV_MTU_256;
	struct verbs_op op;
	int err = 0;

	while (128U << mtu < w->mtu)
		mtu++;
	if (mtu != p->mtu) {
		p->mtu = mtu;
		err = verbs_pair_connect(p);
	}
	shapes_op(s, w, &op);
	if (!err)
		err = verbs_pair_run(p, &op, 1);
	if (err)
		return err;
	if (w->before == VERBS_READ_ONLY || w->before == VERBS_NO_ACCESS)
		mprotect(s->mem + verbs_shape_start(w), verbs_shape_end(w) -
			 verbs_shape_start(w), PROT_READ | PROT_WRITE);
	if (!op.error && !verbs_shape_allowed(w))
		shapes_accuse(s, w, "perm", SM_KIND_FORBIDDEN,
			      "it was not refused");
	if (!op.error) {
		shapes_went(s, w, &op);
		shapes_judge(s, w);
	} else if (verbs_shape_allowed(w)) {
		/* It may be refused for want of memory, and in part. */
		memcpy(s->shadow + w->offset, s->mem + w->offset, w->len);
	} else {
		s->refused++;
		memcpy(s->want, s->buf, w->len);
		shapes_judge(s, w);
	}
	return 0;
}

/* The worker is in no one's way: it has all the time of others that wait. */
static void shapes_reap(struct verbs_shapes *s, const struct verbs_shape *w,
			pid_t pid)
{
	struct sm_patience p = { .naps = sm_await_naps };
	struct sm_child_end end;
	int err = sm_child_wait(pid, &end, &p);

	if (err == -ETIMEDOUT)
		sm_end_lose(s->v->host->end, "a child of the worker", &end);
	else if (!err && WIFSIGNALED(end.status))
		sm_end_break(s->v->host->end,
			     "a child of the worker was killed by signal %d",
			     WTERMSIG(end.status));
	else if (!err && end.status)
		shapes_accuse(s, w, "content", SM_KIND_SHARED,
			      "the child sees it");
}

/* verbs_shapes_one() - one access; an error: the device can go on no more */
int verbs_shapes_one(struct verbs_shapes *s)
{
	bool whole = s->v->host->scene->spec->avoid & SM_BIT(SM_KNOWN_RXE_COPY);
	struct verbs_shape w;
	int err, pid = 0, wake = -1;

	do {
		verbs_shape_pick(&s->rng, 128U << s->v->dev.mtu, whole, &w);
	} while (!verbs_dev_can(&s->v->dev, w.kind));
	err = shapes_before(s, &w);
	if (!err && w.before == VERBS_FORKED) {
		pid = shapes_fork(s, &w, &wake);
		err = pid < 0 ? pid : 0;
	}
	if (!err)
		err = shapes_access(s, &w);
	if (wake >= 0)
		close(wake);
	if (pid > 0)
		shapes_reap(s, &w, pid);
	return err;
}

#endif /* HAVE_IBVERBS */
