// SPDX-License-Identifier: GPL-2.0-only
/* Kernel symbols kept in a file: see symbols_kept.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols_kept.h"

/* What the file begins with; the tables of struct sm_symbols follow one another. */
struct kept_head {
	uint64_t key;
	uint64_t nr;
	uint64_t buckets;
	uint64_t pool_len;
};

static bool kept_write(FILE *f, const struct sm_symbols *s, uint64_t key)
{
	const struct kept_head head = {
		.key = key,
		.nr = s->nr,
		.buckets = s->buckets,
		.pool_len = s->pool_len,
	};

	return fwrite(&head, sizeof(head), 1, f) == 1 &&
	       fwrite(s->sym, sizeof(*s->sym), s->nr, f) == s->nr &&
	       fwrite(s->bucket, sizeof(*s->bucket), s->buckets, f) == s->buckets &&
	       fwrite(s->next, sizeof(*s->next), s->nr, f) == s->nr &&
	       fwrite(s->pool, 1, s->pool_len, f) == s->pool_len;
}

/* Others may do so at the same time: each has a file of its own until it is whole. */
void sm_symbols_keep(const struct sm_symbols *s, const char *path, uint64_t key)
{
	char *own = NULL;
	FILE *f = NULL;
	int fd = -1;
	bool whole;

	if (asprintf(&own, "%s.XXXXXX", path) < 0)
		return;
	fd = mkostemp(own, O_CLOEXEC);
	if (fd >= 0)
		f = fdopen(fd, "w");
	if (f) {
		whole = kept_write(f, s, key);
		whole = !fclose(f) && whole;
		if (!whole || rename(own, path) < 0)
			unlink(own);
	} else if (fd >= 0) {
		close(fd);
		unlink(own);
	}
	free(own);
}

/* Tables that lie behind a head that says so. */
static bool kept_fits(struct sm_symbols *s, uint64_t key)
{
	const struct kept_head *head = s->map;
	uint64_t most = s->map_size / sizeof(*s->next);

	if (s->map_size < sizeof(*head) || head->key != key || !head->nr ||
	    head->nr > most || head->buckets > most || head->pool_len > s->map_size)
		return false;
	s->nr = head->nr;
	s->buckets = head->buckets;
	s->pool_len = head->pool_len;
	s->sym = (struct sm_symbol *)(head + 1);
	s->bucket = (uint32_t *)(s->sym + s->nr);
	s->next = s->bucket + s->buckets;
	s->pool = (char *)(s->next + s->nr);
	return s->pool + s->pool_len == (char *)s->map + s->map_size;
}

struct sm_symbols *sm_symbols_recall(const char *path, uint64_t key)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct sm_symbols *s = calloc(1, sizeof(*s));
	struct stat st;

	if (s && fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && st.st_size > 0) {
		s->map_size = st.st_size;
		s->map = mmap(NULL, s->map_size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	if (fd >= 0)
		close(fd);
	if (s && s->map && s->map != MAP_FAILED && kept_fits(s, key))
		return s;
	if (s && s->map && s->map != MAP_FAILED)
		munmap(s->map, s->map_size);
	free(s);
	return NULL;
}
