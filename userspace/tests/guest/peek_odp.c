// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the pages of RDMA on-demand paging, of rxe: they agree with the page
 * table of the process, and who breaks rxe sees it there.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm_rxe.h"

#define PAGES	8
#define ROUNDS	300

static struct ksm k;
static struct ksm_rxe rxe;
static char *area;

static int peek(__u32 driver, int fd, __u32 table, const char *va, size_t pages,
		__u64 *ent, struct sm_ioc_peek *out)
{
	struct sm_ioc_peek p = {
		.size = sizeof(p),
		.driver = driver,
		.fd = fd,
		.table = table,
		.start = (uintptr_t)va,
		.end = (uintptr_t)va + pages * KSM_PAGE,
		.buf = (uintptr_t)ent,
	};
	int err = ksm_ioctl(k.fd, SM_IOC_PEEK, &p);

	if (out)
		*out = p;
	return err;
}

static int peek_area(__u32 table, __u64 *ent, struct sm_ioc_peek *out)
{
	return peek(SM_DRIVER_UMEM_ODP, -1, table, area, PAGES, ent, out);
}

/* Watched from here on, with no region yet. */
static void begin(bool broken)
{
	struct sm_ioc_sabotage s = {
		.size = sizeof(s),
		.defects = KSM_BITS(SM_SABOTAGE_NO_INVALIDATE),
	};
	__u64 ent[PAGES];
	struct sm_ioc_peek p;
	int err;

	ksm_setup(&k, KSM_HUGE);
	rxe = ksm_rxe_open();
	area = ksm_map(&k, 0, PAGES * KSM_PAGE, PROT_READ | PROT_WRITE);
	ksm_fill(area, PAGES * KSM_PAGE);
	err = peek_area(0, ent, &p);
	if (err == -EOPNOTSUPP)
		ksm_skip("on-demand paging of this kernel cannot be read");
	ASSERT_EQ(err, 0);
	EXPECT_EQ(p.tables, 0);
	EXPECT_EQ(p.present, 0);
	if (broken && ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &s))
		ksm_skip("this kernel has no dynamic ftrace");
}

/* Present pages; those that differ from the page table are counted, too. */
static unsigned int look(unsigned int *wrong)
{
	__u64 ent[PAGES], cpu[PAGES];
	struct sm_ioc_peek p;
	unsigned int i, mask = 0;

	*wrong = 0;
	ASSERT_EQ(peek_area(0, ent, &p), 0);
	EXPECT_EQ(p.tables, 1);
	ksm_pagemap(area, PAGES, cpu);
	for (i = 0; i < PAGES; i++) {
		if (!(ent[i] & SM_ENT_PRESENT))
			continue;
		mask |= 1U << i;
		*wrong += !!((ent[i] ^ cpu[i]) & SM_ENT_COMPARE);
	}
	EXPECT_EQ(p.present, __builtin_popcount(mask));
	return mask;
}

