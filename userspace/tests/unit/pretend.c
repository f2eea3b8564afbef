// SPDX-License-Identifier: GPL-2.0-only
/* A module that is pretended: contexts and ioctls. See pretend.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/util.h"
#include "module/defects.h"
#include "pretend.h"

#define STATE		(16ULL << 32)	/* offset of struct pretend */
#define FILE_SIZE	(STATE + (1 << 20))
#define HEADER		SM_PAGE_SIZE

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool pretend_is(const char *what)
{
	const char *list = getenv("PRETEND");

	return list && strstr(list, what);
}

void *pretend_map(int fd, uint64_t offset, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       offset);

	if (p == MAP_FAILED)
		abort();
	return p;
}

int __wrap_open(const char *path, int flags, ...)
{
	struct pretend *p;
	va_list args;
	int fd, mode;

	if (!strcmp(path, "/dev/kvm")) {
		errno = ENOENT;
		return -1;
	}
	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	if (strcmp(path, SM_DEVICE_PATH))
		return __real_open(path, flags, mode);
	fd = memfd_create("pretend", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, FILE_SIZE))
		abort();
	p = pretend_map(fd, STATE, sizeof(*p));
	p->owner = getpid();
	munmap(p, sizeof(*p));
	return fd;
}

/* ---- the witness ---------------------------------------------------------- */

static size_t witness_granules(const struct sm_ioc_setup *s)
{
	return (s->end - s->start) >> SM_GRANULE_SHIFT;
}

static size_t witness_records(const struct sm_ioc_setup *s)
{
	size_t size = HEADER + witness_granules(s) * sizeof(struct sm_granule);

	return (size + SM_PAGE_SIZE - 1) & ~(SM_PAGE_SIZE - 1);
}

static int do_setup(struct pretend *p, int fd, struct sm_ioc_setup *s)
{
	struct sm_witness_header *w;

	s->witness_size = witness_records(s) +
			  (sizeof(struct sm_record) << s->ring_order);
	s->tags_size = (s->end - s->start) / SM_PAGE_SIZE *
		       sizeof(struct sm_tag);
	p->setup = *s;
	w = pretend_map(fd, SM_MAP_WITNESS, s->witness_size);
	w->magic = pretend_is("no-witness") ? 0 : SM_WITNESS_MAGIC;
	w->version = SM_WITNESS_VERSION;
	w->header_size = sizeof(*w);
	w->arena_start = s->start;
	w->arena_end = s->end;
	w->granule_off = HEADER;
	w->granule_nr = witness_granules(s);
	w->record_off = witness_records(s);
	w->record_size = sizeof(struct sm_record);
	w->record_slots = 1ULL << s->ring_order;
	w->granule_size = sizeof(struct sm_granule);
	w->tag_size = sizeof(struct sm_tag);
	munmap(w, s->witness_size);
	return 0;
}

static void witness_record(struct sm_witness_header *w, uint64_t va, bool end)
{
	uint64_t n = sm_read(&w->head);
	struct sm_record *r = (struct sm_record *)((char *)w + w->record_off) +
			      (n & (w->record_slots - 1));

	sm_write(&r->seq, 2 * n + 1);
	r->t_ns = sm_util_now();
	r->start = va;
	r->end = va + SM_GRANULE_SIZE;
	r->gen = end ? w->gen : ++w->gen;
	r->tid = gettid();
	r->phase = end ? SM_PHASE_END : SM_PHASE_START;
	r->event = SM_EVENT_CLEAR;
	r->flags = SM_RECORD_BLOCKABLE;
	sm_store_release(&r->seq, 2 * n + 2);
	sm_store_release(&w->head, n + 1);
}

