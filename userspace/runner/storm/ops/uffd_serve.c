// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that a userfaultfd serves: devices and processors fault on what is missing, or
 * is in the page cache and not in the page table (minor), and wait, or are refused.
 *
 * The storm's thread is one of those that wait: so another one serves, from before there
 * is anything to wait for until nothing is.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/minor.h"
#include "base/thread.h"
#include "base/util.h"
#include "op.h"
#include "storm/touch.h"
#include "uffd.h"

#define SERVE_POLL_MS	10
#define SERVE_TRIES	1000	/* a millisecond each */

/*
 * @from: a copy of what is to be there, 0: it is in the page cache; @served: pages that
 * somebody had asked for
 */
struct serve {
	int fd;
	struct sm_span s;
	uint64_t from;
	uint64_t served;
	bool stop;
	pthread_t thread;
};

static int serve_once(const struct serve *v, uint64_t va)
{
	struct uffdio_copy copy = {
		.dst = va,
		.src = v->from + (va - v->s.start),
		.len = SM_PAGE_SIZE,
	};
	struct uffdio_continue go_on = {
		.range = { .start = va, .len = SM_PAGE_SIZE },
	};
	int ret = v->from ? ioctl(v->fd, UFFDIO_COPY, &copy) :
			    ioctl(v->fd, UFFDIO_CONTINUE, &go_on);

	return ret ? -errno : 0;
}

/*
 * There is memory a moment later, or mappings do not change any more (EAGAIN). Of two who
 * ask for a page the second finds it there (EEXIST). Who is not served is woken all the
 * same, and asks again.
 */
static int serve_page(const struct serve *v, uint64_t va)
{
	struct uffdio_range page = { .start = va, .len = SM_PAGE_SIZE };
	unsigned int i;
	int err = -EAGAIN;

	for (i = 0; i < SERVE_TRIES && (err == -EAGAIN || err == -ENOMEM); i++) {
		if (i)
			sm_util_nap(SM_MSEC);
		err = serve_once(v, va);
	}
	if (err)
		ioctl(v->fd, UFFDIO_WAKE, &page);
	return err == -EEXIST ? 0 : err;
}

static void *serve_thread(void *arg)
{
	struct serve *v = arg;
	struct pollfd p = { .fd = v->fd, .events = POLLIN };
	struct uffd_msg m;

	while (!sm_read(&v->stop)) {
		if (poll(&p, 1, SERVE_POLL_MS) <= 0)
			continue;
		while (read(v->fd, &m, sizeof(m)) == sizeof(m)) {
			if (m.event != UFFD_EVENT_PAGEFAULT)
				continue;
			if (!serve_page(v, m.arg.pagefault.address &
					   ~(SM_PAGE_SIZE - 1)))
				v->served++;
		}
	}
	return NULL;
}

static void serve_stop(struct serve *v)
{
	sm_write(&v->stop, true);
	pthread_join(v->thread, NULL);
}

/*
 * Who waits for a page that is missing is woken by the first, for one that is not in the
 * page table by no more than the last descriptor's end; and a child may have one.
 */
static void serve_close(struct serve *v)
{
	struct uffdio_range all = {
		.start = v->s.start,
		.len = v->s.end - v->s.start,
	};

	ioctl(v->fd, UFFDIO_UNREGISTER, &all);
	ioctl(v->fd, UFFDIO_WAKE, &all);
	close(v->fd);
}

/* There is no thread for it just now: another time. */
static int serve_begun(struct sm_storm_thread *t, int err)
{
	t->counted = false;
	return err == -EAGAIN ? 0 : err;
}

/* From here on until serve_end() whoever asks is served. */
static int serve_begin(struct serve *v, uint64_t features, uint64_t mode)
{
	int err;

	v->fd = sm_uffd_open(features);
	if (v->fd < 0)
		return v->fd;
	err = sm_thread_start(&v->thread, "server", serve_thread, v);
	if (err) {
		close(v->fd);
		return err;
	}
	err = sm_uffd_register(v->fd, v->s.start, v->s.end, mode);
	if (!err)
		return 0;
	serve_stop(v);
	serve_close(v);
	return err;
}