static void arguments(void)
{
	__u64 ent[PAGES];

	begin(false);
	EXPECT_EQ(peek(SM_DRIVER_NR, -1, 0, area, 1, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(SM_DRIVER_UMEM_ODP, 0, 0, area, 1, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(SM_DRIVER_UMEM_ODP, -1, 0, area + 1, 1, ent, NULL),
		  -EINVAL);
	EXPECT_EQ(peek(SM_DRIVER_UMEM_ODP, -1, 0, area, 1, NULL, NULL),
		  -EFAULT);
	EXPECT_EQ(peek(SM_DRIVER_UMEM_ODP, -1, 0, NULL, SM_PEEK_MAX / KSM_PAGE,
		       NULL, NULL), -EFAULT);
}

static void follows(void)
{
	unsigned int wrong;

	begin(false);
	ksm_rxe_register(&rxe, area, PAGES * KSM_PAGE);
	EXPECT_EQ(look(&wrong), 0xff);
	EXPECT_EQ(wrong, 0);
	ASSERT_EQ(madvise(area + 2 * KSM_PAGE, KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_EQ(look(&wrong), 0xfb);
	EXPECT_EQ(wrong, 0);
}

static void broken(void)
{
	unsigned int wrong;

	begin(true);
	ksm_rxe_register(&rxe, area, PAGES * KSM_PAGE);
	ASSERT_EQ(madvise(area + 2 * KSM_PAGE, KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_EQ(look(&wrong), 0xff);
	EXPECT_EQ(wrong, 1);
}

/* Each region has its own, and only where it is. */
static void several(void)
{
	struct sm_ioc_peek p;
	__u64 ent[PAGES];
	__u32 first, second;

	begin(false);
	first = ksm_rxe_register(&rxe, area, 2 * KSM_PAGE);
	second = ksm_rxe_register(&rxe, area + KSM_PAGE, 4 * KSM_PAGE);
	ASSERT_EQ(peek_area(0, ent, &p), 0);
	EXPECT_EQ(p.tables, 2);
	EXPECT_EQ(p.present, 2);
	ASSERT_EQ(peek_area(1, ent, &p), 0);
	EXPECT_EQ(p.present, 4);
	EXPECT_EQ(ent[0], 0);
	EXPECT_EQ(ent[5], 0);
	ASSERT_EQ(peek_area(2, ent, &p), 0);
	EXPECT_EQ(p.present, 0);
	ksm_rxe_deregister(&rxe, first);
	ASSERT_EQ(peek_area(0, ent, &p), 0);
	EXPECT_EQ(p.tables, 1);
	EXPECT_EQ(p.present, 4);
	ksm_rxe_deregister(&rxe, second);
	ASSERT_EQ(peek_area(0, ent, &p), 0);
	EXPECT_EQ(p.tables, 0);
}

static void *peek_all_the_time(void *arg)
{
	__u64 ent[PAGES];

	while (!KSM_LOAD(*(int *)arg))
		peek_area(0, ent, NULL);
	return NULL;
}

/* Regions come and go under who looks on. */
static void races(void)
{
	pthread_t thread[2];
	unsigned int i;
	int stop = 0;

	begin(false);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, peek_all_the_time,
					 &stop), 0);
	for (i = 0; i < ROUNDS; i++) {
		__u32 region = ksm_rxe_register(&rxe, area, PAGES * KSM_PAGE);

		madvise(area, KSM_PAGE, MADV_DONTNEED);
		ksm_rxe_deregister(&rxe, region);
	}
	KSM_STORE(stop, 1);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
}

static bool unloaded(void *arg)
{
	(void)arg;
	return !ksm_module_unload();
}

/* Killed while it looks; its regions are left to the driver. */
static void killed(void)
{
	int pipes[2], pid, stop = 0;
	char ready;

	ASSERT_EQ(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		begin(false);
		ksm_rxe_register(&rxe, area, PAGES * KSM_PAGE);
		if (write(pipes[1], "", 1) == 1)
			peek_all_the_time(&stop);
		_exit(1);
	}
	close(pipes[1]);
	if (read(pipes[0], &ready, 1) != 1)
		ksm_skip("on-demand paging cannot be read here");
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	EXPECT_TRUE(ksm_wait_until(unloaded, NULL, 10000));
	ASSERT_EQ(ksm_module_load(), 0);
}

/* A region that is there when the module goes, and a new module. */
static void module_first(void)
{
	unsigned int wrong;

	begin(false);
	ksm_rxe_register(&rxe, area, PAGES * KSM_PAGE);
	EXPECT_EQ(look(&wrong), 0xff);
	ksm_unmap_device(&k);
	ASSERT_EQ(close(k.fd), 0);
	EXPECT_TRUE(ksm_wait_until(unloaded, NULL, 10000));
	close(rxe.fd);
	ASSERT_EQ(ksm_module_load(), 0);
}

/* Probes that are switched off: nobody is missed who comes, nor who goes. */
static void no_kprobes(void)
{
	struct sm_ioc_peek p;
	__u64 ent[PAGES];
	unsigned int wrong;
	__u32 early, late;

	begin(false);
	early = ksm_rxe_register(&rxe, area, PAGES * KSM_PAGE);
	EXPECT_EQ(look(&wrong), 0xff);
	ksm_kprobes(false);
	ksm_rxe_deregister(&rxe, early);
	late = ksm_rxe_register(&rxe, area, PAGES * KSM_PAGE);
	ksm_kprobes(true);
	EXPECT_EQ(look(&wrong), 0xff);
	EXPECT_EQ(wrong, 0);
	ksm_rxe_deregister(&rxe, late);
	ASSERT_EQ(peek_area(0, ent, &p), 0);
	EXPECT_EQ(p.tables, 0);
}

/* Who would see nobody come says so. */
static void no_ftrace(void)
{
	__u64 ent[PAGES];
	int err;

	if (ksm_module_unload() || ksm_module_load())
		ksm_skip("cannot load the module anew");
	if (ksm_set(KSM_FTRACE, "0"))
		ksm_skip("cannot switch ftrace off");
	ksm_setup(&k, KSM_HUGE);
	area = ksm_map(&k, 0, PAGES * KSM_PAGE, PROT_READ | PROT_WRITE);
	err = peek_area(0, ent, NULL);
	EXPECT_EQ(ksm_set(KSM_FTRACE, "1"), 0);
	if (err == -EOPNOTSUPP)
		ksm_skip("on-demand paging of this kernel cannot be read");
	EXPECT_EQ(err, -ESHUTDOWN);
	EXPECT_EQ(peek_area(0, ent, NULL), 0);
	EXPECT_EQ(ksm_set(KSM_FTRACE, "0"), -EBUSY);
}

/* The drivers go and come again, and are seen as before. */
static void drivers_go(void)
{
	unsigned int wrong;

	begin(false);
	close(rxe.fd);
	if (!ksm_rxe_unload())
		ksm_skip("rdma_rxe is in use by others");
	munmap(area, PAGES * KSM_PAGE);
	ksm_unmap_device(&k);
	ASSERT_EQ(close(k.fd), 0);
	begin(false);
	ksm_rxe_register(&rxe, area, PAGES * KSM_PAGE);
	EXPECT_EQ(look(&wrong), 0xff);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(arguments),
		KSM_CASE(follows),
		KSM_CASE(broken),
		KSM_CASE(several),
		KSM_CASE(races),
		KSM_CASE(no_kprobes),
		KSM_CASE(no_ftrace),
		KSM_CASE(killed),
		KSM_CASE(module_first),
		KSM_CASE(drivers_go),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