/* pretend_event() - a start or an end of an event in the granule of @va */
void pretend_event(struct pretend *p, int fd, uint64_t va, bool end)
{
	uint64_t n = (va - p->setup.start) >> SM_GRANULE_SHIFT;
	struct sm_witness_header *w;
	struct sm_granule *g;

	pthread_mutex_lock(&lock);
	w = pretend_map(fd, SM_MAP_WITNESS, p->setup.witness_size);
	g = (struct sm_granule *)((char *)w + w->granule_off) + n;
	if (end)
		g->ended++;
	else
		g->started++;
	if (!end)
		w->events[SM_EVENT_CLEAR]++;
	witness_record(w, p->setup.start + (n << SM_GRANULE_SHIFT), end);
	munmap(w, p->setup.witness_size);
	pthread_mutex_unlock(&lock);
}

/* ---- mirrors --------------------------------------------------------------- */

struct pretend_mirror *pretend_mirror_of(struct pretend *p, uint32_t id)
{
	return id < PRETEND_MIRRORS && p->mirror[id].live ? &p->mirror[id] :
							     NULL;
}

/* Is it to be caught by this oracle, and long enough in use? */
bool pretend_shows(const struct pretend_mirror *m, const char *oracle)
{
	return !strcmp(m->oracle, oracle) && sm_read(&m->used) > PRETEND_WARM;
}

/* SM_SET_ROOM if there is none. */
static unsigned int first_defect(const struct sm_ioc_mirror_create *c)
{
	struct sm_set defects;

	memcpy(defects.word, c->defects, sizeof(defects.word));
	return sm_set_next(&defects, 0);
}

static int do_create(struct pretend *p, int fd, struct sm_ioc_mirror_create *c)
{
	struct pretend_mirror *m = p->mirror;
	const char *oracle = "", *list = getenv("PRETEND");
	unsigned int defect = first_defect(c);

	(void)fd;
	if (defect < SM_DEFECT_NR && pretend_is("unarmed"))
		return -EPERM;
	if (list && !strncmp(list, "oracle=", 7))
		oracle = list + 7;
	else if (defect < SM_DEFECT_NR)
		oracle = sm_defects[defect].oracles[0];
	pthread_mutex_lock(&lock);
	while (m < p->mirror + PRETEND_MIRRORS && m->live)
		m++;
	if (m < p->mirror + PRETEND_MIRRORS) {
		memset(m, 0, sizeof(*m));
		m->live = true;
		m->start = c->start;
		m->end = c->end;
		snprintf(m->oracle, sizeof(m->oracle), "%s", oracle);
	}
	pthread_mutex_unlock(&lock);
	c->id = m - p->mirror;
	return c->id < PRETEND_MIRRORS ? 0 : -ENOSPC;
}

static int do_destroy(struct pretend *p, int fd,
		      struct sm_ioc_mirror_destroy *d)
{
	struct pretend_mirror *m = pretend_mirror_of(p, d->id);

	(void)fd;
	if (!m)
		return -ENOENT;
	if (pretend_shows(m, "refs"))
		p->leaked += 3;
	m->live = false;
	return 0;
}

/* Oracles of the module: one violation, and no more. */
void pretend_accuse(struct pretend *p, struct pretend_mirror *m, uint64_t va)
{
	static const char *const names[SM_ORACLE_NR] = {
		[SM_ORACLE_PERM] = "perm",
		[SM_ORACLE_LATE] = "late",
		[SM_ORACLE_OVER] = "over",
		[SM_ORACLE_COVERAGE] = "coverage",
		[SM_ORACLE_CONTRACT] = "contract",
		[SM_ORACLE_BLOCKING] = "blocking",
		[SM_ORACLE_DENIED] = "denied",
	};
	struct sm_violation v = { .va = va & ~(SM_PAGE_SIZE - 1) };

	while (v.oracle < SM_ORACLE_NR && !pretend_shows(m, names[v.oracle]))
		v.oracle++;
	if (v.oracle == SM_ORACLE_NR)
		return;
	v.mirror = m - p->mirror;
	v.start = v.va;
	v.end = v.va + SM_PAGE_SIZE;
	v.entry = SM_ENT_PRESENT | SM_ENT_WRITE | 7;
	v.gen = 5;
	v.last_inval = 6;
	v.t_ns = sm_util_now();
	pthread_mutex_lock(&lock);
	if (m->oracle[0]) {
		p->queue[p->queued++ % PRETEND_QUEUE] = v;
		p->total++;
	}
	m->oracle[0] = '\0';
	pthread_mutex_unlock(&lock);
}

