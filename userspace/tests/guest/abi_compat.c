// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls as a program of 32 bits calls them: by its system call, which a
 * program of 64 bits may use too. The structs are the same for both.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#define NR32_GETPID	20
#define NR32_IOCTL	54

static struct ksm k;

static int call32(unsigned int nr, unsigned int a, unsigned int b, const void *c)
{
#ifdef __x86_64__
	long ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "0" ((long)nr), "b" ((long)a), "c" ((long)b), "d" (c)
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	return (int)ret;
#else
	(void)nr;
	(void)a;
	(void)b;
	(void)c;
	return -EOPNOTSUPP;
#endif
}

/* A kernel without them kills who tries. */
static void need_calls32(void)
{
	int status, pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(call32(NR32_GETPID, 0, 0, NULL) != getpid());
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		ksm_skip("this kernel has no system calls of 32 bits");
}

/* Where a pointer of 32 bits leads. */
static void *low_memory(void)
{
#ifdef MAP_32BIT
	void *p = mmap(NULL, KSM_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
#else
	return NULL;
#endif
}

static void the_answer_is_the_same(void)
{
	struct sm_ioc_query *q, wide;

	need_calls32();
	ksm_setup(&k, KSM_HUGE);
	q = low_memory();
	q->size = sizeof(*q);
	ASSERT_EQ(call32(NR32_IOCTL, k.fd, SM_IOC_QUERY, q), 0);
	memset(&wide, 0, sizeof(wide));
	wide.size = sizeof(wide);
	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_QUERY, &wide), 0);
	EXPECT_EQ(q->contexts, 1);
	EXPECT_EQ(memcmp(q, &wide, sizeof(wide)), 0);
}

static void a_mirror_is_made_and_read(void)
{
	struct sm_ioc_mirror_create *c;
	struct sm_ioc_access *a;
	__u64 *word;
	char *p;

	need_calls32();
	ksm_setup(&k, KSM_HUGE);
	p = ksm_map(&k, 0, KSM_PAGE, PROT_READ | PROT_WRITE);
	ksm_fill(p, KSM_PAGE);
	c = low_memory();
	*c = (struct sm_ioc_mirror_create){
		.size = sizeof(*c), .start = k.start, .end = k.end,
	};
	ASSERT_EQ(call32(NR32_IOCTL, k.fd, SM_IOC_MIRROR_CREATE, c), 0);
	a = low_memory();
	word = (__u64 *)(a + 1);
	*a = (struct sm_ioc_access){
		.size = sizeof(*a), .id = c->id, .va = (uintptr_t)p,
		.len = sizeof(*word), .buf = (uintptr_t)word,
	};
	ASSERT_EQ(call32(NR32_IOCTL, k.fd, SM_IOC_ACCESS, a), 0);
	EXPECT_EQ(a->done, sizeof(*word));
	EXPECT_EQ(*word, ksm_word(p));
}

static void what_is_refused_is_refused(void)
{
	struct sm_ioc_query *q;

	need_calls32();
	ksm_setup(&k, KSM_HUGE);
	q = low_memory();
	q->size = sizeof(*q);
	q->reserved[0] = 1;
	EXPECT_EQ(call32(NR32_IOCTL, k.fd, SM_IOC_QUERY, q), -EINVAL);
	EXPECT_EQ(call32(NR32_IOCTL, k.fd, _IO(SM_IOC_TYPE, 0xff), q), -ENOTTY);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(the_answer_is_the_same),
		KSM_CASE(a_mirror_is_made_and_read),
		KSM_CASE(what_is_refused_is_refused),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
