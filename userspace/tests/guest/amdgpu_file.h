/* SPDX-License-Identifier: GPL-2.0-only */
/* Open files of amdgpu's face, in a guest. */
#ifndef SM_AMDGPU_FILE_H
#define SM_AMDGPU_FILE_H
#ifdef HAVE_AMDGPU

#include <stdint.h>

#define HANDLES		32
#define IB_VA		0x10000000ULL

/**
 * struct amdgpu_file - an open file that all threads use
 * @fd: descriptor; it is replaced while others use it
 * @handles: objects that were made, and may be closed by now
 * @ib: one of them, that stays; bound at IB_VA
 * @words: it, mapped
 * @list: a list of objects, or 0
 * @sync: a syncobj
 * @jobs: a ring's newest job that was taken
 */
struct amdgpu_file {
	int fd;
	uint32_t handles[HANDLES];
	uint32_t ib;
	uint32_t *words;
	uint32_t list;
	uint32_t sync;
	uint64_t jobs[2];
};

/** amdgpu_file_open() - open one, with context 1 and memory for packets */
void amdgpu_file_open(struct amdgpu_file *f);

/** amdgpu_file_unbinds() - a case: with the last handle of an object its bindings go */
void amdgpu_file_unbinds(void);

#endif /* HAVE_AMDGPU */
#endif /* SM_AMDGPU_FILE_H */
