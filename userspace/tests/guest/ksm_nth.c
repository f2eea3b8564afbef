// SPDX-License-Identifier: GPL-2.0-only
/* Fault injection, see fault-injection.rst in the kernel; and ksm.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksm.h"

#define KSM_NTH_MAX	1000

int ksm_nth = -1;

static void ksm_nth_knob(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;		/* that kind of failure is not built in */
	EXPECT_EQ(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

/* Allocations that may sleep fail too, single pages too, and quietly. */
void ksm_nth_start(void)
{
	ksm_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_GE(ksm_nth, 0);
	ksm_nth_knob("failslab/ignore-gfp-wait", "N");
	ksm_nth_knob("failslab/verbose", "0");
	ksm_nth_knob("fail_page_alloc/ignore-gfp-wait", "N");
	ksm_nth_knob("fail_page_alloc/ignore-gfp-highmem", "N");
	ksm_nth_knob("fail_page_alloc/min-order", "0");
	ksm_nth_knob("fail_page_alloc/verbose", "0");
	ksm_nth_knob("fail_usercopy/verbose", "0");
}

/* Have the kernel log each that fails, but for those that may fail quietly. */
void ksm_nth_tell(void)
{
	ksm_nth_knob("failslab/verbose", "1");
	ksm_nth_knob("fail_page_alloc/verbose", "1");
	ksm_nth_knob("fail_usercopy/verbose", "1");
}

/* Let the @nth place from here on fail in the thread that @fd is of. */
void ksm_nth_arm(int fd, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	ASSERT_EQ(pwrite(fd, text, len, 0), len);
}

/*
 * Places still to come, 0 once one has failed. To read it is a copy to
 * userspace and so a place itself.
 */
unsigned int ksm_nth_left(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) < 0 ? 1 : atoi(text);
}

/* Did a place of this thread fail since it was armed? */
bool ksm_nth_disarm(void)
{
	unsigned int left = ksm_nth_left(ksm_nth);

	/* This too may be the place that fails. */
	while (left && pwrite(ksm_nth, "0", 1, 0) != 1)
		;
	return !left;
}

static void ksm_nth_expect_same(const struct sm_ioc_query *before)
{
	struct sm_ioc_query now;

	ASSERT_EQ(ksm_query(&now), 0);
	EXPECT_EQ(now.contexts, before->contexts);
	EXPECT_EQ(now.mirrors, before->mirrors);
	EXPECT_EQ(now.leaves, before->leaves);
	EXPECT_EQ(now.agents, before->agents);
	EXPECT_EQ(now.mms, before->mms);
	EXPECT_EQ(now.pages, before->pages);
}

/* The call once, with its @nth place failing; 0 is none. */
static bool ksm_sweep_once(const struct ksm_sweep *s, unsigned int nth, int *err)
{
	bool injected = false;

	if (s->prepare)
		s->prepare();
	if (nth)
		ksm_nth_arm(ksm_nth, nth);
	*err = s->call();
	if (nth)
		injected = ksm_nth_disarm();
	if (s->undo)
		s->undo(*err);
	return injected;
}

static void ksm_sweep_call(const struct ksm_sweep *s)
{
	struct sm_ioc_query before;
	unsigned int step = s->step ? s->step : 1;
	unsigned int nth, places = 0, failed = 0;
	bool injected = true;
	int err;

	ksm_sweep_once(s, 0, &err);	/* what is allocated once and for all */
	ASSERT_EQ(err, 0);
	ASSERT_EQ(ksm_query(&before), 0);
	for (nth = s->skip + 1; injected && nth < KSM_NTH_MAX && !ksm_failed();
	     nth += step) {
		injected = ksm_sweep_once(s, nth, &err);
		places += injected;
		if (err != -ENOMEM && err != -EFAULT &&
		    !(injected && s->also && err == s->also))
			EXPECT_EQ(err, 0);
		failed += !!err;
		ksm_nth_expect_same(&before);
		ksm_sweep_once(s, 0, &err);
		EXPECT_EQ(err, 0);
		ksm_nth_expect_same(&before);
		EXPECT_EQ(ksm_log_splats(), 0);
	}
	if (ksm_failed())
		ksm_note("%s: with place %u failing", s->name, nth - step);
	EXPECT_FALSE(injected);
	if (s->silent)
		EXPECT_EQ(failed, 0);
	else
		EXPECT_GT(failed, 0);
	ksm_note("%s: %u places, %u made the call fail", s->name, places,
		 failed);
}

/* Make each place of each call fail once. */
void ksm_sweep(const struct ksm_sweep *s, unsigned int nr)
{
	unsigned int i;

	ksm_timeout(600);
	for (i = 0; i < nr && !ksm_failed(); i++)
		ksm_sweep_call(&s[i]);
}

/* ksm_main() where faults can be injected; elsewhere all is skipped. */
int ksm_nth_main(const struct ksm_case *cases, unsigned int nr)
{
	if (access("/proc/self/fail-nth", F_OK)) {
		printf("KTAP version 1\n1..1\n");
		printf("ok 1 fail_nth # SKIP wants CONFIG_FAULT_INJECTION\n");
		return 4;
	}
	return ksm_main(cases, nr);
}