/* Two copies in a row that agree are whole. */
static int word_read(uint64_t va, uint64_t *value)
{
	uint64_t first, second = 0;
	struct iovec from = { (void *)va, sizeof(second) };
	struct iovec to = { &second, sizeof(second) };
	unsigned int copies = 0;

	do {
		first = second;
		if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) < 0)
			return -errno;
	} while (++copies < 2 || first != second);
	*value = second;
	return 0;
}

static int read_many(uint64_t va, size_t len, void *buf)
{
	struct iovec from = { (void *)va, len }, to = { buf, len };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) ==
			       (ssize_t)len ? 0 : -EFAULT;
}

int pretend_word(struct pretend_mirror *m, bool write, uint64_t va,
		 uint64_t *value)
{
	struct iovec to = { (void *)va, sizeof(*value) };
	struct iovec from = { value, sizeof(*value) };
	uint64_t old;
	int err;

	sm_count(&m->used, 1);
	sm_count(write ? &m->writes : &m->reads, 1);
	if (!write) {
		err = word_read(va, value);
		/* What it did not hold, in the form of what it could hold. */
		if (!err && pretend_shows(m, "content"))
			*value ^= 0x5a5a5a5a;
		return err;
	}
	if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) > 0)
		return 0;
	err = -errno;
	return word_read(va, &old) ? err : -EPERM;
}

/* It is dead, or another program by now. */
static bool owner_has_memory(const struct pretend *p)
{
	uint64_t word;
	struct iovec to = { &word, sizeof(word) };
	struct iovec from = { (void *)p->setup.start, sizeof(word) };

	return process_vm_readv(p->owner, &to, 1, &from, 1, 0) > 0 ||
	       (errno != ESRCH && errno != EFAULT);
}

/* Its memory is no more, or is not this process's. */
int pretend_foreign(const struct pretend *p)
{
	if (p->owner == getpid())
		return 0;
	if (pretend_is("undead"))
		return 0;
	return owner_has_memory(p) ? -EPERM : -ESRCH;
}

static int do_access(struct pretend *p, int fd, struct sm_ioc_access *a)
{
	struct pretend_mirror *m = pretend_mirror_of(p, a->id);
	int err = pretend_foreign(p);

	(void)fd;
	if (err)
		return err;
	if (!m)
		return -ENOENT;
	if (a->va < m->start || a->va + a->len > m->end)
		return -ERANGE;
	if (a->len == sizeof(uint64_t))
		err = pretend_word(m, a->flags & SM_ACCESS_WRITE, a->va,
				   (uint64_t *)a->buf);
	else
		err = read_many(a->va, a->len, (void *)a->buf);
	pretend_accuse(p, m, a->va);
	return err;
}

static int do_fault(struct pretend *p, int fd, struct sm_ioc_fault *f)
{
	struct pretend_mirror *m = pretend_mirror_of(p, f->id);
	int err = pretend_foreign(p);
	uint64_t word;

	(void)fd;
	if (err)
		return err;
	if (!m)
		return -ENOENT;
	f->done = f->end - f->start;
	sm_count(&m->faults, f->done >> SM_PAGE_SHIFT);
	if (!madvise((void *)f->start, f->done, MADV_POPULATE_READ))
		return 0;
	/* There is a hole in it, or this kernel does not know that. */
	for (f->done = 0; f->start + f->done < f->end; f->done += SM_PAGE_SIZE) {
		err = word_read(f->start + f->done, &word);
		if (err)
			return err;
	}
	return 0;
}

/* ---- the rest ---------------------------------------------------------------- */

