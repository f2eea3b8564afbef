// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which lines of the kernel log are complaints.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/kmsg.h"
#include "base/util.h"
#include "session/allow.h"
#include "session/klog.h"

static const char *const complaints[] = {
	"WARNING: CPU: 1 PID: 99 at kmod/defect.c:12 sm_defect_splat+0x5/0x10",
	"WARNING: possible circular locking dependency detected",
	"WARNING: possible recursive locking detected",
	"WARNING: suspicious RCU usage",
	"WARNING: bad unlock balance detected!",
	"WARNING: held lock freed!",
	"WARNING: lock held when returning to user space!",
	"WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected",
	"[ BUG: Invalid wait context ]",
	"INFO: trying to register non-static key.",
	"ODEBUG: free active (active state 0) object: 1 object type: work_struct hint: a+0x0/0x1",
	"kernel BUG at mm/page_table_check.c:86!",
	"BUG kmalloc-64 (Tainted: G    B): Poison overwritten",
	"pagealloc: memory corruption",
	"BUG: unable to handle page fault for address: ffffc90000000000",
	"Unable to handle kernel paging request at virtual address 0000dead",
	"BUG: kernel NULL pointer dereference, address: 0000000000000008",
	"BUG: KASAN: slab-use-after-free in sm_tlb_get+0x1/0x2 [stalemate]",
	"BUG: KCSAN: data-race in a / b",
	"UBSAN: shift-out-of-bounds in mm/mmu_notifier.c:1:2",
	"BUG: sleeping function called from invalid context at mm/a.c:1",
	"BUG: scheduling while atomic: stalemate/12/0x00000002",
	"BUG: Bad page state in process stalemate  pfn:12345",
	"BUG: Bad page map in process stalemate  pte:1 pmd:2",
	"BUG: Bad rss-counter state mm:00000000 type:MM_ANONPAGES val:1",
	"kernel BUG at mm/memory.c:1!",
	"Oops: 0000 [#1] PREEMPT SMP NOPTI",
	"general protection fault, probably for non-canonical address 0x1",
	"watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [stalemate:12]",
	"watchdog: Watchdog detected hard LOCKUP on cpu 0",
	"INFO: task stalemate:12 blocked for more than 120 seconds.",
	"rcu: INFO: rcu_preempt self-detected stall on CPU",
	"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
	"refcount_t: underflow; use-after-free.",
	"list_add corruption. prev->next should be next",
	"list_del corruption, ffff->next is LIST_POISON1",
	"kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug)",
	"sm_start+0x0/0x10 [m] callback failed with -11 in blockable context.",
	"Kernel panic - not syncing: Fatal exception",
	"DMAR: DRHD: handling fault status reg 2",
	"DMAR: [DMA Write NO_PASID] Request device [00:1f.2] fault addr 0x7f000 [fault reason 0x05] PTE Write access is not set",
	"pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000f address=0x7f000 flags=0x0030]",
	"AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=0000:01:00.0 pasid=0x00000 address=0x1 flags=0x0]",
	"mm/pgtable-generic.c:50: bad pmd 00000000a1b2c3d4(0000000000000200)",
	"BUG: KMSAN: uninit-value in a+0x1/0x2",
	"BUG: Bad page cache in process stalemate  pfn:12345",
	"divide error: 0000 [#1] PREEMPT SMP NOPTI",
	"Internal error: Oops: 0000000096000004 [#1] SMP",
	"rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: {",
	"VFS: Busy inodes after unmount of sda (ext4)",
	"get_swap_device: Bad swap file entry 3fffffffffff",
	NULL
};

static const char *const chatter[] = {
	"stalemate: loading out-of-tree module taints kernel.",
	"Call Trace:",
	"------------[ cut here ]------------",
	"---[ end trace 0000000000000000 ]---",
	"sm_start+0x0/0x10 callback failed with -11 in non-blockable context.",
	"zram0: detected capacity change from 0 to 1048576",
	"systemd[1]: Started bug-report.service",
	"traps: storm[12] general protection fault ip:1 sp:2 error:0",
	"traps: storm[12] trap invalid opcode ip:1 sp:2 error:0",
	"drv 0000:01:00.0: WARNING: old firmware",
	"ODEBUG: Out of memory. ODEBUG disabled",
	"DMAR: Host address width 39",
	"DMAR: [Firmware Bug]: RMRR entry for device 00:1a.0 is broken",
	"AMD-Vi: Interrupt remapping enabled",
	"",
	NULL
};

static void complaints_are_seen(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; complaints[i]; i++)
		if (!sm_klog_splat(complaints[i]))
			fail_msg("missed: %s", complaints[i]);
}

static void chatter_is_not(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; chatter[i]; i++)
		if (sm_klog_splat(chatter[i]))
			fail_msg("accused: %s", chatter[i]);
}

static void records_are_taken_apart(void **state)
{
	struct sm_kmsg_message m;

	(void)state;
	assert_true(sm_kmsg_parse("4,339,5140900,-;WARNING: a;b\n KEY=v\n",
				  &m));
	assert_int_equal(m.seq, 339);
	assert_int_equal(m.facility, 0);
	assert_string_equal(m.caller, "");
	assert_string_equal(m.text, "WARNING: a;b");
	assert_true(sm_kmsg_parse("12,340,5140900,-,caller=T1;hello\n", &m));
	assert_int_equal(m.facility, 1);
	assert_string_equal(m.caller, "T1");
	assert_string_equal(m.text, "hello");
	assert_true(sm_kmsg_parse("4,1,2,-;hello,caller=T1;\n", &m));
	assert_string_equal(m.caller, "");
	assert_false(sm_kmsg_parse("", &m));
	assert_false(sm_kmsg_parse("no record", &m));
	assert_false(sm_kmsg_parse("x,1,2,-;text", &m));
	assert_false(sm_kmsg_parse("4;text", &m));
}

