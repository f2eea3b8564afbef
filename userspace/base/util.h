/* SPDX-License-Identifier: GPL-2.0-only */
/* Small things that everything here needs: time, atomics, reading sysfs. */
#ifndef SM_UTIL_H
#define SM_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define SM_NSEC			1000000000ULL
#define SM_MSEC			1000000ULL
#define SM_USEC			1000ULL

#define SM_PAGE_SHIFT		12
#define SM_PAGE_SIZE		4096ULL
#define SM_PAGE_WORDS		(SM_PAGE_SIZE / 8)
#define SM_GRANULE_PAGES	512U

#define SM_BIT(n)		(1ULL << (n))
#define SM_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/*
 * Memory order by name. sm_fence() orders a store before a later load or
 * system call, which release and acquire do not.
 */
#define sm_read(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#define sm_write(p, v)		__atomic_store_n(p, v, __ATOMIC_RELAXED)
#define sm_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define sm_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define sm_add(p, n)		__atomic_fetch_add(p, n, __ATOMIC_RELAXED)
#define sm_fence()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define sm_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)

/* A counter with one writer, read by others: no locked instruction. */
static inline void sm_count(uint64_t *p, uint64_t n)
{
	sm_write(p, sm_read(p) + n);
}

uint64_t sm_util_now(void);
void sm_util_nap(uint64_t ns);
int sm_util_read_at(int dir, const char *path, char *buf, size_t size);
int sm_util_read_file(const char *path, char *buf, size_t size);
uint64_t sm_util_read_u64(const char *path, uint64_t otherwise);
int sm_util_write_file(const char *path, const char *text);
double sm_util_median(double *values, unsigned int nr);
void sm_util_human(uint64_t bytes, char *buf, size_t size);

#endif /* SM_UTIL_H */
