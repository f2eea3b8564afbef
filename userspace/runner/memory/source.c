// SPDX-License-Identifier: GPL-2.0-only
/* Kinds of memory: see source.h. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/util.h"
#include "source.h"

#define DISK		"/var/tmp"
#define DISK_SPARE	3	/* arenas that have to fit */
#define DAX_SPARE	2
#define MOUNTS		"/proc/self/mounts"

#define HUGETLB		"/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define HUGETLB_1G	"/sys/kernel/mm/hugepages/hugepages-1048576kB/"
#define HUGETLB_SPARE	16	/* pages of 2 MiB, besides as many again as the arena has */

static int source_syscall(long ret)
{
	return ret < 0 ? -errno : ret;
}

static int source_config(int fs, unsigned int cmd, const char *key,
			 const char *value)
{
	return source_syscall(syscall(SYS_fsconfig, fs, cmd, key, value, 0));
}

/* A tmpfs of our own that is mounted nowhere: it dies with its last file. */
static int source_mount_huge(void)
{
	int fs, mnt;

	fs = source_syscall(syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC));
	if (fs < 0)
		return fs;
	mnt = source_config(fs, FSCONFIG_SET_STRING, "huge", "always");
	if (!mnt)
		mnt = source_config(fs, FSCONFIG_SET_STRING, "size", "0");
	if (!mnt)
		mnt = source_config(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
	if (!mnt)
		mnt = source_syscall(syscall(SYS_fsmount, fs,
					     FSMOUNT_CLOEXEC, 0));
	close(fs);
	return mnt;
}

static int source_open_huge(void)
{
	int mnt = source_mount_huge();
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
static int source_suits(int fd, uint64_t bytes)
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
int sm_source_disk(uint64_t bytes)
{
	int fd = source_syscall(open(DISK, O_TMPFILE | O_RDWR | O_CLOEXEC,
				    0600));
	int err;

	if (fd < 0)
		return fd;
	err = source_suits(fd, bytes);
	if (!err)
		return fd;
	close(fd);
	return err;
}

bool sm_source_has_thp(void)
{
	char enabled[64];

	return sm_util_read_file(SM_SOURCE_THP, enabled, sizeof(enabled)) > 0 &&
	       !strstr(enabled, "[never]");
}

/* Does madvise() drop it? One that is not there will do to ask. */
static int source_drop_hugetlb(enum sm_memory kind)
{
	unsigned int shift = sm_source_shift(kind);
	size_t size = 1UL << shift;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			       MAP_HUGETLB | shift << MAP_HUGE_SHIFT, -1, 0);
	int err = 0;

	if (p == MAP_FAILED)
		return -errno;
	if (madvise(p, size, MADV_DONTNEED) < 0)
		err = -EPROTONOSUPPORT;
	munmap(p, size);
	return err;
}

const char *sm_source_no_drop(void)
{
	return source_drop_hugetlb(SM_MEM_HUGETLB) == -EPROTONOSUPPORT ?
		       "hugetlb cannot be dropped (MADV_DONTNEED, Linux 5.18)" :
		       NULL;
}

/* Set while there is one thread, and later to what it is. */
static bool hugetlb_stays;

bool sm_source_drops(enum sm_memory kind)
{
	return !hugetlb_stays || !(SM_BIT(kind) & SM_MEM_ANY_HUGETLB);
}

static bool source_has_hugetlb(enum sm_memory kind, uint64_t need)
{
	bool giant = kind == SM_MEM_HUGETLB_1G;
	uint64_t free, reserved;

	free = sm_util_read_u64(giant ? HUGETLB_1G "free_hugepages" :
					HUGETLB "free_hugepages", 0);
	reserved = sm_util_read_u64(giant ? HUGETLB_1G "resv_hugepages" :
					    HUGETLB "resv_hugepages", 0);
	return free >= reserved + need;
}

/*
 * Twice the arena: pages that others still hold while new ones are reserved, those
 * that a child and a victim get, and where pages are moved to. Giant ones have no
 * victim.
 */
