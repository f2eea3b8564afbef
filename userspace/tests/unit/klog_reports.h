/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports of the kernel for test_klog_who.c, as Linux 5.10, 6.1, 6.12 and 7.3
 * print them, without what nobody reads.
 */
#ifndef KLOG_REPORTS_H
#define KLOG_REPORTS_H

#include <sys/types.h>

#define LINES	16
#define WANTS	4

/**
 * struct report - what a kernel prints
 * @name: what it is, of which release
 * @lines: the lines, each after "CALLER|" where this kernel says that
 * @wants: what is to be told of, by how it begins
 */
struct report {
	const char *name;
	const char *lines[LINES];
	struct {
		const char *text;
		pid_t pid;
		const char *comm;
	} wants[WANTS];
};

static const struct report reports[] = {
	{ "6.1: a warning", {
		"------------[ cut here ]------------",
		"stalemate: seeded defect splat",
		"WARNING: CPU: 1 PID: 308 at kmod/mirror.c:193 sm_mirror_misjudge+0xe1/0x140 [stalemate]",
		"Modules linked in: stalemate(OE) brd",
		"CPU: 1 PID: 308 Comm: defects Tainted: G           OE      6.1.0-56-amd64 #1  Debian 6.1.192-2",
		"RIP: 0010:sm_mirror_misjudge+0xe1/0x140 [stalemate]",
		"Call Trace:",
		" <TASK>",
		" sm_mirror_drop+0x7b/0x170 [stalemate]",
		" </TASK>",
		"---[ end trace 0000000000000000 ]---",
	}, { { "WARNING: CPU: 1", 308, "defects" } } },
	{ "6.12: moved to another CPU in between", {
		"WARNING: CPU: 0 PID: 360 at kmod/mirror.c:193 sm_mirror_misjudge+0xe5/0x140 [stalemate]",
		"CPU: 1 UID: 0 PID: 360 Comm: defects Kdump: loaded Tainted: G           OE      6.12.117+deb12-amd64 #1  Debian 6.12.117-1~deb12u1",
		"Call Trace:",
		" <TASK>",
		"---[ end trace 0000000000000000 ]---",
	}, { { "WARNING: CPU: 0", 360, "defects" } } },
	{ "7.3: a warning of a thread with a slash in its name", {
		"list_add double add: new=ffff88800bbc4738, prev=ffff88800bbc4738, next=ffff88800b9304e8.",
		"WARNING: at __list_add_valid_or_report+0x13b/0x1a0, CPU#0: sm_agent/0/198",
		"CPU: 0 UID: 0 PID: 198 Comm: sm_agent/0 Tainted: G    B      O        7.3.4-debug #1 PREEMPT  ",
		"Call Trace:",
		" <TASK>",
		"---[ end trace 0000000000000000 ]---",
	}, { { "WARNING: at __list_add", 198, "sm_agent/0" } } },
	{ "5.10: an oops is two complaints of one", {
		"BUG: kernel NULL pointer dereference, address: 0000000000000008",
		"#PF: supervisor write access in kernel mode",
		"PGD 0 P4D 0 ",
		"Oops: 0002 [#1] SMP NOPTI",
		"CPU: 0 PID: 1214 Comm: dp sync: 7/x Tainted: P          IO      5.10.0-46-amd64 #1 Debian 5.10.249-1",
		"Call Trace:",
		" dbuf_sync_list+0x67/0x250",
		"---[ end trace 92750d3eb1480a4a ]---",
	}, { { "BUG: kernel NULL", 1214, "dp sync: 7/x" },
	     { "Oops: 0002", 1214, "dp sync: 7/x" } } },
	{ "6.12: so may three be", {
		"list_del corruption, ffff888 is LIST_POISON1 (dead000000000100)",
		"------------[ cut here ]------------",
		"kernel BUG at lib/list_debug.c:56!",
		"Oops: invalid opcode: 0000 [#1] PREEMPT SMP NOPTI",
		"CPU: 1 UID: 0 PID: 99 Comm: storm/1 Not tainted 6.12.117+deb12-amd64 #1  Debian 6.12.117-1~deb12u1",
		"Call Trace:",
		" <TASK>",
		"---[ end trace 0000000000000000 ]---",
	}, { { "list_del", 99, "storm/1" }, { "kernel BUG", 99, "storm/1" },
	     { "Oops: inv", 99, "storm/1" } } },
	{ "arm64: the same", {
		"Unable to handle kernel paging request at virtual address 0000dead",
		"Internal error: Oops: 0000000096000005 [#2] PREEMPT SMP",
		"CPU: 3 UID: 0 PID: 2266 Comm: containerd-shim Tainted: G      D            6.12.20+rpt-rpi-2712 #1  Debian",
		"pc : __arch_copy_to_user+0xd8/0x240",
		"Call trace:",
		" __arch_copy_to_user+0xd8/0x240",
		"---[ end trace 0000000000000000 ]---",
	}, { { "Unable", 2266, "containerd-shim" },
	     { "Internal", 2266, "containerd-shim" } } },
	{ "6.1: refcount_t", {
		"refcount_t: underflow; use-after-free.",
		"WARNING: CPU: 0 PID: 12 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110",
		"CPU: 0 PID: 12 Comm: a Not tainted 6.1.0-56-amd64 #1  Debian 6.1.192-2",
		"Call Trace:",
		" <TASK>",
		"---[ end trace 0000000000000000 ]---",
	}, { { "refcount_t", 12, "a" }, { "WARNING", 12, "a" } } },
	{ "7.3: KASAN", {
		"==================================================================",
		"BUG: KASAN: slab-use-after-free in sm_gru_release+0x40/0xd0 [stalemate]",
		"Write of size 4 at addr ffff888000e5d300 by task stalemate/111",
		"",
		"CPU: 1 UID: 0 PID: 111 Comm: stalemate Tainted: G           O        7.3.4-debug #1 PREEMPT  ",
		"Tainted: [O]=OOT_MODULE",
		"Call Trace:",
		" <TASK>",
		" dump_stack_lvl+0x59/0x80",
		" </TASK>",
		"",
		"Allocated by task 7:",
		"Freed by task 8:",
	}, { { "BUG: KASAN", 111, "stalemate" } } },
	{ "7.3: lockdep", {
		"WARNING: possible circular locking dependency detected",
		"7.3.4-debug-50dff99c55df #1 Tainted: G           O       ",
		"------------------------------------------------------",
		"stalemate/172 is trying to acquire lock:",
		"ffffffff835441e0 (fs_reclaim){+.+.}-{0:0}, at: __kmalloc_cache_noprof+0x55/0x7f0",
		"locks held by stalemate/172: 2, last CPU#1:",
		"stack backtrace:",
		"CPU: 1 UID: 0 PID: 172 Comm: stalemate Tainted: G           O        7.3.4-debug #1 PREEMPT  ",
		"Call Trace:",
		" <TASK>",
		" </TASK>",
		"stalemate: something else",
	}, { { "WARNING: possible", 172, "stalemate" } } },
	{ "5.10: lockdep and its states", {
		"WARNING: inconsistent lock state",
		"inconsistent {IN-SOFTIRQ-W} -> {SOFTIRQ-ON-W} usage.",
		"a/b/77 [HC0[0]:SC0[0]:HE1:SE1] takes:",
		"Call Trace:",
		" dump_stack+0x6b/0x83",
		"",
	}, { { "WARNING: inconsistent", 77, "a/b" } } },
	{ "7.3: a sleep", {
		"BUG: sleeping function called from invalid context at kernel/fork.c:1220",
		"in_atomic(): 0, irqs_disabled(): 0, non_block: 1, pid: 111, name: stalemate",
		"preempt_count: 0, expected: 0",
		"CPU: 1 UID: 0 PID: 111 Comm: stalemate Tainted: G    B   W  O        7.3.4-debug #1 PREEMPT  ",
		"Call Trace:",
		" <TASK>",
		" </TASK>",
		"",
	}, { { "BUG: sleeping", 111, "stalemate" } } },
	{ "5.10: scheduling", {
		"BUG: scheduling while atomic: storm/0/12/0x00000002",
		"CPU: 0 PID: 12 Comm: storm/0 Not tainted 5.10.0-46-amd64 #1 Debian 5.10.249-1",
		"Call Trace:",
		" dump_stack+0x6b/0x83",
		"quiet",
	}, { { "BUG: scheduling", 12, "storm/0" } } },
	{ "6.12: a bad page map", {
		"BUG: Bad page map in process storm/0  pte:8000000008f12327 pmd:08edd067",
		"page: refcount:1 mapcount:-1 mapping:0000000000000000 index:0x0 pfn:0x8fffa",
		"page dumped because: bad pte",
		"CPU: 1 UID: 0 PID: 221 Comm: storm/0 Tainted: G        W  OE      6.12.117+deb12-amd64 #1  Debian 6.12.117-1~deb12u1",
		"Call Trace:",
		" <TASK>",
		"Disabling lock debugging due to kernel taint",
	}, { { "BUG: Bad page map", 221, "storm/0" } } },
	{ "told by one line", {
		"INFO: task a:b c:1234 blocked for more than 120 seconds.",
		"watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [storm/0:12]",
		"BUG: Bad rss-counter state mm:00000000d74d8726 type:MM_FILEPAGES val:-2 Comm:x y Pid:13",
		"CPU: 0 PID: 99 Comm: other Not tainted",
	}, { { "INFO: task", 1234, "a:b c" }, { "watchdog", 12, "storm/0" },
	     { "BUG: Bad rss", 13, "x y" } } },
	{ "nobody's, and what comes next is not either", {
		"rcu: INFO: rcu_preempt self-detected stall on CPU",
		"CPU: 0 PID: 5 Comm: a Not tainted",
		"kmemleak: 807 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
		"CPU: 0 PID: 6 Comm: b Not tainted",
		"BUG: Bad rss-counter state mm:00000000d74d8726 type:MM_FILEPAGES val:-2",
		"CPU: 0 PID: 7 Comm: c Not tainted",
		"DMAR: DRHD: handling fault status reg 2",
		"CPU: 0 PID: 8 Comm: d Not tainted",
	}, { { "rcu", 0, "" }, { "kmemleak", 0, "" }, { "BUG: Bad rss", 0, "" },
	     { "DMAR", 0, "" } } },
	{ "6.1: the CPU that locked up, and not the one that looked", {
		"NMI watchdog: Watchdog detected hard LOCKUP on cpu 1",
		"CPU: 0 PID: 5 Comm: looker Not tainted 6.1.0-56-amd64 #1",
		"CPU: 1 PID: 6 Comm: locked Not tainted 6.1.0-56-amd64 #1",
		"Call Trace:",
		" <NMI>",
		"quiet",
	}, { { "NMI watchdog", 6, "locked" } } },
};

