// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random ioctls of amdgpu's face that know its structures: handles that exist,
 * addresses that are bound, or wild ones, packets of all kinds and none, huge counts;
 * while other threads close what is used and take its memory away. Nothing is expected
 * of a call but an answer, and of the kernel log that it is clean.
 *
 * STALEMATE_DRM_CALLS is the number of calls (5000), STALEMATE_SEED the seed (1).
 */
#include "ksm.h"

#ifdef HAVE_AMDGPU

#include <amdgpu_drm.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "amdgpu_file.h"
#include "base/rng.h"
#include "ksm_gpu.h"

#define THREADS		3
#define FILES		2
#define AREA_PAGES	256
#define IB_WORDS	1024	/* a page */
#define LIST		8
#define CALLS		5000
#define REOPEN		20

/**
 * struct caller - a thread
 * @rng: its numbers
 * @calls: calls that it still has to make
 * @good: calls that succeeded
 * @jobs: jobs that were taken
 * @ended: jobs that were waited for, and had ended well
 * @thread: the thread
 */
struct caller {
	struct sm_rng rng;
	uint64_t calls;
	uint64_t good;
	uint64_t jobs;
	uint64_t ended;
	pthread_t thread;
};

static struct amdgpu_file files[FILES];
static char *area;

static bool one_in(struct caller *c, uint32_t n)
{
	return sm_rng_one_in(&c->rng, n);
}

static uint32_t below(struct caller *c, uint64_t n)
{
	return sm_rng_below(&c->rng, n);
}

static uint64_t any(struct caller *c)
{
	return sm_rng_next(&c->rng);
}

static int call(struct caller *c, struct amdgpu_file *f, unsigned long nr, void *arg)
{
	int ret = ioctl(sm_read(&f->fd), nr, arg);

	c->good += !ret;
	return ret;
}

/* ---- parts of structures --------------------------------------------------- */

static uint64_t cpu_va(struct caller *c)
{
	return one_in(c, 8) ? any(c) :
	       (uintptr_t)area + below(c, AREA_PAGES) * KSM_PAGE;
}

/* Mostly where something may be bound. */
static uint64_t gpu_va(struct caller *c)
{
	uint32_t dice = below(c, 12);

	if (!dice)
		return any(c);
	return dice == 1 ? IB_VA + below(c, 8) * KSM_PAGE :
			   2 * IB_VA + below(c, 64) * KSM_PAGE;
}

static uint64_t bytes(struct caller *c)
{
	return one_in(c, 12) ? any(c) : (1 + below(c, 16)) * KSM_PAGE;
}

static uint32_t handle(struct caller *c, const struct amdgpu_file *f)
{
	if (one_in(c, 4))
		return one_in(c, 4) ? (uint32_t)any(c) : f->ib;
	return sm_read(&f->handles[below(c, HANDLES)]);
}

static uint32_t flags(struct caller *c, uint32_t usual)
{
	return one_in(c, 12) ? (uint32_t)any(c) : usual;
}

static uint64_t pointer(struct caller *c, const void *p)
{
	return one_in(c, 32) ? any(c) : (uintptr_t)p;
}

/* ---- calls ------------------------------------------------------------------- */

static void keep(struct caller *c, struct amdgpu_file *f, uint32_t h)
{
	uint32_t *slot = &f->handles[below(c, HANDLES)];
	struct drm_gem_close close = { .handle = sm_read(slot) };

	sm_write(slot, h);
	if (close.handle)
		call(c, f, DRM_IOCTL_GEM_CLOSE, &close);
}

static void do_userptr(struct caller *c, struct amdgpu_file *f)
{
	struct drm_amdgpu_gem_userptr u = {
		.addr = cpu_va(c), .size = bytes(c),
		.flags = flags(c, 8 | below(c, 8)),
	};

	if (!call(c, f, DRM_IOCTL_AMDGPU_GEM_USERPTR, &u))
		keep(c, f, u.handle);
}

static void do_create(struct caller *c, struct amdgpu_file *f)
{
	union drm_amdgpu_gem_create g = {
		.in.bo_size = bytes(c),
		.in.domains = flags(c, one_in(c, 8) ? 1 << below(c, 6) : 2),
		.in.domain_flags = flags(c, 0),
	};

	if (!call(c, f, DRM_IOCTL_AMDGPU_GEM_CREATE, &g))
		keep(c, f, g.out.handle);
}

