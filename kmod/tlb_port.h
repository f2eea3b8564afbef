/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The little that tlb.c needs of its surroundings, so that the same file is
 * the module's table in the kernel and the unit under test on the host.
 */
#ifndef SM_TLB_PORT_H
#define SM_TLB_PORT_H

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#define sm_port_zalloc(size)	alloc_pages_exact(size, GFP_KERNEL_ACCOUNT | \
						  __GFP_ZERO)
#define sm_port_free(p, size)	free_pages_exact(p, size)
#define sm_port_calloc(n, size)	kvcalloc(n, size, GFP_KERNEL_ACCOUNT)
#define sm_port_cfree(p)	kvfree(p)

#else

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE) /* as the kernel's */
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE) /* likewise */
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define cmpxchg(p, old, new)	__sync_val_compare_and_swap(p, old, new)
#define BIT(n)			(1UL << (n))

#define sm_port_zalloc(size)	calloc(1, size)
#define sm_port_free(p, size)	((void)(size), free(p))
#define sm_port_calloc(n, size)	calloc(n, size)
#define sm_port_cfree(p)	free(p)

#endif /* __KERNEL__ */

#endif /* SM_TLB_PORT_H */
