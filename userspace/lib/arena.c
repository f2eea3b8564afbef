// SPDX-License-Identifier: GPL-2.0-only
/* The arena: layout, shared memory files, and mapping pages of a kind. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "arena.h"
#include "tables.h"
#include "util.h"

#define DISK		"/var/tmp"
#define DISK_SPARE	3	/* arenas that have to fit */

static int arena_syscall(long ret)
{
	return ret < 0 ? -errno : ret;
}

/* A tmpfs of our own that is mounted nowhere: it dies with its last file. */
static int arena_mount_huge(void)
{
	int fs, mnt, err;

	fs = arena_syscall(syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC));
	if (fs < 0)
		return fs;
	err = arena_syscall(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING,
				    "huge", "always", 0));
	if (!err)
		err = arena_syscall(syscall(SYS_fsconfig, fs,
					    FSCONFIG_SET_STRING, "size", "0",
					    0));
	if (!err)
		err = arena_syscall(syscall(SYS_fsconfig, fs,
					    FSCONFIG_CMD_CREATE, NULL, NULL,
					    0));
	mnt = err;
	if (!err)
		mnt = arena_syscall(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
					    0));
	close(fs);
	return mnt;
}

static int arena_open_huge(void)
{
	int mnt = arena_mount_huge();
	int fd;

	if (mnt < 0)
		return mnt;
	fd = openat(mnt, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = -errno;
	close(mnt);
	return fd;
}

/*
 * Is this a file system that writes back, and can punch holes? One that allocates
 * late, as ext4 does, needs room to spare: where less than twice of what is dirty
 * is free, a fault waits until all of it is written back, which nobody can tell
 * from a thread that hangs.
 */
static int arena_suits(int fd, uint64_t bytes)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		return -ENODEV;
	if (fs.f_bavail * (uint64_t)fs.f_bsize < DISK_SPARE * bytes)
		return -ENOSPC;
	if (ftruncate(fd, bytes) < 0)
		return -errno;
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			 SM_PAGE_SIZE) < 0 ? -errno : 0;
}

