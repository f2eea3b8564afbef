/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Ioctls of stalemate_drm.ko: a GPU that does not exist, as a DRM render node
 * whose user pointers mirror process memory.
 *
 * A file has one address space (DRM_IOCTL_STALEMATE_VM_INIT), one queue on each ring,
 * and objects: of shmem (GEM_CREATE), or of user pointers (GEM_USERPTR). Objects are
 * bound to addresses (VM_BIND), and jobs use those (SUBMIT). A binding keeps its
 * object: closing the handle alone does not unbind.
 *
 * There are three modes, chosen with VM_INIT:
 *
 * objects (no flag): a job names the objects that it uses, and its fence is in the
 *	dma_resv of each. An invalidation waits for those fences, but not for longer
 *	than twice the time that one job may take: then the jobs of the file end.
 *	Jobs that were not named with an object cannot use it.
 * long-running (DRM_STALEMATE_VM_LR): jobs have no fence. They use whatever is bound;
 *	an invalidation preempts all of the address space, and a worker makes the
 *	user pointers valid again and lets it go on. No syncobjs.
 * svm (DRM_STALEMATE_VM_SVM): no objects for process memory, addresses are the
 *	process's own, and the GPU faults. Plain objects cannot be bound. Only the
 *	process that called VM_INIT may submit. No syncobjs.
 *
 * Whatever is called reserved or pad is zero, else -EINVAL, and so is an unknown
 * flag. Common errors: -EFAULT a bad pointer; -ENODEV the device was unplugged;
 * -ENOENT no such handle; -ENOMEM; -EINTR or a restart after a signal. All but
 * QUERY, GEM_CREATE, GEM_USERPTR, GEM_INFO, DEFECTS, HOLD and STATS: -EINVAL before
 * VM_INIT.
 */
#ifndef _UAPI_DRM_STALEMATE_DRM_H
#define _UAPI_DRM_STALEMATE_DRM_H

#ifdef __KERNEL__
#include <drm/drm.h>
#else
#include "drm.h"	/* libdrm's */
#endif

#include "stalemate_drm_admin.h"