static int do_violations(struct pretend *p, int fd, struct sm_ioc_violations *v)
{
	struct sm_violation *buf = (struct sm_violation *)v->buf;
	uint32_t i;

	(void)fd;
	pthread_mutex_lock(&lock);
	for (i = 0; i < v->nr && i < p->queued; i++)
		buf[i] = p->queue[i];
	p->queued -= i;
	memmove(p->queue, p->queue + i, p->queued * sizeof(*p->queue));
	v->nr = i;
	v->total = p->total;
	pthread_mutex_unlock(&lock);
	return 0;
}

static int do_stats(struct pretend *p, int fd, struct sm_ioc_stats *s)
{
	const struct pretend_mirror *m = pretend_mirror_of(p, s->id);

	(void)fd;
	if (!m)
		return -ENOENT;
	s->reads = m->reads;
	s->writes = m->writes;
	s->faults = m->faults;
	return 0;
}

static int do_query(struct pretend *p, int fd, struct sm_ioc_query *q)
{
	struct sm_set all;

	(void)fd;
	if (pretend_is("api"))
		return -EINVAL;
	q->profiles = SM_BIT(SM_PROFILE_NR) - 1;
	if (pretend_is("kvm-alone"))
		q->profiles = SM_BIT(SM_PROFILE_KVM);
	all = sm_set_below(pretend_is("unarmed") ? 0 : SM_DEFECT_NR);
	memcpy(q->defects, all.word, sizeof(q->defects));
	q->contexts = !!p->setup.end + pretend_is("others");
	q->pages = p->leaked + (pretend_is("lost") || pretend_is("others") ? 5 : 0);
	q->features = SM_FEATURE_MIGRATE | SM_FEATURE_EXCLUSIVE |
		      SM_FEATURE_NONBLOCK;
	return 0;
}

/* Pages are not moved: as if they could not be had. */
static int do_migrate(struct pretend *p, int fd, struct sm_ioc_migrate *g)
{
	(void)p;
	(void)fd;
	g->done = 0;
	return 0;
}

static int do_agent_start(struct pretend *p, int fd,
			  struct sm_ioc_agent_start *s)
{
	if (pretend_is("no-agent"))
		return -ENOSPC;
	if (!pretend_mirror_of(p, s->id))
		return -ENOENT;
	return pretend_agent_start(p, fd, s);
}

static int do_ioctl(struct pretend *p, int fd, unsigned long cmd, void *arg)
{
	switch (cmd) {
	case SM_IOC_QUERY:
		return do_query(p, fd, arg);
	case SM_IOC_SETUP:
		return do_setup(p, fd, arg);
	case SM_IOC_MIRROR_CREATE:
		return do_create(p, fd, arg);
	case SM_IOC_MIRROR_DESTROY:
		return do_destroy(p, fd, arg);
	case SM_IOC_ACCESS:
		return do_access(p, fd, arg);
	case SM_IOC_FAULT:
		return do_fault(p, fd, arg);
	case SM_IOC_SNAPSHOT:
		return pretend_snapshot(p, fd, arg);
	case SM_IOC_ENTRY:
		return pretend_entry(p, fd, arg);
	case SM_IOC_CHECK:
		return pretend_check(p, fd, arg);
	case SM_IOC_AGENT_START:
		return do_agent_start(p, fd, arg);
	case SM_IOC_AGENT_STOP:
		return pretend_agent_stop(arg);
	case SM_IOC_VIOLATIONS:
		return do_violations(p, fd, arg);
	case SM_IOC_STATS:
		return do_stats(p, fd, arg);
	case SM_IOC_MIGRATE:
		return do_migrate(p, fd, arg);
	default:
		return -EOPNOTSUPP;
	}
}

int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	struct pretend *p;
	va_list args;
	void *arg;
	int ret;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	if (_IOC_TYPE(cmd) != SM_IOC_TYPE)
		return __real_ioctl(fd, cmd, arg);
	p = pretend_map(fd, STATE, sizeof(*p));
	ret = do_ioctl(p, fd, cmd, arg);
	munmap(p, sizeof(*p));
	errno = -ret;
	return ret ? -1 : 0;
}
