/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of stalemate_drm.ko by its ioctls alone. Without libdrm, whose headers
 * have those of DRM, there is nothing.
 */
#ifndef DRM_KIT_H
#define DRM_KIT_H

#define KIT_SKIP "1..0 # SKIP built without libdrm\n"

#ifdef HAVE_DRM

#include <stdio.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "uapi/drm/stalemate_drm.h"

#define PAGE		4096UL
#define VM_START	(1ULL << 40)
#define VM_SIZE		(1ULL << 30)
#define RESULT		(VM_START + VM_SIZE / 2)
#define PRESENT		(1ULL << 63)
#define WRITABLE	(1ULL << 55)
#define PFN		((1ULL << 55) - 1)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NEVER		INT64_MAX

extern int kit_failures;

#define CHECK(cond)							\
	((cond) ? (void)0 :						\
	 (void)(kit_failures++, printf("# %s:%d: %s (errno %d)\n", __FILE__,	\
				       __LINE__, #cond, errno), fflush(stdout)))

struct kit_case {
	const char *name;
	void (*run)(void);
};

/* Who unmaps a page at @p: its thread, and whether munmap() has returned. */
struct unmapper {
	char *p;
	int tid;
	bool done;
};

#define KIT_CASE(fn)	{ #fn, fn }

int call(int fd, unsigned long request, void *arg);
int open_node(void);
int open_as(__u32 flags);
int bind_to(int fd, __u32 handle, __u64 va, __u64 size);
int userptr(int fd, void *p, __u64 size, __u32 flags, __u64 va);
int plain(int fd, __u64 size, __u64 va, void **map);
void *anon(__u64 size);
int submit(int fd, __u32 ring, const struct drm_stalemate_cmd *cmds,
	   unsigned int n, const struct drm_stalemate_obj *objs,
	   unsigned int nr_objs, __u64 *seqno);
struct drm_stalemate_wait wait_for(int fd, __u32 ring, __u64 seqno);
int run(int fd, const struct drm_stalemate_cmd *cmds, unsigned int n,
	const struct drm_stalemate_obj *objs, unsigned int nr_objs);
int fill(int fd, int handle, __u64 va, __u64 len, __u64 value);
__u64 snapshot(int fd, __u64 va);
void plug(const char *how);
pthread_t unmap_under(struct unmapper *u, const char *function);
int kit_main_if(__u32 features, const struct kit_case *cases, unsigned int n);
int kit_main(const struct kit_case *cases, unsigned int n);

#endif /* HAVE_DRM */
#endif /* DRM_KIT_H */