/* A file of these bytes, read. Returns what sm_allow_read() does. */
static int allow_file(struct sm_allow *a, const char *text, char *why,
		      size_t size)
{
	char path[] = "/tmp/test_klog.XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = sm_allow_read(a, path, why, size);
	unlink(path);
	return err;
}

static void excuses_expire(void **state)
{
	const char *line = "WARNING: at known place";
	const struct sm_allow_entry *n, *expired;
	struct sm_allow a = { NULL, 0 };
	char why[256] = "";

	(void)state;
	assert_int_equal(allow_file(&a, "# known\n\n"
				    "2027-01-01\tat known (place|time)\tfixed\n",
				    why, sizeof(why)), 0);
	n = sm_allow_find(&a, line, 20261231, &expired);
	assert_non_null(n);
	assert_string_equal(n->reason, "fixed");
	assert_null(expired);
	assert_null(sm_allow_find(&a, line, 20270101, &expired));
	assert_non_null(expired);
	assert_null(sm_allow_find(&a, "WARNING: new", 20261231, &expired));
	assert_null(expired);
	/* On the command line they do not. */
	assert_int_equal(sm_allow_add(&a, "known", why, sizeof(why)), 0);
	assert_non_null(sm_allow_find(&a, line, 20270101, &expired));
	assert_null(expired);
	sm_allow_free(&a);
}

static void excuses_have_reasons(void **state)
{
	static const char *const wrong[][2] = {
		{ "2027-01-01\tpattern\n", ":1: want a day, a pattern and a reason" },
		{ "2027-01-01\tpattern\t\n", ":1: want a day" },
		{ "#\n2027-02-30\tpattern\treason\n", ":2: '2027-02-30' is no day" },
		{ "27-02-03\tpattern\treason\n", ":1: '27-02-03' is no day" },
		{ "2027-01-01\t(\treason", ":1: '(': " },
	};
	struct sm_allow a = { NULL, 0 };
	char why[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(wrong); i++) {
		assert_true(allow_file(&a, wrong[i][0], why, sizeof(why)) < 0);
		if (!strstr(why, wrong[i][1]))
			fail_msg("'%s' does not say '%s'", why, wrong[i][1]);
	}
	assert_true(sm_allow_read(&a, "/none", why, sizeof(why)) < 0);
	assert_string_equal(why, "/none: No such file or directory");
	assert_int_equal(a.nr, 0);
	sm_allow_free(&a);
}

static void count_line(const struct sm_klog_complaint *c, void *arg)
{
	assert_non_null(strstr(c->text, "WARNING"));
	++*(unsigned int *)arg;
}

static void say(int fd, const char *record)
{
	assert_int_equal(write(fd, record, strlen(record)), strlen(record));
}

static void a_log_is_followed(void **state)
{
	struct sm_klog *k;
	unsigned int lines = 0;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK,
				    0, fd), 0);
	k = sm_klog_attach(fd[0], NULL);
	assert_non_null(k);
	assert_int_equal(sm_klog_poll(k, count_line, &lines), 0);
	say(fd[1], "4,10,1,-;WARNING: one\n SUBSYSTEM=x\n");
	say(fd[1], "6,11,2,-;quiet\n");
	say(fd[1], "12,12,3,-;WARNING: written by a user\n");
	say(fd[1], "4,20,4,-;WARNING: two\n");
	say(fd[1], "4,21,5,-;\\x0a=====\\x0aWARNING: possible three\n");
	assert_int_equal(sm_klog_poll(k, count_line, &lines), 2);
	assert_int_equal(sm_klog_flush(k, count_line, &lines), 1);
	assert_int_equal(lines, 3);
	assert_int_equal(sm_klog_explained(k), 0);
	say(fd[1], "4,22,6,-;WARNING: CPU: 1 PID: 2 at a.c:3\n");
	assert_int_equal(sm_klog_poll(k, count_line, &lines), 0);
	assert_int_equal(sm_klog_explained(k), SM_BIT(9));
	assert_int_equal(sm_klog_flush(k, count_line, &lines), 1);
	assert_int_equal(sm_klog_explained(k), SM_BIT(9));
	assert_int_equal(sm_klog_lost(k), 7);
	assert_int_equal(sm_klog_poll(k, NULL, NULL), 0);
	close(fd[1]);
	assert_int_equal(sm_klog_poll(k, NULL, NULL), 0);
	sm_klog_close(k);
}

static void no_log_is_no_crash(void **state)
{
	(void)state;
	assert_int_equal(sm_klog_poll(NULL, NULL, NULL), 0);
	assert_int_equal(sm_klog_flush(NULL, NULL, NULL), 0);
	assert_int_equal(sm_klog_lost(NULL), 0);
	sm_klog_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complaints_are_seen),
		cmocka_unit_test(chatter_is_not),
		cmocka_unit_test(records_are_taken_apart),
		cmocka_unit_test(excuses_expire),
		cmocka_unit_test(excuses_have_reasons),
		cmocka_unit_test(a_log_is_followed),
		cmocka_unit_test(no_log_is_no_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