static int source_open_hugetlb(enum sm_memory kind, uint64_t bytes)
{
	uint64_t pages = bytes >> sm_source_shift(kind);
	bool giant = kind == SM_MEM_HUGETLB_1G;
	int err;

	if (access(giant ? HUGETLB_1G : HUGETLB, F_OK))
		return -EOPNOTSUPP;
	if (!source_has_hugetlb(kind, 2 * pages + (giant ? 0 : HUGETLB_SPARE)))
		return -ENOMEM;
	err = source_drop_hugetlb(kind);
	if (err && err != -EPROTONOSUPPORT)
		return err;
	hugetlb_stays = err == -EPROTONOSUPPORT;
	if (SM_BIT(kind) & SM_MEM_ANY_PRIVATE)
		return -1;
	return source_syscall(memfd_create("stalemate", MFD_CLOEXEC | MFD_HUGETLB |
					 21U << MAP_HUGE_SHIFT));
}

/* As much as the arena has; no page is there yet, so it costs nothing. */
static int source_try_locked(uint64_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int err = 0;

	if (p == MAP_FAILED)
		return -errno;
	if (mlock2(p, bytes, MLOCK_ONFAULT) < 0)
		err = -EPERM;
	else if (madvise(p, bytes, sm_source_drop(SM_MEM_ANON_LOCKED)) < 0)
		err = -EPROTONOSUPPORT;
	munmap(p, bytes);
	return err;
}

/* "dax", and "dax=always" of younger kernels; "dax=inode" leaves it to each file. */
static bool source_is_dax(const struct mntent *m)
{
	const char *option = hasmntopt(m, "dax");

	return option && (!option[3] || option[3] == ',' ||
			  !strncmp(option + 3, "=always", 7));
}

/* A file without a name where the first file system is that says so. */
static int source_open_dax(uint64_t bytes)
{
	FILE *mounts = setmntent(MOUNTS, "re");
	int fd = -ENOENT;
	struct statfs fs;
	struct mntent *m;

	while (mounts && fd == -ENOENT && (m = getmntent(mounts)))
		if (source_is_dax(m))
			fd = source_syscall(open(m->mnt_dir,
						 O_TMPFILE | O_RDWR | O_CLOEXEC,
						 0600));
	if (mounts)
		endmntent(mounts);
	if (fd < 0 || (!fstatfs(fd, &fs) &&
		       fs.f_bavail * (uint64_t)fs.f_bsize >= DAX_SPARE * bytes))
		return fd;
	close(fd);
	return -ENOSPC;
}

/* "always inherit [madvise] never"; of shared memory "within_size" and "advise". */
static bool source_is_on(const char *path)
{
	static const char *const on[] = { "[always]", "[madvise]", "[advise]",
					  "[within_size]" };
	char text[128];
	unsigned int i;

	if (sm_util_read_file(path, text, sizeof(text)) <= 0)
		return false;
	for (i = 0; i < SM_ARRAY_SIZE(on); i++)
		if (strstr(text, on[i]))
			return true;
	return false;
}

/* Whoever allowed it has had all sizes switched on by now. */
static int source_find_mthp(enum sm_memory kind)
{
	int err = -ENODEV;
	glob_t found;
	size_t i;

	if (glob(sm_memory_switches[kind].files, GLOB_BRACE, NULL, &found))
		return -EOPNOTSUPP;
	for (i = 0; i < found.gl_pathc && err; i++)
		if (source_is_on(found.gl_pathv[i]))
			err = 0;
	globfree(&found);
	return err;
}

int sm_source_open(enum sm_memory kind, uint64_t bytes, int *fd)
{
	int err = 0;

	*fd = -1;
	if ((SM_BIT(kind) & SM_MEM_ANY_THP) && !sm_source_has_thp())
		return -EOPNOTSUPP;
	if (SM_BIT(kind) & SM_MEM_ANY_MTHP)
		err = source_find_mthp(kind);
	if (kind == SM_MEM_ANON_LOCKED)
		err = source_try_locked(bytes);
	if (err)
		return err;
	switch (kind) {
	case SM_MEM_SHMEM:
	case SM_MEM_SHMEM_MTHP:
		*fd = source_syscall(memfd_create("stalemate", MFD_CLOEXEC));
		break;
	case SM_MEM_SHMEM_THP:
		*fd = source_open_huge();
		break;
	case SM_MEM_FILE:
	case SM_MEM_FILE_PRIVATE:
		*fd = sm_source_disk(bytes);
		break;
	case SM_MEM_HUGETLB:
	case SM_MEM_HUGETLB_SHARED:
	case SM_MEM_HUGETLB_1G:
		*fd = source_open_hugetlb(kind, bytes);
		break;
	case SM_MEM_DAX:
		*fd = source_open_dax(bytes);
		break;
	default:
		return 0;
	}
	if (*fd == -1 &&
	    (SM_BIT(kind) & SM_MEM_ANY_HUGETLB & SM_MEM_ANY_PRIVATE))
		return 0;
	if (*fd < 0)
		return *fd;
	return ftruncate(*fd, bytes) < 0 ? -errno : 0;
}