/* Where programs keep what is large and not for memory. */
static int arena_open_file(uint64_t bytes)
{
	int fd = arena_syscall(open(DISK, O_TMPFILE | O_RDWR | O_CLOEXEC,
				    0600));
	int err;

	if (fd < 0)
		return fd;
	err = arena_suits(fd, bytes);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* sm_arena_has_thp() - can there be huge pages? */
bool sm_arena_has_thp(void)
{
	char enabled[64];

	return sm_util_read_file(SM_ARENA_THP, enabled, sizeof(enabled)) > 0 &&
	       !strstr(enabled, "[never]");
}

/* Open what a kind needs; a negative errno means there is no such memory. */
static int arena_open_kind(struct sm_arena *a, enum sm_memory kind)
{
	int fd = -1;

	if (sm_arena_is(kind, SM_MEM_ANY_THP) && !sm_arena_has_thp())
		return -EOPNOTSUPP;
	if (kind == SM_MEM_SHMEM)
		fd = arena_syscall(memfd_create("stalemate", MFD_CLOEXEC));
	else if (kind == SM_MEM_SHMEM_THP)
		fd = arena_open_huge();
	else if (kind == SM_MEM_FILE)
		fd = arena_open_file(a->end - a->start);
	else
		return 0;
	if (fd < 0)
		return fd;
	a->files[kind] = fd;
	return ftruncate(fd, a->end - a->start) < 0 ? -errno : 0;
}

static const char *arena_why(enum sm_memory kind, int err)
{
	if (err == -EOPNOTSUPP && kind != SM_MEM_FILE)
		return SM_ARENA_NO_THP;
	if (err == -ENODEV && kind == SM_MEM_FILE)
		return DISK " is in memory";
	if (err == -ENOSPC && kind == SM_MEM_FILE)
		return DISK " has less than three times the arena free";
	if (err == -EOPNOTSUPP)
		return DISK " cannot have unnamed files, or holes in them";
	if (err == -ENOENT && kind == SM_MEM_FILE)
		return "there is no " DISK;
	if (err == -EACCES && kind == SM_MEM_FILE)
		return "no permission to write to " DISK;
	if (err == -EPERM && kind == SM_MEM_SHMEM_THP)
		return "a tmpfs of our own needs root (CAP_SYS_ADMIN)";
	return strerror(-err);
}

/* sm_arena_no_disk() - why no file is written back, or NULL if one can be. */
const char *sm_arena_no_disk(void)
{
	int fd = arena_open_file(SM_GRANULE_SIZE);

	if (fd < 0)
		return arena_why(SM_MEM_FILE, fd);
	close(fd);
	return NULL;
}

static void arena_note(char *why, size_t size, enum sm_memory kind, int err)
{
	size_t used = strlen(why);

	snprintf(why + used, size - used, "%sno %s memory: %s",
		 used ? "; " : "", sm_memory_names[kind],
		 arena_why(kind, err));
}

static int arena_open(struct sm_arena *a, unsigned int memory, char *why,
		      size_t size)
{
	unsigned int kind;
	int err;

	for (kind = 0; kind < SM_MEM_NR; kind++) {
		if (!sm_arena_is(kind, memory))
			continue;
		err = arena_open_kind(a, kind);
		if (err)
			arena_note(why, size, kind, err);
		else
			a->memory |= 1U << kind;
	}
	return a->memory ? 0 : -EOPNOTSUPP;
}

static enum sm_memory arena_nth_kind(unsigned int memory, unsigned int n)
{
	unsigned int kind;

	n %= __builtin_popcount(memory);
	for (kind = 0; kind < SM_MEM_NR; kind++)
		if (sm_arena_is(kind, memory) && !n--)
			break;
	return kind;
}

/*
 * Kind of granule @i of the @nr in a slice: blocks in turn, or, if there are
 * fewer granules than kinds, single granules that go on in the next slice.
 */
static enum sm_memory arena_kind_of(const struct sm_arena *a,
				    unsigned int slice, uint64_t i, uint64_t nr)
{
	unsigned int kinds = __builtin_popcount(a->memory);

	if (nr >= kinds)
		return arena_nth_kind(a->memory, slice + i * kinds / nr);
	return arena_nth_kind(a->memory, slice * nr + i);
}

static void arena_lay_out(struct sm_arena *a, unsigned int slices)
{
	uint64_t granules = (a->end - a->start) >> SM_GRANULE_SHIFT;
	uint64_t g, from, to;
	struct sm_region *r = NULL;
	unsigned int s, n = 0;

	for (s = 0; s < slices; s++) {
		from = granules * s / slices;
		to = granules * (s + 1) / slices;
		a->first[s] = n;
		for (g = from; g < to; g++) {
			enum sm_memory kind = arena_kind_of(a, s, g - from,
							    to - from);

			if (g == from || r->kind != kind) {
				r = &a->regions[n++];
				r->start = a->start + (g << SM_GRANULE_SHIFT);
				r->kind = kind;
			}
			r->end = a->start + ((g + 1) << SM_GRANULE_SHIFT);
		}
	}
	a->first[slices] = n;
}

/*
 * sm_arena_init() - open the files and lay out the regions; maps nothing.
 * Kinds that the system does not have are left out and named in @why, which
 * the caller has initialised; if none is left the result is -EOPNOTSUPP.
 */
int sm_arena_init(struct sm_arena *a, uint64_t bytes, unsigned int slices,
		  unsigned int memory, char *why, size_t size)
{
	unsigned int i;
	int err;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < SM_MEM_NR; i++)
		a->files[i] = -1;
	a->start = SM_ARENA_START;
	a->end = a->start + bytes;
	err = arena_open(a, memory, why, size);
	if (err)
		return err;
	a->regions = calloc(bytes >> SM_GRANULE_SHIFT, sizeof(*a->regions));
	if (!a->regions)
		return -ENOMEM;
	arena_lay_out(a, slices);
	return 0;
}

void sm_arena_free(struct sm_arena *a)
{
	unsigned int i;

	if (a->mapped)
		munmap((void *)a->start, a->end - a->start);
	for (i = 0; i < SM_MEM_NR; i++)
		if (a->files[i] >= 0)
			close(a->files[i]);
	free(a->regions);
	memset(a, 0, sizeof(*a));
	for (i = 0; i < SM_MEM_NR; i++)
		a->files[i] = -1;
}

static int arena_advise(uint64_t va, uint64_t len, int advice)
{
	return madvise((void *)va, len, advice) < 0 ? -errno : 0;
}

/*
 * sm_arena_map() - map memory of a kind at @va, as it belongs at @page_va
 *
 * The two differ only outside the arena. @flags says MAP_FIXED or
 * MAP_FIXED_NOREPLACE. Anonymous memory is not inherited: a fork copies only
 * what the fork op asks for, else every fork would write protect it all.
 */
int sm_arena_map(const struct sm_arena *a, enum sm_memory kind, uint64_t va,
		 uint64_t page_va, uint64_t len, int flags)
{
	bool anon = sm_arena_is(kind, SM_MEM_ANY_ANON);
	void *p;
	int err;

	flags |= anon ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	flags |= MAP_NORESERVE;
	p = mmap((void *)va, len, PROT_READ | PROT_WRITE, flags, a->files[kind],
		 anon ? 0 : page_va - a->start);
	if (p == MAP_FAILED)
		return -errno;
	if ((uint64_t)p != va) {
		munmap(p, len);
		return -EEXIST;
	}
	err = arena_advise(va, len, sm_arena_is(kind, SM_MEM_ANY_THP) ?
					    MADV_HUGEPAGE :
					    MADV_NOHUGEPAGE);
	/* A kernel without huge pages does not know either advice. */
	if (err == -EINVAL && !sm_arena_is(kind, SM_MEM_ANY_THP))
		err = 0;
	if (!err && anon)
		err = arena_advise(va, len, MADV_DONTFORK);
	return err;
}
