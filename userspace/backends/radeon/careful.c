// SPDX-License-Identifier: GPL-2.0-only
/* What is known of radeon, and avoided: see careful.h. */
#ifdef HAVE_DRM

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "careful.h"
#include "judge/known.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23	/* Linux 5.14 */
#endif

#ifndef PROCMAP_QUERY			/* Linux 6.11 */
#define PROCMAP_QUERY		_IOWR('f', 17, struct procmap_query)
#define PROCMAP_QUERY_VMA_WRITABLE	2
#define PROCMAP_QUERY_VMA_SHARED	8

struct procmap_query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};
#endif

static bool careful_avoids(const struct radeon_state *s, enum sm_known known)
{
	return s->host->scene->spec->avoid & SM_BIT(known);
}

int radeon_careful_open(struct radeon_state *s)
{
	s->maps = -1;
	if (!careful_avoids(s, SM_KNOWN_RADEON_PIN))
		return 0;
	s->maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	return s->maps < 0 ? -errno : 0;
}

void radeon_careful_close(struct radeon_state *s)
{
	if (s->maps >= 0)
		close(s->maps);
}

static bool careful_pauses(const struct radeon_lane *l)
{
	return l->agent && (careful_avoids(l->s, SM_KNOWN_RADEON_PIN) ||
			    careful_avoids(l->s, SM_KNOWN_RADEON_RACE));
}

bool radeon_careful_begin(struct radeon_lane *l)
{
	return !careful_pauses(l) || sm_gate_pause(l->s->host->gate);
}

void radeon_careful_end(struct radeon_lane *l)
{
	if (careful_pauses(l))
		sm_gate_resume(l->s->host->gate);
}

/*
 * One private anonymous mapping that may be written to. Of a kernel that cannot be asked
 * single pages are taken alone, and the arena is private and anonymous.
 */
static bool careful_mapping(const struct radeon_state *s, uint64_t va,
			    struct radeon_bounds *in)
{
	struct procmap_query q = { .size = sizeof(q), .query_addr = va };

	if (ioctl(s->maps, PROCMAP_QUERY, &q) < 0)
		return errno == ENOTTY && in->high - in->low == SM_PAGE_SIZE;
	if (in->low < q.vma_start)
		in->low = q.vma_start;
	if (in->high > q.vma_end)
		in->high = q.vma_end;
	return !q.inode && (q.vma_flags & PROCMAP_QUERY_VMA_WRITABLE) &&
	       !(q.vma_flags & PROCMAP_QUERY_VMA_SHARED);
}

bool radeon_careful_bounds(const struct radeon_state *s, uint64_t va,
			   bool alone, struct radeon_bounds *in)
{
	uint64_t size = alone ? SM_PAGE_SIZE : SM_GRANULE_SIZE;

	in->low = va & ~(size - 1);
	in->high = in->low + size;
	return s->maps < 0 || careful_mapping(s, va, in);
}

/* The kernel looks the pages up in the same way as for the driver. */
bool radeon_careful_takes(const struct radeon_state *s,
			  const struct sm_userptr *b)
{
	return s->maps < 0 || !madvise((void *)b->start, b->end - b->start,
				       MADV_POPULATE_WRITE);
}

bool radeon_careful_guards(const struct radeon_state *s)
{
	return !sm_set_empty(&s->host->scene->spec->defects) ||
	       !careful_avoids(s, SM_KNOWN_RADEON_PIN) ||
	       !careful_avoids(s, SM_KNOWN_RADEON_RACE);
}

#endif /* HAVE_DRM */