/* What nobody has asked for is there from now on, too, if it is ours to put there. */
static int serve_end(struct serve *v)
{
	uint64_t va;
	int err = 0;

	serve_stop(v);
	for (va = v->s.start; v->from && va < v->s.end && !err; va += SM_PAGE_SIZE)
		err = serve_page(v, va);
	return err;
}

/* A device that is refused what it would have to wait for is not when it is there. */
static void serve_use(struct sm_storm_thread *t, const struct sm_span *s)
{
	sm_touch_after(t);
	sm_span_verify(t, s);
	sm_touch_after(t);
}

/*
 * What was there goes, and is not to be had any more: who comes next gets what is served.
 * Nobody ever finds an empty page, and none is missing before: the class of these ops is
 * one of those that get their spans stamped.
 */
static int serve_instead(struct sm_storm_thread *t, struct serve *v)
{
	static const struct sm_change c = {
		.clear = SM_TAG_ZERO | SM_TAG_BLURRED,
		.set = SM_TAG_STAMP,
		.stamps = 1,
	};
	const struct sm_span *s = &v->s;
	int err = serve_begin(v, 0, UFFDIO_REGISTER_MODE_MISSING);
	int end;

	if (err)
		return serve_begun(t, err);
	sm_touch_before(t);
	sm_span_announce(t, s, c);
	err = sm_span_advise(s, sm_span_anon(s) ? MADV_DONTNEED : MADV_REMOVE);
	if (!err) {
		sm_span_commit(t, s);
		serve_use(t, s);
	}
	end = serve_end(v);
	if (err || end)
		sm_span_blur(t, s);
	serve_close(v);
	t->counted = !err && !end && v->served;
	if (end)
		return sm_span_replace(t, s);
	return err;
}

static int serve_missing(struct sm_storm_thread *t, const struct sm_span *s)
{
	const size_t len = s->end - s->start;
	void *p = mmap((void *)t->scratch, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	struct serve v = { .s = *s, .from = t->scratch };
	int err;

	if (p == MAP_FAILED)
		return -errno;
	sm_span_stamp_at(t, s, t->scratch);
	err = serve_instead(t, &v);
	if (munmap(p, len) < 0 && !err)
		err = -errno;
	return err;
}

/* Nothing changes for the owner: what is in the page cache is what is served. */
static int serve_minor(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct serve v = { .s = *s };
	int err = serve_begin(&v, UFFD_FEATURE_MINOR_SHMEM,
			      UFFDIO_REGISTER_MODE_MINOR);

	if (err)
		return serve_begun(t, err);
	sm_touch_before(t);
	err = sm_span_advise(s, MADV_DONTNEED);
	if (!err)
		serve_use(t, s);
	t->counted = !serve_end(&v) && !err && v.served;
	serve_close(&v);
	return err;
}

static const char *serve_no_missing(const struct sm_need *n)
{
	return sm_uffd_lacks(n, 0);
}

static const char *serve_no_minor(const struct sm_need *n)
{
	return sm_uffd_lacks(n, UFFD_FEATURE_MINOR_SHMEM);
}

const struct sm_op sm_ops_uffd_serve[] = {
	{
		.name = "uffd-missing",
		.class = "advise",
		.about = "has a userfaultfd serve pages that are gone (UFFDIO_COPY)",
		/* Of a large folio of shmem a hole is pages of zeroes, and nothing missing. */
		.memory = SM_MEM_ANY_ANON | SM_BIT(SM_MEM_SHMEM),
		.slow = true,
		.rare = true,
		.needs_root = true,
		.not_pinned = "a page that is pinned is never missing",
		.emitters = { "zap_page_range_single", NULL },
		.needs = { {
			.lacks = serve_no_missing,
			.why = "no userfaultfd (CONFIG_USERFAULTFD)",
		} },
		.apply = serve_missing,
	},
	{
		.name = "uffd-minor",
		.class = "advise",
		.about = "has a userfaultfd map pages from the page cache (UFFDIO_CONTINUE)",
		.memory = SM_MEM_ANY_SHMEM,
		.slow = true,
		.rare = true,
		.needs_root = true,
		.emitters = { "zap_page_range_single", NULL },
		.needs = { {
			.lacks = serve_no_minor,
			.why = "no userfaultfd that maps shmem (Linux 5.14)",
		} },
		.apply = serve_minor,
	},
	{ .name = NULL }
};