static void do_map(struct caller *c, struct amdgpu_file *f)
{
	union drm_amdgpu_gem_mmap m = { .in.handle = handle(c, f) };
	void *p;

	if (call(c, f, DRM_IOCTL_AMDGPU_GEM_MMAP, &m))
		return;
	p = mmap(NULL, KSM_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		 sm_read(&f->fd), m.out.addr_ptr);
	if (p == MAP_FAILED)
		return;
	sm_write((uint32_t *)p, 1);
	munmap(p, KSM_PAGE);
}

static void do_va(struct caller *c, struct amdgpu_file *f)
{
	struct drm_amdgpu_gem_va v = {
		.handle = handle(c, f), .operation = flags(c, 1 + below(c, 4)),
		.flags = flags(c, 0xe), .va_address = gpu_va(c),
		.map_size = bytes(c),
		.offset_in_bo = one_in(c, 4) ? bytes(c) : 0,
	};

	if (v.handle == f->ib || v.va_address < 2 * IB_VA)
		v.operation = AMDGPU_VA_OP_MAP;	/* the packets stay */
	call(c, f, DRM_IOCTL_AMDGPU_GEM_VA, &v);
}

static void do_ctx(struct caller *c, struct amdgpu_file *f)
{
	union drm_amdgpu_ctx x = {
		.in.op = flags(c, 1 + below(c, 4)), .in.flags = flags(c, 0),
		.in.ctx_id = 2 + below(c, 4),
	};

	call(c, f, DRM_IOCTL_AMDGPU_CTX, &x);
}

static struct drm_amdgpu_bo_list_in
list_of(struct caller *c, struct amdgpu_file *f, struct drm_amdgpu_bo_list_entry *e)
{
	struct drm_amdgpu_bo_list_in in = {
		.operation = below(c, 4),
		.list_handle = one_in(c, 2) ? sm_read(&f->list) : any(c),
		.bo_number = flags(c, LIST),
		.bo_info_size = flags(c, sizeof(*e)),
		.bo_info_ptr = pointer(c, e),
	};
	unsigned int i;

	e[0].bo_handle = f->ib;
	for (i = 1; i < LIST; i++)
		e[i].bo_handle = one_in(c, 16) ? handle(c, f) :
				 one_in(c, 8) ? f->ib :
				 sm_read(&f->handles[below(c, HANDLES)]);
	return in;
}

static void do_list(struct caller *c, struct amdgpu_file *f)
{
	struct drm_amdgpu_bo_list_entry e[LIST];
	union drm_amdgpu_bo_list l = { .in = list_of(c, f, e) };

	if (!call(c, f, DRM_IOCTL_AMDGPU_BO_LIST, &l))
		sm_write(&f->list, l.out.list_handle);
}

/* Words that might be packets, while others may be run from there. */
static void do_packets(struct caller *c, struct amdgpu_file *f)
{
	static const uint32_t heads[] = {
		0, 1, 2, 11, 0x8000000b, 10 | 0x28 << 25, 10 | 0x2fU << 25, 5,
		0xffff1000,
	};
	uint32_t *w = &sm_read(&f->words)[below(c, IB_WORDS - 32) & ~7U];
	unsigned int i;

	if (one_in(c, 4)) {
		for (i = 0; i < IB_WORDS; i++)
			sm_write(&f->words[i], 0);	/* a NOP */
		return;
	}
	for (i = 0; i < 8; i++)
		sm_write(&w[i], one_in(c, 4) ? below(c, 64) : 0);
	sm_write(&w[0], one_in(c, 16) ? (uint32_t)any(c) :
		 heads[below(c, ARRAY_SIZE(heads))]);
	sm_write(&w[1], below(c, 2) ? (uint32_t)gpu_va(c) : below(c, 4 * KSM_PAGE));
	sm_write(&w[3], below(c, 2) ? (uint32_t)gpu_va(c) : below(c, 16));
	sm_write(&w[5], (uint32_t)gpu_va(c));
}

static void do_metadata(struct caller *c, struct amdgpu_file *f)
{
	struct drm_amdgpu_gem_metadata m = {
		.handle = handle(c, f), .op = flags(c, 1 + below(c, 2)),
		.data.data_size_bytes = flags(c, below(c, 257)),
	};

	call(c, f, DRM_IOCTL_AMDGPU_GEM_METADATA, &m);
}

static void do_op(struct caller *c, struct amdgpu_file *f)
{
	struct drm_amdgpu_gem_create_in made;
	struct drm_amdgpu_gem_op o = {
		.handle = handle(c, f), .op = flags(c, below(c, 2)),
		.value = pointer(c, &made),
	};
	union drm_amdgpu_vm v = { .in.op = flags(c, 1 + below(c, 2)) };

	call(c, f, DRM_IOCTL_AMDGPU_GEM_OP, &o);
	call(c, f, DRM_IOCTL_AMDGPU_VM, &v);
}

