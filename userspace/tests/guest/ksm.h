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

#include "uapi/stalemate.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define KSM_DEVICE	"/dev/stalemate"
#define KSM_PAGE	4096UL
#define KSM_HUGE	(512 * KSM_PAGE)
#define KSM_ARENA	0x10000000000ULL /* far below every other mapping */
#define KSM_COOKIE	0x5ca1ab1e0ddba11ULL

#define KSM_SPLATS	1		/* ksm_case.flags: the log may complain */

/**
 * struct ksm_case - one test case
 * @name: name in the report
 * @run: the case; returns if it passed, see also ksm_skip()
 * @param: what ksm_param is while it runs, mostly the profile
 * @flags: KSM_SPLATS
 */
struct ksm_case {
	const char *name;
	void (*run)(void);
	unsigned int param;
	unsigned int flags;
};

#define KSM_CASE(fn)	{ .name = #fn, .run = fn }
#define KSM_KVM(fn)	{ .name = #fn ".kvm", .run = fn, \
			  .param = SM_PROFILE_KVM }
#define KSM_HMM(fn)	{ .name = #fn ".hmm", .run = fn, \
			  .param = SM_PROFILE_HMM }
#define KSM_TWO(fn)	{ .name = #fn ".two-pass", .run = fn, \
			  .param = SM_PROFILE_TWO_PASS }

extern unsigned int ksm_param;

/* ---- ksm.c: cases and assertions ---------------------------------------- */

enum ksm_op { KSM_EQ, KSM_NE, KSM_LT, KSM_LE, KSM_GT, KSM_GE };

int ksm_main(const struct ksm_case *cases, unsigned int nr);
_Noreturn void ksm_skip(const char *why);
bool ksm_failed(void);
bool ksm_compare(const char *where, const char *what, long long a,
		 enum ksm_op op, long long b);
_Noreturn void ksm_end(void);
int ksm_child(int pid);

/* A line of diagnostics. */
#define ksm_note(fmt, ...)						\
	((void)(printf("# " fmt "\n", ##__VA_ARGS__), fflush(stdout)))

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
 * @silent: the call never fails, and there may be nothing in it that could
 * @skip: so many places are somebody else's matter
 * @step: of the others each so many'th; 0 is all of them
 */
struct ksm_sweep {
	const char *name;
	void (*prepare)(void);
	int (*call)(void);
	void (*undo)(int err);
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

int ksm_ioctl(int fd, unsigned int cmd, void *arg);
int ksm_open(void);
int ksm_query(struct sm_ioc_query *q);
void ksm_setup(struct ksm *k, __u64 size);
void ksm_setup_ring(struct ksm *k, __u64 size, unsigned int ring_order);
void ksm_adopt(struct ksm *k, int pid, int fd);
void ksm_unmap_device(struct ksm *k);
__u32 ksm_mirror(struct ksm *k, unsigned int profile, __u64 defects);
int ksm_mirror_destroy(struct ksm *k, __u32 id);
int ksm_access(struct ksm *k, __u32 id, __u32 flags, const void *va,
	       void *buf, size_t len, __u64 *done);
int ksm_read(struct ksm *k, __u32 id, const void *va, __u64 *value);
int ksm_write(struct ksm *k, __u32 id, const void *va, __u64 value);
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
