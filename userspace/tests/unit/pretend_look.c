// SPDX-License-Identifier: GPL-2.0-only
/* A module that is pretended: looking at mirrors. See pretend.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "pretend.h"

/* What the mirror and the page table were when a granule was last looked at. */
static __thread struct {
	uint64_t va;
	uint64_t cpu[SM_GRANULE_PAGES];
} looked;

static uint64_t entry_of(uint64_t cpu)
{
	return cpu & SM_ENT_PRESENT ? (cpu & SM_ENT_COMPARE) | SM_ENT_WRITE : 0;
}

static int read_pagemap(uint64_t va, unsigned int nr, uint64_t *buf)
{
	int fd = __real_open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : __real_sm_pagemap_read(fd, va, nr, buf);

	if (fd >= 0)
		close(fd);
	return err;
}

/* What was looked at by this thread is what the page table says: nobody tells. */
int __wrap_sm_pagemap_read(int fd, uint64_t va, unsigned int nr, uint64_t *buf)
{
	if (va != looked.va || nr != SM_GRANULE_PAGES)
		return __real_sm_pagemap_read(fd, va, nr, buf);
	memcpy(buf, looked.cpu, sizeof(looked.cpu));
	looked.va = 0;
	return 0;
}

/* The page table is changed behind the mirror's back, but not unannounced. */
static void look_disturbed(void)
{
	unsigned int i;

	for (i = 0; i < SM_GRANULE_PAGES; i++)
		if (looked.cpu[i] & SM_ENT_PRESENT)
			looked.cpu[i] ^= 1;
}

/* One look in eight is disturbed. */
int pretend_snapshot(struct pretend *p, int fd, struct sm_ioc_snapshot *s)
{
	struct pretend_mirror *m = pretend_mirror_of(p, s->id);
	uint64_t i, nr = (s->end - s->start) >> SM_PAGE_SHIFT;
	uint64_t *buf = (uint64_t *)s->buf;
	bool odd;
	int err;

	s->present = 0;
	if (pretend_foreign(p) == -ESRCH) {
		memset(buf, 0, nr * sizeof(*buf));
		return 0;
	}
	if (!m || pretend_foreign(p))
		return m ? -EPERM : -ENOENT;
	if (pretend_is("no-snapshot"))
		return -EFAULT;
	sm_count(&m->used, 1);
	odd = sm_read(&m->used) % 8 == 0;
	if (odd)
		pretend_event(p, fd, s->start, false);
	err = read_pagemap(s->start, nr, buf);
	/* Of a dead process's memory, not ours. */
	if (p->owner != getpid())
		buf[3] = SM_ENT_PRESENT | 3;
	if (!err && nr == SM_GRANULE_PAGES) {
		looked.va = s->start;
		memcpy(looked.cpu, buf, sizeof(looked.cpu));
	}
	for (i = 0; i < nr && !err; i++) {
		buf[i] = entry_of(buf[i]);
		if (buf[i] && !s->present++ && pretend_shows(m, "pagemap"))
			buf[i] ^= 1;
	}
	if (odd) {
		look_disturbed();
		pretend_event(p, fd, s->start, true);
	}
	pretend_accuse(p, m, s->start);
	return err;
}

int pretend_entry(struct pretend *p, int fd, struct sm_ioc_entry *e)
{
	uint64_t cpu;

	(void)fd;
	if (!pretend_mirror_of(p, e->id) || read_pagemap(e->va, 1, &cpu))
		return -ENOENT;
	e->entry = entry_of(cpu);
	e->gen = 5;
	e->last_inval = 4;
	return 0;
}

int pretend_check(struct pretend *p, int fd, struct sm_ioc_check *c)
{
	(void)fd;
	if (!pretend_mirror_of(p, c->id))
		return -ENOENT;
	c->pages = (c->end - c->start) >> SM_PAGE_SHIFT;
	c->accepted = 1;
	return 0;
}