/* An object of one file's, in another one. */
static void do_share(struct caller *c, struct amdgpu_file *f)
{
	struct amdgpu_file *to = &files[below(c, FILES)];
	uint32_t got;
	int fd;

	if (drmPrimeHandleToFD(sm_read(&f->fd), handle(c, f), DRM_RDWR, &fd))
		return;
	if (!drmPrimeFDToHandle(sm_read(&to->fd), fd, &got))
		keep(c, to, got);
	close(fd);
}

static const struct {
	uint32_t id;
	uint32_t words;
} sync_kinds[] = {
	{ AMDGPU_CHUNK_ID_SYNCOBJ_IN, 1 },
	{ AMDGPU_CHUNK_ID_SYNCOBJ_OUT, 1 },
	{ AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT, 4 },
	{ AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL, 4 },
};

/* Of some the end is waited for: a busy machine hardly ever has one that is over. */
static void wait_out(struct caller *c, struct amdgpu_file *f, unsigned int ring,
		     uint64_t job)
{
	union drm_amdgpu_wait_cs w = {
		.in.handle = job, .in.timeout = UINT64_MAX,
		.in.ip_type = AMDGPU_HW_IP_DMA, .in.ring = ring, .in.ctx_id = 1,
	};

	if (!call(c, f, DRM_IOCTL_AMDGPU_WAIT_CS, &w))
		c->ended += !w.out.status;
}

static void do_cs(struct caller *c, struct amdgpu_file *f)
{
	struct drm_amdgpu_bo_list_entry e[LIST];
	struct drm_amdgpu_bo_list_in list = list_of(c, f, e);
	struct drm_amdgpu_cs_chunk_ib ib = {
		.va_start = IB_VA + (below(c, KSM_PAGE) & ~31U),
		.ib_bytes = flags(c, 4 * below(c, 64)),
		.ip_type = flags(c, one_in(c, 8) ? AMDGPU_HW_IP_GFX :
					       AMDGPU_HW_IP_DMA),
		.ring = flags(c, below(c, 2)),
	};
	struct drm_amdgpu_cs_chunk_dep dep = {
		.ip_type = AMDGPU_HW_IP_DMA, .ring = flags(c, below(c, 2)),
		.ctx_id = 1, .handle = below(c, 100),
	};
	struct drm_amdgpu_cs_chunk_syncobj sync = {
		.handle = sm_read(&f->sync),
		.flags = one_in(c, 256) ? any(c) : 0,	/* may wait for 5 s */
		.point = below(c, 8),
	};
	uint32_t kind = below(c, 4);
	struct drm_amdgpu_cs_chunk chunks[] = {
		{ flags(c, AMDGPU_CHUNK_ID_IB), flags(c, sizeof(ib) / 4),
		  pointer(c, &ib) },
		{ flags(c, AMDGPU_CHUNK_ID_BO_HANDLES), sizeof(list) / 4,
		  pointer(c, &list) },
		{ flags(c, AMDGPU_CHUNK_ID_DEPENDENCIES), flags(c, sizeof(dep) / 4),
		  pointer(c, &dep) },
		{ flags(c, sync_kinds[kind].id), flags(c, sync_kinds[kind].words),
		  pointer(c, &sync) },
	};
	uint64_t at[] = { pointer(c, &chunks[0]), pointer(c, &chunks[1]),
			  pointer(c, &chunks[2 + below(c, 2)]),
			  pointer(c, &chunks[3]) };
	union drm_amdgpu_cs cs = {
		.in.ctx_id = 1 + one_in(c, 16), .in.num_chunks = 1 + below(c, 4),
		.in.chunks = pointer(c, at), .in.flags = flags(c, 0),
	};

	if (cs.in.num_chunks == 1)
		cs.in.bo_list_handle = sm_read(&f->list);
	if (call(c, f, DRM_IOCTL_AMDGPU_CS, &cs))
		return;
	c->jobs++;
	sm_write(&f->jobs[ib.ring & 1], cs.out.handle);
	if (one_in(c, 4))
		wait_out(c, f, ib.ring & 1, cs.out.handle);
}

static void do_wait(struct caller *c, struct amdgpu_file *f)
{
	union drm_amdgpu_wait_cs w = {
		.in.handle = one_in(c, 8) ? any(c) : below(c, 1000),
		.in.timeout = one_in(c, 8) ? 1 : 0,
		.in.ip_type = flags(c, AMDGPU_HW_IP_DMA),
		.in.ring = flags(c, below(c, 2)), .in.ctx_id = 1,
	};
	uint64_t job;

	if (one_in(c, 2))
		w.in.handle = sm_read(&f->jobs[w.in.ring & 1]);
	job = w.in.handle;
	if (!call(c, f, DRM_IOCTL_AMDGPU_WAIT_CS, &w) && job)
		c->ended += !w.out.status;
}

