// SPDX-License-Identifier: GPL-2.0-only
/* Memory by its PFN: see physmem.h. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "physmem.h"
#include "util.h"

/* Of other mappings than that of all memory the physical address is this. */
#define PHYSMEM_NONE	UINT64_MAX

static void physmem_add(struct sm_physmem *m, const Elf64_Phdr *p)
{
	if (p->p_type != PT_LOAD || p->p_paddr == PHYSMEM_NONE ||
	    m->nr == SM_PHYSMEM_RANGES)
		return;
	m->range[m->nr].start = p->p_paddr;
	m->range[m->nr].size = p->p_memsz;
	m->range[m->nr].offset = p->p_offset;
	m->nr++;
}

static int physmem_read(const struct sm_physmem *m, void *buf, size_t size,
			uint64_t offset)
{
	ssize_t n = pread(m->fd, buf, size, offset);

	if (n < 0)
		return -errno;
	return n == (ssize_t)size ? 0 : -EIO;
}

int sm_physmem_open(struct sm_physmem *m)
{
	Elf64_Ehdr head;
	Elf64_Phdr p;
	unsigned int i;
	int err;

	memset(m, 0, sizeof(*m));
	m->fd = open(SM_PHYSMEM, O_RDONLY | O_CLOEXEC);
	if (m->fd < 0)
		return -errno;
	err = physmem_read(m, &head, sizeof(head), 0);
	if (!err && (memcmp(head.e_ident, ELFMAG, SELFMAG) ||
		     head.e_ident[EI_CLASS] != ELFCLASS64))
		err = -ENOEXEC;
	for (i = 0; !err && i < head.e_phnum; i++) {
		err = physmem_read(m, &p, sizeof(p),
				   head.e_phoff + i * sizeof(p));
		if (!err)
			physmem_add(m, &p);
	}
	if (!err && !m->nr)
		err = -ENODATA;
	if (err)
		sm_physmem_close(m);
	return err;
}

bool sm_physmem_word(const struct sm_physmem *m, uint64_t pfn,
		     unsigned int word, uint64_t *value)
{
	uint64_t at = (pfn << SM_PAGE_SHIFT) + word * sizeof(*value);
	unsigned int i;

	for (i = 0; m->fd >= 0 && i < m->nr; i++)
		if (at - m->range[i].start < m->range[i].size)
			return !physmem_read(m, value, sizeof(*value),
					     m->range[i].offset + at -
						     m->range[i].start);
	return false;
}

void sm_physmem_close(struct sm_physmem *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}