bool sm_source_spare(enum sm_memory kind, uint64_t pages)
{
	return !(SM_BIT(kind) & SM_MEM_HUGETLB_2M) ||
	       source_has_hugetlb(kind, HUGETLB_SPARE + pages);
}

static const char *source_why_file(int err)
{
	switch (err) {
	case -ENODEV:
		return DISK " is in memory";
	case -ENOSPC:
		return DISK " has less than three times the arena free";
	case -EOPNOTSUPP:
		return DISK " cannot have unnamed files, or holes in them";
	case -ENOENT:
		return "there is no " DISK;
	case -EACCES:
		return "no permission to write to " DISK;
	default:
		return strerror(-err);
	}
}

static const char *source_why_dax(int err)
{
	switch (err) {
	case -ENOENT:
		return "no file system is mounted with dax: mount one of /dev/pmem* so (memmap=)";
	case -ENOSPC:
		return "the file system with dax has less than twice the arena free";
	default:
		return strerror(-err);
	}
}

static const char *source_why_giant(int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return "no hugetlb pages of 1 GiB (pdpe1gb of the processor)";
	case -ENOMEM:
		return "too few free in " HUGETLB_1G
		       "nr_hugepages: twice the arena";
	case -EDOM:
		return "alone, and with whole GiB for each thread: --threads 1 --arena 1G";
	default:
		return NULL;
	}
}

static const char *source_why_hugetlb(enum sm_memory kind, int err)
{
	const char *why = kind == SM_MEM_HUGETLB_1G ? source_why_giant(err) :
						      NULL;

	if (why)
		return why;
	switch (err) {
	case -EOPNOTSUPP:
		return "no hugetlb pages of 2 MiB (CONFIG_HUGETLBFS)";
	case -ENOMEM:
		return "too few free in " HUGETLB
		       "nr_hugepages: twice the arena, and 16";
	default:
		return strerror(-err);
	}
}

static const char *source_why_locked(int err)
{
	switch (err) {
	case -EPERM:
		return "so much may not be locked (ulimit -l)";
	case -EPROTONOSUPPORT:
		return "what is locked cannot be dropped (MADV_DONTNEED_LOCKED, Linux 5.18)";
	default:
		return strerror(-err);
	}
}

static const char *source_why_mthp(enum sm_memory kind, int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return kind == SM_MEM_SHMEM_MTHP ?
			       "no huge tmpfs pages below 2 MiB (Linux 6.11)" :
			       "no huge pages below 2 MiB (Linux 6.8)";
	case -ENODEV:
		return "those below 2 MiB are off (" SM_SOURCE_MTHP
		       "), and switched on with --allow-machine";
	default:
		return strerror(-err);
	}
}

const char *sm_source_why(enum sm_memory kind, int err)
{
	if (SM_BIT(kind) & SM_MEM_ANY_MTHP)
		return source_why_mthp(kind, err);
	if (SM_BIT(kind) & SM_MEM_ON_DISK)
		return source_why_file(err);
	if (SM_BIT(kind) & SM_MEM_ANY_HUGETLB)
		return source_why_hugetlb(kind, err);
	if (kind == SM_MEM_DAX)
		return source_why_dax(err);
	if (kind == SM_MEM_ANON_LOCKED)
		return source_why_locked(err);
	if (err == -EOPNOTSUPP)
		return SM_SOURCE_NO_THP;
	if (err == -EPERM && kind == SM_MEM_SHMEM_THP)
		return "a tmpfs of our own needs root (CAP_SYS_ADMIN)";
	return strerror(-err);
}

const char *sm_source_no_disk(void)
{
	int fd = sm_source_disk(SM_GRANULE_SIZE);

	if (fd < 0)
		return source_why_file(fd);
	close(fd);
	return NULL;
}
