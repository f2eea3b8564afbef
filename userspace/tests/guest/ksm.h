/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small harness for tests of /dev/stalemate, in kselftest's manner: a test
 * is a static program that prints KTAP version 1 and exits 0 (pass), 1 (fail)
 * or 4 (skip).
 *
 * Each case runs in a process of its own, so that it starts with a clean mm
 * and its context dies with it. After each case the harness wants everything
 * the module counts back at zero, and nothing new to complain of in the kernel
 * log.
 *
 * A case about mirrors is not told of which profile. It runs for each that the
 * kernel can do, for all of them at once, and where something else is to be
 * expected of a profile it asks that profile's row in sm_profiles[].
 *
 * EXPECT_* notes a failure and goes on, ASSERT_* ends the case. Both print the
 * two values. A negative value is also shown as an errno.
 */
#ifndef KSM_H
#define KSM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "memory/arena.h"
#include "module/defects.h"
#include "module/profiles.h"
#include "uapi/stalemate.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define KSM_DEVICE	"/dev/stalemate"
#define KSM_PAGE	4096UL
#define KSM_HUGE	(512 * KSM_PAGE)
#define KSM_ARENA	SM_ARENA_START /* far below every other mapping */
#define KSM_COOKIE	0x5ca1ab1e0ddba11ULL

/* ksm_case.flags */
#define KSM_SPLATS	1	/* the log may complain */
#define KSM_PROFILES	2	/* once for each profile that the kernel can do */
#define KSM_DEFECTIVE	4	/* ... and that can have the defect @param */
#define KSM_ALONE	8	/* asks for what the module counts, or the log */

/**
 * struct ksm_case - one test case
 * @name: name in the report
 * @run: the case; returns if it passed, see also ksm_skip()
 * @param: what ksm_param is while it runs
 * @flags: KSM_SPLATS and so on
 */
struct ksm_case {
	const char *name;
	void (*run)(void);
	unsigned int param;
	unsigned int flags;
};