#if defined(__cplusplus)
extern "C" {
#endif

#define DRM_STALEMATE_QUERY		0x00
#define DRM_STALEMATE_VM_INIT		0x01
#define DRM_STALEMATE_VM_BIND		0x02
#define DRM_STALEMATE_GEM_CREATE	0x03
#define DRM_STALEMATE_GEM_USERPTR	0x04
#define DRM_STALEMATE_GEM_INFO		0x05
#define DRM_STALEMATE_GEM_EVICT		0x06
#define DRM_STALEMATE_SUBMIT		0x07
#define DRM_STALEMATE_WAIT		0x08
#define DRM_STALEMATE_SNAPSHOT		0x09
#define DRM_STALEMATE_DEFECTS		0x0a
#define DRM_STALEMATE_HOLD		0x0b
#define DRM_STALEMATE_STATS		0x0c

/* Bounds of what one call may ask for. */
#define DRM_STALEMATE_MAX_RINGS		4
#define DRM_STALEMATE_MAX_CMDS		256
#define DRM_STALEMATE_MAX_OBJS		256
#define DRM_STALEMATE_MAX_SYNCS		64
#define DRM_STALEMATE_MAX_INFLIGHT	256	/* jobs of a queue */
#define DRM_STALEMATE_MAX_BYTES		(256ULL << 20) /* all commands of a job */
#define DRM_STALEMATE_MAX_OBJECT	(1ULL << 30)
#define DRM_STALEMATE_MAX_VM		(64ULL << 30)
#define DRM_STALEMATE_VA_END		(1ULL << 47)

/* drm_stalemate_query.features */
#define DRM_STALEMATE_HAS_SVM		(1 << 0)
#define DRM_STALEMATE_HAS_TWO_PASS	(1 << 1)	/* invalidation in two passes */

/**
 * struct drm_stalemate_query - what this device offers
 * @rings: out: number of rings
 * @features: out: DRM_STALEMATE_HAS_*
 * @timeout_ms: out: a job that takes longer is killed, and its ring reset
 * @pad: out: zero
 * @defects: out: bitmap of enum drm_stalemate_defect that can be armed here
 */
struct drm_stalemate_query {
	__u32 rings;
	__u32 features;
	__u32 timeout_ms;
	__u32 pad;
	__u64 defects;
};

#define DRM_STALEMATE_VM_LR		(1 << 0)
#define DRM_STALEMATE_VM_SVM		(1 << 1)

/**
 * struct drm_stalemate_vm_init - make the address space of this file, once
 * @flags: 0, or one of DRM_STALEMATE_VM_*
 * @pad: zero
 * @start: its first address, page aligned. In svm mode it is one of the process
 * @size: in bytes, page aligned, at most DRM_STALEMATE_MAX_VM; its end is at most
 *	DRM_STALEMATE_VA_END
 *
 * Errors: -EBUSY there is one; -EOPNOTSUPP svm mode without drm_gpusvm; -EPERM
 * long-running or svm mode without CAP_SYS_ADMIN.
 */
struct drm_stalemate_vm_init {
	__u32 flags;
	__u32 pad;
	__u64 start;
	__u64 size;
};

#define DRM_STALEMATE_BIND_MAP		1
#define DRM_STALEMATE_BIND_UNMAP	2

/**
 * struct drm_stalemate_vm_bind - bind a part of an object to addresses, or unbind
 * @op: DRM_STALEMATE_BIND_MAP, which replaces what was there, or
 *	DRM_STALEMATE_BIND_UNMAP of all that is in the range
 * @handle: MAP: the object; UNMAP: zero
 * @va: first address, page aligned, inside of the address space
 * @offset: MAP: where in the object, page aligned; UNMAP: zero
 * @size: in bytes, page aligned, not zero, inside of object and address space
 *
 * Waits for jobs that use what is replaced or unbound; in the mode long-running it
 * does not, and they end with -EFAULT. Errors: -EOPNOTSUPP svm mode; -ENOSPC there
 * would be more than 65536 bindings: unbinding the middle of one makes it two.
 */
struct drm_stalemate_vm_bind {
	__u32 op;
	__u32 handle;
	__u64 va;
	__u64 offset;
	__u64 size;
};

/**
 * struct drm_stalemate_gem_create - make an object of shmem
 * @size: in bytes, page aligned, not zero, at most DRM_STALEMATE_MAX_OBJECT
 * @flags: zero
 * @handle: out: its handle
 *
 * Its pages are made when it is first used. What a job has used stays in memory until
 * GEM_EVICT, or the object's end, or (unless it is bound in a long-running address
 * space) until memory is short and no job uses it; and what is mapped, until it is not.
 */
struct drm_stalemate_gem_create {
	__u64 size;
	__u32 flags;
	__u32 handle;
};

#define DRM_STALEMATE_USERPTR_READONLY	(1 << 0) /* the GPU never writes to it */
#define DRM_STALEMATE_USERPTR_ANONONLY	(1 << 1) /* no file may be mapped there */
#define DRM_STALEMATE_USERPTR_PROBE	(1 << 2) /* look at once whether it is valid */

/**
 * struct drm_stalemate_gem_userptr - make an object of the caller's memory
 * @addr: first address, page aligned
 * @size: in bytes, page aligned, not zero, at most DRM_STALEMATE_MAX_OBJECT
 * @flags: DRM_STALEMATE_USERPTR_*
 * @handle: out: its handle
 *
 * The object is whatever the caller has mapped there when a job is submitted, also
 * if another process submits. It cannot be exported, or mapped.
 *
 * Errors of PROBE here, and of SUBMIT always (in the mode long-running a job that uses
 * such an object ends with -EFAULT instead): -EFAULT not mapped, or without the
 * permission; -EPERM ANONONLY and a file is there, secret memory, a shadow stack, or
 * a mapping of an object of this device; -ESRCH the process that made it is gone.
 */
struct drm_stalemate_gem_userptr {
	__u64 addr;
	__u64 size;
	__u32 flags;
	__u32 handle;
};

/* drm_stalemate_gem_info.state */
#define DRM_STALEMATE_GEM_IS_USERPTR	(1 << 0)
#define DRM_STALEMATE_GEM_IS_READONLY	(1 << 1)
#define DRM_STALEMATE_GEM_IS_VALID	(1 << 2) /* its pages are in the table */
#define DRM_STALEMATE_GEM_IS_BUSY	(1 << 3) /* a job uses it */

/**
 * struct drm_stalemate_gem_info - what an object is
 * @handle: the object
 * @state: out: DRM_STALEMATE_GEM_IS_*
 * @size: out: in bytes
 * @offset: out: where to mmap() it; of a user pointer zero
 * @invalidations: out: of a user pointer: how often it was told of one
 */
struct drm_stalemate_gem_info {
	__u32 handle;
	__u32 state;
	__u64 size;
	__u64 offset;
	__u64 invalidations;
};

/**
 * struct drm_stalemate_gem_evict - take an object off the table, without any event
 * @handle: the object
 * @pad: zero
 *
 * Waits for jobs that use it, or preempts a long-running address space. The next that
 * does finds it restored: a user pointer by what was known of its pages, if no event
 * came in between.
 */
struct drm_stalemate_gem_evict {
	__u32 handle;
	__u32 pad;
};

/**
 * enum drm_stalemate_op - what a command of a job does
 * @DRM_STALEMATE_OP_COPY: copy @len bytes from @src to @dst, in rising order
 * @DRM_STALEMATE_OP_FILL: store @value to all words of @len bytes at @dst
 * @DRM_STALEMATE_OP_WRITE: store @value at @dst
 * @DRM_STALEMATE_OP_COMPARE: load from @src; if it differs from @value in a bit of
 *	@mask, count it, and note the first for struct drm_stalemate_wait
 * @DRM_STALEMATE_OP_ADD: atomically add @value to the word at @dst
 * @DRM_STALEMATE_OP_XCHG: atomically store @value at @dst if the word there equals
 *	@mask
 * @DRM_STALEMATE_OP_WAIT: go on when the word at @src and @value have the same bits
 *	in @mask
 *
 * Words have 64 bits, and their addresses and @len of FILL are multiples of 8.
 */
enum drm_stalemate_op {
	DRM_STALEMATE_OP_COPY = 1,
	DRM_STALEMATE_OP_FILL,
	DRM_STALEMATE_OP_WRITE,
	DRM_STALEMATE_OP_COMPARE,
	DRM_STALEMATE_OP_ADD,
	DRM_STALEMATE_OP_XCHG,
	DRM_STALEMATE_OP_WAIT,
};

/**
 * struct drm_stalemate_cmd - a command of a job
 * @op: enum drm_stalemate_op
 * @pad: zero
 * @dst: address that is written to
 * @src: address that is read
 * @len: COPY and FILL: bytes, not zero
 * @value: see @op
 * @mask: see @op
 *
 * What @op does not use is ignored. Addresses are those of the address space.
 */
struct drm_stalemate_cmd {
	__u32 op;
	__u32 pad;
	__u64 dst;
	__u64 src;
	__u64 len;
	__u64 value;
	__u64 mask;
};

#define DRM_STALEMATE_OBJ_WRITE		(1 << 0)
#define DRM_STALEMATE_OBJ_EXPLICIT	(1 << 1)

/**
 * struct drm_stalemate_obj - an object that a job uses
 * @handle: the object, once in the list
 * @flags: DRM_STALEMATE_OBJ_WRITE: the job writes to it, else it only reads;
 *	DRM_STALEMATE_OBJ_EXPLICIT: neither wait for other jobs that use it, nor have
 *	them wait
 *
 * The fence of the job is put into the object's dma_resv as READ or WRITE, and as
 * BOOKKEEP with DRM_STALEMATE_OBJ_EXPLICIT. An invalidation waits for all of them.
 */
struct drm_stalemate_obj {
	__u32 handle;
	__u32 flags;
};

/**
 * struct drm_stalemate_sync - a syncobj that a job waits for, or signals
 * @handle: the syncobj
 * @flags: zero
 * @point: of a timeline; 0 is a binary syncobj
 */
struct drm_stalemate_sync {
	__u32 handle;
	__u32 flags;
	__u64 point;
};

/**
 * struct drm_stalemate_submit - submit a job; it runs later
 * @ring: on which ring
 * @flags: zero
 * @nr_cmds: number of commands, 1 to DRM_STALEMATE_MAX_CMDS
 * @nr_objs: number of objects, at most DRM_STALEMATE_MAX_OBJS; zero but in the mode
 *	objects
 * @nr_in: number of syncobjs to wait for, at most DRM_STALEMATE_MAX_SYNCS; zero but
 *	in the mode objects
 * @nr_out: number of syncobjs to signal, likewise
 * @cmds: user pointer to @nr_cmds struct drm_stalemate_cmd
 * @objs: user pointer to @nr_objs struct drm_stalemate_obj
 * @in: user pointer to @nr_in struct drm_stalemate_sync
 * @out: user pointer to @nr_out struct drm_stalemate_sync
 * @seqno: out: names the job in its queue, for WAIT; the first is 1
 *
 * Jobs of a queue run one after the other; in the modes without fences one that has
 * to wait may be overtaken.
 *
 * Errors: -EINVAL; -E2BIG more than DRM_STALEMATE_MAX_BYTES; -EAGAIN
 * DRM_STALEMATE_MAX_INFLIGHT jobs already, or user pointers change so often that
 * none of 100 tries found them unchanged; -EPERM WRITE to a READONLY user pointer, or
 * in svm mode the caller is another process; and those of GEM_USERPTR.
 */
struct drm_stalemate_submit {
	__u32 ring;
	__u32 flags;
	__u32 nr_cmds;
	__u32 nr_objs;
	__u32 nr_in;
	__u32 nr_out;
	__u64 cmds;
	__u64 objs;
	__u64 in;
	__u64 out;
	__u64 seqno;
};

/**
 * struct drm_stalemate_wait - wait for a job, and see what came of it
 * @ring: its ring
 * @flags: zero
 * @seqno: its number, see struct drm_stalemate_submit
 * @timeout_ns: when to give up, CLOCK_MONOTONIC; 0 is at once
 * @status: out: 0, or why the job failed: -EFAULT it used an address without an object
 *	of its list (long-running: that is bound, and valid; svm: that is mapped, and
 *	may be mirrored, see GEM_USERPTR), -EACCES it wrote to one
 *	that is read-only, -ENOMEM for one that could not be made valid, -ETIME it took
 *	too long (long-running: to be preempted), or an invalidation had to wait too
 *	long for jobs of this file; -ECANCELED it never ran (it was queued when another
 *	job of this file took too long, or an invalidation had to wait too long),
 *	-ENODEV. It runs also if a job that it waited for failed
 * @raced: out: how many of its objects were invalidated between submission and end;
 *	in the mode long-running how often it was preempted; in svm mode how often it
 *	faulted where there was an invalidation since its submission
 * @miscompares: out: how many COMPARE found a difference
 * @pad: out: zero
 * @miscompare_va: out: address of the first of those
 * @miscompare_value: out: what was loaded there
 * @started_ns: out: CLOCK_MONOTONIC, 0 if it never ran
 * @ended_ns: out: CLOCK_MONOTONIC
 * @fault_va: out: address of -EFAULT or -EACCES
 *
 * Errors: -ETIME it has not ended; -ENOENT no such job yet; -ENODATA forgotten: the
 * last DRM_STALEMATE_MAX_INFLIGHT of a queue are known.
 */
struct drm_stalemate_wait {
	__u32 ring;
	__u32 flags;
	__u64 seqno;
	__s64 timeout_ns;
	__s32 status;
	__u32 raced;
	__u32 miscompares;
	__u32 pad;
	__u64 miscompare_va;
	__u64 miscompare_value;
	__u64 started_ns;
	__u64 ended_ns;
	__u64 fault_va;
};

#define DRM_STALEMATE_IOWR(nr, type) DRM_IOWR(DRM_COMMAND_BASE + (nr), type)

#define DRM_IOCTL_STALEMATE_QUERY \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_QUERY, struct drm_stalemate_query)
#define DRM_IOCTL_STALEMATE_VM_INIT \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_VM_INIT, struct drm_stalemate_vm_init)
#define DRM_IOCTL_STALEMATE_VM_BIND \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_VM_BIND, struct drm_stalemate_vm_bind)
#define DRM_IOCTL_STALEMATE_GEM_CREATE \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_GEM_CREATE, struct drm_stalemate_gem_create)
#define DRM_IOCTL_STALEMATE_GEM_USERPTR \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_GEM_USERPTR, struct drm_stalemate_gem_userptr)
#define DRM_IOCTL_STALEMATE_GEM_INFO \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_GEM_INFO, struct drm_stalemate_gem_info)
#define DRM_IOCTL_STALEMATE_GEM_EVICT \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_GEM_EVICT, struct drm_stalemate_gem_evict)
#define DRM_IOCTL_STALEMATE_SUBMIT \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_SUBMIT, struct drm_stalemate_submit)
#define DRM_IOCTL_STALEMATE_WAIT \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_WAIT, struct drm_stalemate_wait)
#define DRM_IOCTL_STALEMATE_SNAPSHOT \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_SNAPSHOT, struct drm_stalemate_snapshot)
#define DRM_IOCTL_STALEMATE_DEFECTS \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_DEFECTS, struct drm_stalemate_defects)
#define DRM_IOCTL_STALEMATE_HOLD \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_HOLD, struct drm_stalemate_hold)
#define DRM_IOCTL_STALEMATE_STATS \
	DRM_STALEMATE_IOWR(DRM_STALEMATE_STATS, struct drm_stalemate_stats)

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_DRM_STALEMATE_DRM_H */
