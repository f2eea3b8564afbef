/* SPDX-License-Identifier: GPL-2.0-only */
/* Kinds of memory: what each needs of the machine, and the file it is in. */
#ifndef SM_SOURCE_H
#define SM_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/util.h"
#include "wire.h"

/* Masks of kinds. */
#define SM_MEM_DEFAULT		(SM_BIT(SM_MEM_ANON) | SM_BIT(SM_MEM_SHMEM) | \
				 SM_MEM_ANY_THP)
#define SM_MEM_ANY_ANON		(SM_BIT(SM_MEM_ANON) | SM_BIT(SM_MEM_ANON_THP) | \
				 SM_BIT(SM_MEM_ANON_MTHP))
#define SM_MEM_ANY_SHMEM	(SM_BIT(SM_MEM_SHMEM) | \
				 SM_BIT(SM_MEM_SHMEM_THP) | \
				 SM_BIT(SM_MEM_SHMEM_MTHP))
#define SM_MEM_ANY_THP		(SM_BIT(SM_MEM_ANON_THP) | \
				 SM_BIT(SM_MEM_SHMEM_THP))
#define SM_MEM_ANY_MTHP		(SM_BIT(SM_MEM_ANON_MTHP) | \
				 SM_BIT(SM_MEM_SHMEM_MTHP))
#define SM_MEM_ANY_FILE		(SM_BIT(SM_MEM_FILE) | SM_BIT(SM_MEM_DAX))
#define SM_MEM_ANY_MEMORY	(SM_MEM_ANY_ANON | SM_MEM_ANY_SHMEM)
#define SM_MEM_HUGETLB_2M	(SM_BIT(SM_MEM_HUGETLB) | \
				 SM_BIT(SM_MEM_HUGETLB_SHARED))
#define SM_MEM_ANY_HUGETLB	(SM_MEM_HUGETLB_2M | SM_BIT(SM_MEM_HUGETLB_1G))
#define SM_MEM_ANY_PAGES	(SM_MEM_ANY_MEMORY | SM_MEM_ANY_FILE | \
				 SM_BIT(SM_MEM_FILE_PRIVATE) | \
				 SM_BIT(SM_MEM_ANON_LOCKED))
#define SM_MEM_ANY		(SM_MEM_ANY_PAGES | SM_MEM_ANY_HUGETLB)
/* What a fresh mapping of is empty, and where nobody else sees what is written. */
#define SM_MEM_ANY_PRIVATE	(SM_MEM_ANY_ANON | SM_BIT(SM_MEM_HUGETLB) | \
				 SM_BIT(SM_MEM_FILE_PRIVATE) | \
				 SM_BIT(SM_MEM_ANON_LOCKED) | \
				 SM_BIT(SM_MEM_HUGETLB_1G))
/* Nothing can be done to less than a block of it: see sm_source_shift(). */
#define SM_MEM_ANY_BLOCK	SM_MEM_ANY_HUGETLB
/* Freed pages go back to a pool of their own, and look there as they did before. */
#define SM_MEM_ANY_POOL		(SM_MEM_ANY_HUGETLB | SM_BIT(SM_MEM_DAX))
/* Nobody may hold a page of it for long. */
#define SM_MEM_NOT_PINNED	SM_BIT(SM_MEM_DAX)
/* In a file on a disk, if not for good. */
#define SM_MEM_ON_DISK		(SM_BIT(SM_MEM_FILE) | SM_BIT(SM_MEM_FILE_PRIVATE))
/* Never reclaimed. */
#define SM_MEM_KEPT		(SM_BIT(SM_MEM_DAX) | SM_MEM_ANY_HUGETLB | \
				 SM_BIT(SM_MEM_ANON_LOCKED))
/* Moves to other places of memory. */
#define SM_MEM_MOVES		((SM_MEM_ANY & ~SM_MEM_KEPT) | \
				 SM_BIT(SM_MEM_ANON_LOCKED))

/* Younger than the oldest C library that this is built with. */
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED	24
#endif

/* Whether there can be huge pages, and what to say if not. */
#define SM_SOURCE_THP		"/sys/kernel/mm/transparent_hugepage/enabled"
#define SM_SOURCE_MTHP		"/sys/kernel/mm/transparent_hugepage/hugepages-*kB/"
#define SM_SOURCE_NO_THP							\
	"huge pages are off (" SM_SOURCE_THP ", CONFIG_TRANSPARENT_HUGEPAGE)"

/**
 * sm_source_open() - open what a kind of memory is in
 * @kind: the kind
 * @bytes: room that the arena takes
 * @fd: gets the file, or -1 if it is in none
 *
 * Return: 0, or a negative errno: there is no such memory, see sm_source_why().
 */
int sm_source_open(enum sm_memory kind, uint64_t bytes, int *fd);

/**
 * sm_source_why() - why there is no memory of a kind
 * @kind: the kind
 * @err: what sm_source_open() returned
 *
 * Return: the reason.
 */
const char *sm_source_why(enum sm_memory kind, int err);

/**
 * sm_source_shift() - what is done to memory of a kind is done to whole blocks
 * @kind: one of SM_MEM_ANY_BLOCK
 *
 * Return: the logarithm of their size; of others, that of a granule.
 */
static inline unsigned int sm_source_shift(enum sm_memory kind)
{
	return kind == SM_MEM_HUGETLB_1G ? 30 : SM_GRANULE_SHIFT;
}

/**
 * sm_source_drop() - how private memory is dropped
 * @kind: the kind
 *
 * Return: the advice for madvise().
 */
static inline int sm_source_drop(enum sm_memory kind)
{
	return kind == SM_MEM_ANON_LOCKED ? MADV_DONTNEED_LOCKED :
					    MADV_DONTNEED;
}

/**
 * sm_source_drops() - does madvise() drop memory of a kind that has been opened?
 * @kind: the kind
 *
 * Return: false of hugetlb before Linux 5.18: it is mapped anew.
 */
bool sm_source_drops(enum sm_memory kind);

/**
 * sm_source_no_drop() - why madvise() does not drop hugetlb
 *
 * Return: the reason, or NULL if it does, or if there is none.
 */
const char *sm_source_no_drop(void);

/**
 * sm_source_disk() - a file without a name on a disk
 * @bytes: how long, of which there has to be several times the room
 *
 * Return: a descriptor, or a negative errno.
 */
int sm_source_disk(uint64_t bytes);

/**
 * sm_source_no_disk() - why no file is written back
 *
 * Return: the reason, or NULL if one can be.
 */
const char *sm_source_no_disk(void);

/**
 * sm_source_spare() - may a page, or a block, be lost for good?
 * @kind: the kind
 * @pages: of 2 MiB, how many of a pool of these might go beside it
 *
 * Return: false if it would be missed: its pool has no more to spare than an arena
 * wants.
 */
bool sm_source_spare(enum sm_memory kind, uint64_t pages);

/**
 * sm_source_has_thp() - can there be transparent huge pages?
 *
 * Return: false if not.
 */
bool sm_source_has_thp(void);

#endif /* SM_SOURCE_H */