static void do_info(struct caller *c, struct amdgpu_file *f)
{
	uint64_t out[64];
	struct drm_amdgpu_info i = {
		.return_pointer = pointer(c, out),
		.return_size = below(c, sizeof(out)),
		.query = below(c, 0x24),
		.read_mmr_reg.dword_offset = flags(c, 0x2644),
		.read_mmr_reg.count = flags(c, below(c, 33)),
	};

	call(c, f, DRM_IOCTL_AMDGPU_INFO, &i);
}

/* Numbers and sizes that nobody has. */
static void do_wild(struct caller *c, struct amdgpu_file *f)
{
	uint64_t arg[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arg); i++)
		arg[i] = any(c);
	call(c, f, _IOC(below(c, 4), DRM_IOCTL_BASE,
			DRM_COMMAND_BASE + below(c, 0x20),
			below(c, sizeof(arg))), arg);
}

/* A descriptor that is another file's from now on; jobs may run of the one that was. */
static void do_reopen(struct caller *c, struct amdgpu_file *f)
{
	struct amdgpu_file new = { .list = 0 };

	if (!one_in(c, REOPEN))
		return;
	amdgpu_file_open(&new);
	sm_write(&f->ib, new.ib);
	sm_write(&f->words, new.words);
	sm_write(&f->sync, new.sync);
	dup2(new.fd, sm_read(&f->fd));
	close(new.fd);
}

static void do_memory(struct caller *c, struct amdgpu_file *f)
{
	(void)f;
	ksm_gpu_disturb(&c->rng, area, AREA_PAGES);
}

static void *caller_main(void *arg)
{
	static void (*const calls[])(struct caller *c, struct amdgpu_file *f) = {
		do_userptr, do_userptr, do_create, do_map, do_va, do_va, do_va,
		do_ctx, do_list, do_packets, do_packets, do_cs, do_cs, do_cs,
		do_cs, do_wait, do_info, do_metadata, do_op, do_share, do_wild,
		do_memory, do_memory, do_reopen,
	};
	struct caller *c = arg;

	for (; c->calls; c->calls--)
		calls[below(c, ARRAY_SIZE(calls))](c, &files[below(c, FILES)]);
	return NULL;
}

static void random_calls(void)
{
	uint64_t calls = ksm_gpu_number("STALEMATE_DRM_CALLS", CALLS);
	uint64_t seed = ksm_gpu_number("STALEMATE_SEED", 1);
	uint64_t good = 0, jobs = 0, ended = 0;
	struct caller c[THREADS];
	unsigned int i;

	area = mmap(NULL, AREA_PAGES * KSM_PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(area != MAP_FAILED);
	for (i = 0; i < FILES; i++)
		amdgpu_file_open(&files[i]);
	ksm_timeout(60 + calls / 100);
	for (i = 0; i < THREADS; i++) {
		memset(&c[i], 0, sizeof(c[i]));
		sm_rng_seed(&c[i].rng, seed, SM_STREAM_STORM, i);
		c[i].calls = calls / THREADS;
		ASSERT_EQ(pthread_create(&c[i].thread, NULL, caller_main, &c[i]),
			  0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(c[i].thread, NULL);
		good += c[i].good;
		jobs += c[i].jobs;
		ended += c[i].ended;
	}
	/* Of some twenty that are waited for one ends well, or two, or none. */
	for (i = 0; !ended && i < 20 * calls; i++, ended = c[0].ended) {
		c[0].calls = 1;
		caller_main(&c[0]);
	}
	ksm_note("%llu calls, %llu good; %llu jobs, %llu seen to end well",
		 (unsigned long long)calls, (unsigned long long)good,
		 (unsigned long long)jobs, (unsigned long long)ended);
	EXPECT_GT(good, calls / 20);
	EXPECT_GT(jobs, 0);
	EXPECT_GT(ended, 0);
	for (i = 0; i < FILES; i++)
		close(files[i].fd);
}

#else

static void amdgpu_file_unbinds(void)
{
	ksm_skip("built without libdrm_amdgpu");
}

static void random_calls(void)
{
	ksm_skip("built without libdrm_amdgpu");
}

#endif /* HAVE_AMDGPU */

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(amdgpu_file_unbinds),
		KSM_CASE(random_calls),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
