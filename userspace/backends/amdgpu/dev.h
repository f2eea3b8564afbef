/* SPDX-License-Identifier: GPL-2.0-only */
/* The card, through libdrm_amdgpu: what it is, and its buffers. */
#ifndef SM_AMDGPU_DEV_H
#define SM_AMDGPU_DEV_H
#ifdef HAVE_AMDGPU

#include <amdgpu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sdma.h"

/**
 * struct amdgpu_dev - a render node that was opened
 * @fd: what it was opened with; -1: none
 * @dev: the library's
 * @gen: its SDMA engines
 * @rings: how many of those there are
 * @hardware: amdgpu drives it; else stalemate_drm.ko does
 * @swap: its atomics reach our memory: see amdgpu_proof()
 * @why: what failed last; lanes have a copy of all this, with a @why of their own
 */
struct amdgpu_dev {
	int fd;
	amdgpu_device_handle dev;
	const struct amdgpu_sdma *gen;
	unsigned int rings;
	bool hardware;
	bool swap;
	char why[160];
};

/**
 * struct amdgpu_room - part of the engine's address space
 * @handle: the library's; NULL: none
 * @va: where it begins
 */
struct amdgpu_room {
	amdgpu_va_handle handle;
	uint64_t va;
};

/**
 * struct amdgpu_memory - a buffer of the driver's
 * @handle: name of it
 * @va: where the engine has it
 * @size: bytes
 * @map: where we have it
 */
struct amdgpu_memory {
	uint32_t handle;
	uint64_t va;
	uint64_t size;
	void *map;
};

/**
 * amdgpu_dev_open() - open the first render node that is amdgpu's
 * @d: zeroed; amdgpu_dev_close() must follow in any case
 * @defects: bits of enum drm_stalemate_defect, with which stalemate_drm.ko is to be
 *	broken for who uses it; or 0
 *
 * Return: 0, or a negative errno and @d->why.
 */
int amdgpu_dev_open(struct amdgpu_dev *d, uint64_t defects);
void amdgpu_dev_close(struct amdgpu_dev *d);

/** amdgpu_dev_fail() - note that @what failed with @err, negative; that is returned */
int amdgpu_dev_fail(struct amdgpu_dev *d, const char *what, int err);

/** amdgpu_dev_ioctl() - 0 or a negative errno; one that is interrupted goes on */
int amdgpu_dev_ioctl(struct amdgpu_dev *d, unsigned long nr, void *arg,
		     unsigned long size);

/** amdgpu_dev_name() - the card and its engines */
void amdgpu_dev_name(const struct amdgpu_dev *d, char *buf, size_t size);

/** amdgpu_dev_raced() - jobs that met an event, if the driver says so; else -1 */
int64_t amdgpu_dev_raced(const struct amdgpu_dev *d);

/** amdgpu_dev_room() - @size bytes of the address space, until amdgpu_dev_leave() */
int amdgpu_dev_room(struct amdgpu_dev *d, uint64_t size,
		    struct amdgpu_room *room);
void amdgpu_dev_leave(struct amdgpu_room *room);

/** amdgpu_dev_memory() - make a buffer, bind it at @va, and map it */
int amdgpu_dev_memory(struct amdgpu_dev *d, uint64_t va, uint64_t size,
		      struct amdgpu_memory *m);
void amdgpu_dev_forget(struct amdgpu_dev *d, struct amdgpu_memory *m);

/**
 * amdgpu_dev_userptr() - make a buffer of memory of ours, and bind it
 * @d: the card
 * @addr: the memory, whole pages
 * @size: bytes
 * @va: where the engine is to have it
 * @readonly: it is not to write there, which need not be possible then
 * @handle: out
 *
 * Files may be mapped there: the library's own call forbids them.
 *
 * Return: 0 or a negative errno.
 */
int amdgpu_dev_userptr(struct amdgpu_dev *d, uint64_t addr, uint64_t size,
		       uint64_t va, bool readonly, uint32_t *handle);

/** amdgpu_dev_drop() - unbind a buffer, and give it back */
void amdgpu_dev_drop(struct amdgpu_dev *d, uint32_t handle, uint64_t va,
		     uint64_t size);

#endif /* HAVE_AMDGPU */
#endif /* SM_AMDGPU_DEV_H */
