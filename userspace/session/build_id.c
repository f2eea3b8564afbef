// SPDX-License-Identifier: GPL-2.0-only
/* The build id of a program, a module or the kernel: see build_id.h. */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build_id.h"

#define MOST	8192	/* bytes of notes; the kernel has some hundred */

struct build_id {
	char *id;
	size_t size;
	bool found;
};

static size_t align(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static bool print_id(const unsigned char *desc, size_t len, char *id, size_t size)
{
	size_t i;

	if (!len || size < 2 * len + 1)
		return false;
	for (i = 0; i < len; i++)
		snprintf(id + 2 * i, 3, "%02x", desc[i]);
	return true;
}

bool sm_build_id_of_notes(const void *notes, size_t len, char *id, size_t size)
{
	const unsigned char *p = notes;
	size_t name, desc;
	Elf64_Nhdr n;

	for (; len >= sizeof(n); p += name + desc, len -= name + desc) {
		memcpy(&n, p, sizeof(n));
		p += sizeof(n);
		len -= sizeof(n);
		name = align(n.n_namesz);
		desc = align(n.n_descsz);
		if (name > len || desc > len - name)
			return false;
		if (n.n_type == NT_GNU_BUILD_ID && n.n_namesz == 4 &&
		    !memcmp(p, "GNU", 4))
			return print_id(p + name, n.n_descsz, id, size);
	}
	return false;
}

bool sm_build_id_of_file(const char *path, char *id, size_t size)
{
	char notes[MOST];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, notes, sizeof(notes));
	close(fd);
	return n > 0 && sm_build_id_of_notes(notes, n, id, size);
}

/* The first object is the program itself; there is no need to look at others. */
static int look(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct build_id *b = arg;
	unsigned int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum && !b->found; i++) {
		Elf64_Phdr h = info->dlpi_phdr[i];

		if (h.p_type == PT_NOTE)
			b->found = sm_build_id_of_notes((void *)(info->dlpi_addr +
								 h.p_vaddr),
							h.p_memsz, b->id, b->size);
	}
	return 1;
}

bool sm_build_id_of_program(char *id, size_t size)
{
	struct build_id b = { .id = id, .size = size };

	dl_iterate_phdr(look, &b);
	return b.found;
}