/* Where a task was interrupted, or CPUs speak at once. */
static const struct report puzzles[] = {
	{ "6.1: an interrupt", {
		"WARNING: CPU: 0 PID: 210 at drivers/infiniband/sw/rxe/rxe_comp.c:1 rxe_completer+0x1/0x2 [rdma_rxe]",
		"CPU: 0 PID: 210 Comm: innocent Not tainted 6.1.0-56-amd64 #1  Debian 6.1.192-2",
		"Call Trace:",
		" <IRQ>",
		" rxe_completer+0x1/0x2",
		"---[ end trace 0000000000000000 ]---",
	}, { { "WARNING", 0, "" } } },
	{ "6.12, Xen: a softirq on a task's stack", {
		"WARNING: CPU: 0 PID: 210 at kernel/workqueue.c:795 __queue_work+0x43c/0x4d0",
		"CPU: 0 UID: 0 PID: 210 Comm: stalemate Tainted: G           OE      6.12.117+deb12-amd64 #1  Debian 6.12.117-1~deb12u1",
		"Call Trace:",
		" <TASK>",
		" ? clockevents_program_event+0x9a/0x100",
		" call_timer_fn+0x2a/0x120",
		" handle_softirqs+0xd0/0x2c0",
		" __irq_exit_rcu+0x91/0xb0",
		"RIP: 0033:0x416598",
		" </TASK>",
		"---[ end trace 0000000000000000 ]---",
	}, { { "WARNING", 0, "" } } },
	{ "a guess on the stack proves nothing", {
		"WARNING: CPU: 0 PID: 210 at kernel/workqueue.c:795 __queue_work+0x43c/0x4d0",
		"Call Trace:",
		" <TASK>",
		" ? handle_softirqs+0xd0/0x2c0",
		" </TASK>",
		"---[ end trace 0000000000000000 ]---",
	}, { { "WARNING", 210, "" } } },
	{ "6.12: two at once, as it was seen", {
		"WARNING: CPU: 0 PID: 210 at kernel/workqueue.c:795 __queue_work+0x43c/0x4d0",
		"Modules linked in: stalemate(OE) xen_gntdev",
		"------------[ cut here ]------------",
		"CPU: 0 UID: 0 PID: 210 Comm: stalemate Tainted: G           OE      6.12.117+deb12-amd64 #1",
		"WARNING: CPU: 1 PID: 214 at mm/memremap.c:461 free_zone_device_folio+0x66/0xb0",
		"Call Trace:",
		" <TASK>",
		" handle_softirqs+0xd0/0x2c0",
		"---[ end trace 0000000000000000 ]---",
		"CPU: 1 UID: 0 PID: 214 Comm: storm/1 Tainted: G        W  OE      6.12.117+deb12-amd64 #1",
	}, { { "WARNING: CPU: 0", 210, "stalemate" }, { "WARNING: CPU: 1", 0, "" } } },
	{ "the line of another", {
		"BUG: Bad page state in process a b  pfn:12345",
		"CPU: 1 PID: 9 Comm: other Not tainted 6.1.0-56-amd64 #1",
		"CPU: 0 PID: 8 Comm: a b Not tainted 6.1.0-56-amd64 #1",
		"Call Trace:",
		" <TASK>",
		"quiet",
	}, { { "BUG: Bad page state", 8, "a b" } } },
	{ "a complaint of another, and then his line", {
		"UBSAN: shift-out-of-bounds in mm/mmu_notifier.c:1:2",
		"WARNING: CPU: 1 PID: 7 at a.c:1 b+0x1/0x2",
		"CPU: 1 PID: 7 Comm: seven Not tainted 6.1.0-56-amd64 #1",
		"CPU: 0 PID: 5 Comm: five Not tainted 6.1.0-56-amd64 #1",
		"Call Trace:",
		" <TASK>",
		"quiet",
	}, { { "UBSAN", 0, "" }, { "WARNING", 7, "seven" } } },
	{ "what is no complaint has such a line too", {
		"UBSAN: shift-out-of-bounds in mm/mmu_notifier.c:1:2",
		"fio: page allocation failure: order:0, mode:0x800(GFP_NOWAIT), nodemask=(null)",
		"CPU: 1 PID: 7 Comm: fio Not tainted 6.1.0-56-amd64 #1",
		"Call Trace:",
		"quiet",
	}, { { "UBSAN", 0, "" } } },
	{ "so has what comes after a trace", {
		"UBSAN: shift-out-of-bounds in mm/mmu_notifier.c:1:2",
		"Call Trace:",
		" <TASK>",
		"CPU: 1 PID: 7 Comm: seven Not tainted 6.1.0-56-amd64 #1",
	}, { { "UBSAN", 0, "" } } },
	{ "with callers, the lines of each", {
		"T5|UBSAN: shift-out-of-bounds in mm/mmu_notifier.c:1:2",
		"T7|CPU: 1 UID: 0 PID: 7 Comm: seven Not tainted 6.15.0-rc7-dirty #2 PREEMPT(full) ",
		"T7|Call Trace:",
		"T7| <IRQ>",
		"T7|---[ end trace 0000000000000000 ]---",
		"T5|CPU: 0 UID: 0 PID: 5 Comm: five Not tainted 6.15.0-rc7-dirty #2 PREEMPT(full) ",
	}, { { "UBSAN", 5, "five" } } },
	{ "with callers, one line is enough", {
		"T5115|WARNING: possible circular locking dependency detected",
		"T5|BUG: kernel NULL pointer dereference, address: 0000000000000008",
		"T6|Oops: 0002 [#1] SMP NOPTI",
		"T99|kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
	}, { { "WARNING", 5115, "" }, { "BUG", 5, "" }, { "Oops", 6, "" },
	     { "kmemleak", 0, "" } } },
	{ "who looks at a CPU is not whom it is about", {
		"T5|CPU0: Watchdog detected hard LOCKUP on cpu 1",
		"T5|CPU: 0 UID: 0 PID: 5 Comm: looker Not tainted 7.3.4-debug #1 PREEMPT  ",
	}, { { "CPU0", 0, "" } } },
	{ "an interrupt is a caller of its own", {
		"C0|WARNING: CPU: 0 PID: 210 at a.c:1 b+0x1/0x2",
		"C0|CPU: 0 PID: 210 Comm: innocent Not tainted 6.1.0-56-amd64 #1",
		"C1|UBSAN: shift-out-of-bounds in mm/mmu_notifier.c:1:2",
		"C1|CPU: 1 PID: 211 Comm: innocent Not tainted 6.1.0-56-amd64 #1",
		"C0|watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [storm/0:12]",
		"T33|INFO: task foo:1234 blocked for more than 120 seconds.",
	}, { { "WARNING", 0, "" }, { "UBSAN", 0, "" }, { "watchdog", 12, "storm/0" },
	     { "INFO", 1234, "foo" } } },
};

#endif /* KLOG_REPORTS_H */