#define KSM_CASE(fn)	{ .name = #fn, .run = fn }
#define KSM_EACH(fn)	{ .name = #fn, .run = fn, .flags = KSM_PROFILES }
#define KSM_EACH_ALONE(fn)						\
	{ .name = #fn, .run = fn, .flags = KSM_PROFILES | KSM_ALONE }
#define KSM_EACH_WITH(defect, fn)					\
	{ .name = #fn, .run = fn, .param = SM_DEFECT_##defect,		\
	  .flags = KSM_PROFILES | KSM_DEFECTIVE }

extern unsigned int ksm_param;
extern unsigned int ksm_profile;	/* of a case that runs for each */

/* What is to be expected of that. */
static inline const struct sm_profile_info *ksm_info(void)
{
	return &sm_profiles[ksm_profile];
}

/* ---- ksm.c: cases and assertions ---------------------------------------- */

enum ksm_op { KSM_EQ, KSM_NE, KSM_LT, KSM_LE, KSM_GT, KSM_GE };

int ksm_main(const struct ksm_case *cases, unsigned int nr);
_Noreturn void ksm_skip(const char *why);
bool ksm_failed(void);
bool ksm_compare(const char *where, const char *what, long long a,
		 enum ksm_op op, long long b);
_Noreturn void ksm_end(void);
int ksm_child(int pid);

/* A line of diagnostics, of those that run at once: which. */
extern const char *ksm_who;
#define ksm_note(fmt, ...)						\
	((void)(printf("# %s" fmt "\n", ksm_who, ##__VA_ARGS__),	\
		fflush(stdout)))

/* How a device asks for pages that it will use; some only read. */
static inline __u32 ksm_use(void)
{
	return ksm_info()->reads ? 0 : SM_FAULT_WRITE;
}

/* What a write of the device comes to that would come to @err. */
static inline int ksm_wrote(int err)
{
	return ksm_info()->reads ? -EOPNOTSUPP : err;
}

#define KSM_STR_(x)	#x
#define KSM_STR(x)	KSM_STR_(x)
#define KSM_WHERE	__FILE__ ":" KSM_STR(__LINE__)

#define KSM_EXPECT(a, op, sign, b)					\
	ksm_compare(KSM_WHERE, #a " " sign " " #b, (long long)(a), op,	\
		    (long long)(b))
#define KSM_ASSERT(a, op, sign, b)					\
	((void)(ksm_compare(KSM_WHERE, #a " " sign " " #b,		\
			    (long long)(a), op, (long long)(b)) ||	\
		(ksm_end(), 0)))

#define EXPECT_EQ(a, b)	KSM_EXPECT(a, KSM_EQ, "==", b)
#define EXPECT_NE(a, b)	KSM_EXPECT(a, KSM_NE, "!=", b)
#define EXPECT_LT(a, b)	KSM_EXPECT(a, KSM_LT, "<", b)
#define EXPECT_LE(a, b)	KSM_EXPECT(a, KSM_LE, "<=", b)
#define EXPECT_GT(a, b)	KSM_EXPECT(a, KSM_GT, ">", b)
#define EXPECT_GE(a, b)	KSM_EXPECT(a, KSM_GE, ">=", b)
/* How many entries are left: fewer, if the profile drops more than it must. */
#define EXPECT_LEFT(a, b)						\
	KSM_EXPECT(a, ksm_info()->coarse ? KSM_LE : KSM_EQ, "<=", b)
#define EXPECT_TRUE(a)	KSM_EXPECT(!!(a), KSM_EQ, "==", true)
#define EXPECT_FALSE(a)	KSM_EXPECT(!!(a), KSM_EQ, "==", false)
#define ASSERT_EQ(a, b)	KSM_ASSERT(a, KSM_EQ, "==", b)
#define ASSERT_NE(a, b)	KSM_ASSERT(a, KSM_NE, "!=", b)
#define ASSERT_GE(a, b)	KSM_ASSERT(a, KSM_GE, ">=", b)
#define ASSERT_TRUE(a)	KSM_ASSERT(!!(a), KSM_EQ, "==", true)

/* ---- ksm.c: waiting, without sleeping to order events -------------------- */

__u64 ksm_now_ms(void);
void ksm_pause(void);
void ksm_timeout(unsigned int seconds);
bool ksm_wait_until(bool (*cond)(void *what), void *what,
		    unsigned int ms);

/* ---- ksm_log.c: the kernel log, the module, and switches ------------------ */

#define KSM_FTRACE	"/proc/sys/kernel/ftrace_enabled"

extern unsigned int ksm_log_faults;	/* injected and told of, see ksm_nth_tell() */
void ksm_log_start(void);
unsigned int ksm_log_splats(void);
bool ksm_idle(unsigned int ms, bool complain);
int ksm_module_load(void);
int ksm_module_unload(void);
int ksm_set(const char *path, const char *value);
void ksm_kprobes(bool on);

/* ---- ksm_reap.c: a process that is dying, and whole ----------------------- */

int ksm_reap(int pidfd);
void ksm_need_reap(void);
void ksm_await_death(void);
int ksm_let_die(int pid);
int ksm_pidfd(int pid);
int ksm_bury(int pid);

/* ---- ksm_nth.c: calls that fail when they are told to --------------------- */

extern int ksm_nth;	/* the calling thread's fail-nth, once started */

int ksm_nth_main(const struct ksm_case *cases, unsigned int nr);
void ksm_nth_start(void);
void ksm_nth_tell(void);
void ksm_nth_arm(int fd, unsigned int nth);
unsigned int ksm_nth_left(int fd);
bool ksm_nth_disarm(void);

/**
 * struct ksm_sweep - a call to be made with each of its places failing in turn
 * @name: for the report
 * @prepare: what the call needs, each time; or NULL
 * @call: returns 0 or a negative errno
 * @undo: takes back what @prepare and the call did, @err is what it returned
 * @also: another errno, negative, that the kernel makes of a failure; or 0
 * @silent: the call never fails, and there may be nothing in it that could
 * @skip: so many places are somebody else's matter
 * @step: of the others each so many'th; 0 is all of them
 */
struct ksm_sweep {
	const char *name;
	void (*prepare)(void);
	int (*call)(void);
	void (*undo)(int err);
	int also;
	bool silent;
	unsigned int skip;
	unsigned int step;
};

void ksm_sweep(const struct ksm_sweep *s, unsigned int nr);

/* ---- ksm_dev.c: a context ------------------------------------------------ */

/**
 * struct ksm - a context with a witness
 * @fd: the file
 * @start: arena start
 * @end: arena end
 * @setup: what the module answered
 * @witness: mapping
 * @tags: mapping
 */
struct ksm {
	int fd;
	__u64 start;
	__u64 end;
	struct sm_ioc_setup setup;
	const struct sm_witness_header *witness;
	struct sm_tag *tags;
};

#define KSM_NO_DEFECT	SM_DEFECT_NR

/* An initialiser of a bitmap with one bit, one of the first 64. */
#define KSM_BITS(n)	{ 1ULL << (n) }

static inline bool ksm_bit(const __u64 *bits, unsigned int n)
{
	return bits[n / 64] >> n % 64 & 1;
}

int ksm_ioctl(int fd, unsigned int cmd, void *arg);
int ksm_open(void);
int ksm_query(struct sm_ioc_query *q);
void ksm_setup(struct ksm *k, __u64 size);
void ksm_setup_ring(struct ksm *k, __u64 size, unsigned int ring_order);
void ksm_adopt(struct ksm *k, int pid, int fd);
void ksm_unmap_device(struct ksm *k);
__u32 ksm_mirror(struct ksm *k, unsigned int profile);
__u32 ksm_mirror_with(struct ksm *k, unsigned int profile, unsigned int defect);
int ksm_mirror_destroy(struct ksm *k, __u32 id);
int ksm_access(struct ksm *k, __u32 id, __u32 flags, const void *va,
	       void *buf, size_t len, __u64 *done);
int ksm_read(struct ksm *k, __u32 id, const void *va, __u64 *value);
int ksm_write(struct ksm *k, __u32 id, const void *va, __u64 value);
void ksm_need_writes(void);
int ksm_fault(struct ksm *k, __u32 id, __u32 flags, const void *va,
	      size_t len);
__u64 ksm_snapshot(struct ksm *k, __u32 id, const void *va, size_t pages,
		   __u64 *ent);
struct sm_ioc_entry ksm_entry(struct ksm *k, __u32 id, const void *va);
struct sm_ioc_check ksm_check(struct ksm *k, __u32 id);
struct sm_ioc_stats ksm_stats(struct ksm *k, __u32 id);
unsigned int ksm_violations(struct ksm *k, struct sm_violation *v,
			    unsigned int room);
unsigned int ksm_count(struct ksm *k, enum sm_oracle oracle);
const struct sm_granule *ksm_granule(struct ksm *k, const void *va);

/* Of memory that somebody else writes to. */
#define KSM_LOAD(x)	__atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define KSM_STORE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELEASE)

/* Memory inside the arena; a word of each page can be told from all others. */
char *ksm_map(struct ksm *k, size_t off, size_t len, int prot);
char *ksm_map_huge(struct ksm *k, size_t off);
void ksm_fill(char *p, size_t len);
__u64 ksm_word(const char *p);
void ksm_pagemap(const void *va, size_t pages, __u64 *ent);
void ksm_expect_true_mirror(struct ksm *k, __u32 id, const char *va,
			    size_t pages);

#endif /* KSM_H */
