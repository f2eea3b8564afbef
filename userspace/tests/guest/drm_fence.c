// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proof that an invalidation waits for the fences of jobs: a job waits for a word, a
 * thread unmaps what the job uses, and is seen to wait for the fence inside of the
 * notifier; when the word comes, the job finds the memory as it was. KTAP; 4 is skip.
 */
#include <stdio.h>

#include "drm_kit.h"

#ifdef HAVE_DRM

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A job waits for a word. munmap() of what it uses waits for the job. */
static void invalidation_waits_for_fence(__u32 flags)
{
	int fd = open_node(), h, g;
	struct unmapper u = { .p = anon(PAGE) };
	const struct drm_stalemate_cmd c[] = {
		{ .op = DRM_STALEMATE_OP_WAIT, .src = RESULT, .value = 1,
		  .mask = ~0ULL },
		{ .op = DRM_STALEMATE_OP_COMPARE, .src = VM_START, .value = 0,
		  .mask = ~0ULL },
	};
	struct drm_stalemate_obj o[2];
	struct drm_stalemate_wait w;
	pthread_t thread;
	__u64 seqno;
	void *m;

	h = userptr(fd, u.p, PAGE, 0, VM_START);
	g = plain(fd, PAGE, RESULT, &m);
	o[0] = (struct drm_stalemate_obj){ .handle = h, .flags = flags };
	o[1] = (struct drm_stalemate_obj){ .handle = g };
	CHECK(!submit(fd, 0, c, 2, o, 2, &seqno));
	thread = unmap_under(&u, "dma_fence");
	__atomic_store_n((__u64 *)m, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	w = wait_for(fd, 0, seqno);
	CHECK(!w.status && w.raced == 1 && !w.miscompares);
	CHECK(!snapshot(fd, VM_START));
	close(fd);
}

static void invalidation_waits_for_writer(void)
{
	invalidation_waits_for_fence(DRM_STALEMATE_OBJ_WRITE);
}

static void invalidation_waits_for_reader(void)
{
	invalidation_waits_for_fence(0);
}

static void invalidation_waits_for_bookkeep(void)
{
	invalidation_waits_for_fence(DRM_STALEMATE_OBJ_EXPLICIT);
}

int main(void)
{
	static const struct kit_case cases[] = {
		KIT_CASE(invalidation_waits_for_writer),
		KIT_CASE(invalidation_waits_for_reader),
		KIT_CASE(invalidation_waits_for_bookkeep),
	};

	return kit_main(cases, ARRAY_SIZE(cases));
}

#else /* HAVE_DRM */

int main(void)
{
	printf(KIT_SKIP);

	return 4;
}

#endif /* HAVE_DRM */
