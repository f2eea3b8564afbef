// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signatures: what must not change them, what must, and that they are today what
 * they were when they were first kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "judge/known.h"
#include "session/catalogue.h"
#include "session/signature.h"

#define TEST(function)	cmocka_unit_test(function)
#define HUGE		(9ULL << SM_ENT_ORDER_SHIFT)

/* Each of a finding's names has room for these. */
static void name(char *to, const char *from)
{
	snprintf(to, sizeof(((struct sm_finding *)0)->oracle), "%s", from);
}

static struct sm_finding finding(const char *oracle, const char *profile,
				 unsigned int kind)
{
	struct sm_finding f = {
		.kind = kind,
		.op = "munmap",
		.va = 0x10000983000,
		.mirror_entry = SM_ENT_PRESENT | SM_ENT_WRITE | 0x43a3a,
		.gen = 2940,
		.last_inval = 2941,
		.missed = SM_EVENT_UNMAP,
		.t_ns = 123,
		.text = "device read 10000983000 by an entry of generation 2940",
	};

	name(f.oracle, oracle);
	name(f.profile, profile);
	return f;
}

static struct sm_finding stale(void)
{
	return finding("late", "kvm", SM_KIND_STALE);
}

static bool alike(const struct sm_finding *a, const struct sm_finding *b)
{
	struct sm_signature s, t;

	sm_signature(a, &s);
	sm_signature(b, &t);
	return !strcmp(s.hash, t.hash);
}

/* Computed by another program from "1|oracle|profile|kind|complaint". */
static void they_are_what_they_were(void **unused)
{
	static const struct {
		const char *oracle, *profile;
		unsigned int kind;
		const char *text, *hash, *title;
	} known[] = {
		{ "pagemap", "umem-odp", SM_KIND_UNMAPPED,
		  "",
		  "a310e12f7174c779",
		  "pagemap: umem-odp: an entry outlived its page (unmapped)" },
		{ "late", "kvm", SM_KIND_STALE,
		  "",
		  "aaf0447541372b5f",
		  "late: kvm: an entry outlived an invalidation that left it" },
		{ "over", "kvm", SM_KIND_DROPPED,
		  "",
		  "1ab9e3e632b9337c",
		  "over: kvm: an event dropped more than its range" },
		{ "content", "gntdev", SM_KIND_KNOWN + SM_KNOWN_GNTDEV_DOFORK, "",
		  "6c26ec20b856ce53",
		  "content: gntdev: after MADV_DOFORK a child keeps what its parent unmaps" },
		{ "contract", "", SM_KIND_LEFT_OPEN,
		  "",
		  "77fe4fe830ae482e",
		  "contract: a refused start is left open" },
		{ "kernel", "", SM_KIND_COMPLAINT,
		  "WARNING: CPU: 1 PID: 99 at mm/foo.c:123 bar+0x1/0x2",
		  "9d6a3a5b648ad1d2",
		  "kernel: WARNING: foo.c bar" },
	};
	struct sm_signature s;
	struct sm_finding f;
	unsigned int i;

	(void)unused;
	for (i = 0; i < SM_ARRAY_SIZE(known); i++) {
		f = finding(known[i].oracle, known[i].profile, known[i].kind);
		snprintf(f.text, sizeof(f.text), "%s", known[i].text);
		sm_signature(&f, &s);
		assert_string_equal(s.title, known[i].title);
		assert_string_equal(s.hash, known[i].hash);
	}
}

static void a_stale_entry_is_told_by_its_cause(void **unused)
{
	static const struct {
		uint64_t entry;
		unsigned int missed;
		bool edge, torn;
		const char *kind;
	} cases[] = {
		{ 0, SM_EVENT_UNMAP, false, false, "stale" },
		{ 0, SM_EVENT_CLEAR, true, false, "stale-end" },
		{ 0, SM_EVENT_NR, false, false, "stale" },
		{ 0, SM_EVENT_PROTECTION_VMA, false, false, "stale-mprotect" },
		{ 0, SM_EVENT_PROTECTION_VMA, true, false, "stale-end" },
		{ 0, SM_EVENT_PROTECTION_PAGE, false, false, "stale-cow" },
		{ 0, SM_EVENT_SOFT_DIRTY, false, false, "stale-soft-dirty" },
		{ 0, SM_EVENT_MIGRATE, false, false, "stale-migrate" },
		{ 0, SM_EVENT_EXCLUSIVE, false, false, "stale-migrate" },
		{ HUGE, SM_EVENT_MIGRATE, false, false, "stale-migrate" },
		{ HUGE, SM_EVENT_MIGRATE, true, true, "stale-huge" },
		{ HUGE, SM_EVENT_NR, false, false, "stale-huge" },
		{ SM_ENT_RACED, SM_EVENT_MIGRATE, false, false, "raced" },
		{ SM_ENT_RACED | HUGE, SM_EVENT_CLEAR, true, true, "raced" },
	};
	struct sm_signature s;
	struct sm_finding f;
	unsigned int i;

	(void)unused;
	for (i = 0; i < SM_ARRAY_SIZE(cases); i++) {
		f = stale();
		f.mirror_entry |= cases[i].entry;
		f.missed = cases[i].missed;
		f.missed_edge = cases[i].edge;
		f.torn = cases[i].torn;
		sm_signature(&f, &s);
		assert_string_equal(s.kind, cases[i].kind);
	}
}

/* Which oracle sees a stale entry first is chance. */
static void who_saw_a_stale_entry_does_not_matter(void **unused)
{
	struct sm_finding a = stale(), b;

	(void)unused;
	b = finding("pagemap", "kvm", SM_KIND_REPLACED);
	assert_false(alike(&a, &b));
	b.stale = true;
	assert_true(alike(&a, &b));
	b = finding("dirty", "kvm", SM_KIND_UNSAVED);
	b.stale = true;
	assert_true(alike(&a, &b));
	b = finding("over", "kvm", SM_KIND_DROPPED);
	b.stale = true;
	assert_false(alike(&a, &b));
}

static void where_and_when_do_not_matter(void **unused)
{
	struct sm_finding a = stale(), b = stale();

	(void)unused;
	name(b.op, "mprotect-ro");
	b.va = 0x10000000000;
	b.mirror_entry = SM_ENT_PRESENT | SM_ENT_ACCESSED | 1;
	b.cpu_entry = SM_ENT_PRESENT | 2;
	b.compared = true;
	b.gen = 1;
	b.last_inval = 77;
	b.missed = SM_EVENT_CLEAR;
	b.t_ns = 9;
	b.nr_history = 1;
	b.truncated = true;
	snprintf(b.text, sizeof(b.text), "device wrote to 10000000000");
	snprintf(b.history[0].emitter, sizeof(b.history[0].emitter), "x");
	assert_true(alike(&a, &b));
}

static void who_and_what_matter(void **unused)
{
	struct sm_finding a = stale(), b;

	(void)unused;
	a = finding("content", "kvm", SM_KIND_UNMAPPED);
	b = finding("pagemap", "kvm", SM_KIND_UNMAPPED);
	assert_false(alike(&a, &b));
	a = stale();
	b = stale();
	name(b.profile, "hmm");
	assert_false(alike(&a, &b));
	b = stale();
	b.kind = SM_KIND_UNMAPPED;
	assert_false(alike(&a, &b));
	b = stale();
	b.mirror_entry |= SM_ENT_RACED;
	assert_false(alike(&a, &b));
}

/* Each kind has a word of its own, which a name in a file may be, and a text. */
static void all_kinds_have_words(void **unused)
{
	static struct sm_signature s[SM_KIND_KNOWN + SM_KNOWN_NR];
	struct sm_finding f = finding("late", "", 0);
	unsigned int i, j;

	(void)unused;
	for (i = 0; i < SM_ARRAY_SIZE(s); i++) {
		f.kind = i;
		sm_signature(&f, &s[i]);
		assert_int_equal(strlen(s[i].hash), 16);
		assert_true(strlen(s[i].kind) > 3);
		assert_int_equal(strspn(s[i].kind,
					"abcdefghijklmnopqrstuvwxyz-"),
				 strlen(s[i].kind));
		assert_true(strlen(s[i].title) > strlen("late: ") + 8);
		for (j = 0; j < i; j++) {
			assert_string_not_equal(s[i].kind, s[j].kind);
			assert_string_not_equal(s[i].hash, s[j].hash);
		}
	}
	f.kind = i;
	sm_signature(&f, &s[0]);
	assert_string_equal(s[0].kind, "unsaid");
}

/* As the kernel prints them, and what is left. */
static const char *const complaints[][2] = {
	{ "WARNING: CPU: 1 PID: 99 at mm/foo.c:123 bar+0x1/0x2",
	  "WARNING: foo.c bar" },
	{ "WARNING: CPU: 0 PID: 4 at /build/a-1/mm/foo.c:9 bar.isra.0+0x8/0x9 [mod]",
	  "WARNING: foo.c bar" },
	{ "WARNING: mm/foo.c:123 at bar.cold+0x1/0x2, CPU#1: comm/99",
	  "WARNING: foo.c bar" },
	{ "WARNING: possible circular locking dependency detected",
	  "WARNING: possible circular locking dependency detected" },
	{ "BUG: KASAN: slab-use-after-free in sm_gru_free.part.0+0x1b/0x90 [stalemate]",
	  "BUG: KASAN: slab-use-after-free in sm_gru_free" },
	{ "BUG: unable to handle page fault for address: ffff888012345678",
	  "BUG: unable to handle page fault for address:" },
	{ "Oops: 0002 [#1] PREEMPT SMP NOPTI", "Oops: PREEMPT SMP NOPTI" },
	{ "INFO: task stalemate:221 blocked for more than 120 seconds.",
	  "INFO: task blocked for more than seconds." },
	{ "BUG: soft lockup - CPU#1 stuck for 22s! [kworker/1:2:77]",
	  "BUG: soft lockup - stuck for s!" },
	{ "BUG: sleeping function called from invalid context at mm/mutex.c:580",
	  "BUG: sleeping function called from invalid context at mutex.c" },
	{ "mm/pgtable-generic.c:51: bad pmd 00000000deadbeef(8000000012a)",
	  "pgtable-generic.c bad pmd" },
	{ "UBSAN: array-index-out-of-bounds in lib/x.c:4:9",
	  "UBSAN: array-index-out-of-bounds in x.c" },
	{ "VFS: Busy inodes after unmount of sda1 (excused until 2026-01-01, by f:1)",
	  "VFS: Busy inodes after unmount of sda1" },
	{ "BUG: Bad page state in process storm 0  pfn:abcde",
	  "BUG: Bad page state in process" },
	{ "BUG: Bad page cache in process kswapd0  pfn:12345",
	  "BUG: Bad page cache in process" },
	{ "BUG: Bad page map in process storm-3  pte:8000000012345067 pmd:10a3c067",
	  "BUG: Bad page map in process" },
	{ "BUG: Bad rss-counter state mm:00000000d1c0ffee type:MM_ANONPAGES val:-3",
	  "BUG: Bad rss-counter state type:MM_ANONPAGES" },
	{ "BUG: Bad rss-counter state mm:00000000d1c0ffee type:MM_SWAPENTS val:5 Comm:a b Pid:9",
	  "BUG: Bad rss-counter state type:MM_SWAPENTS" },
	{ "BUG: non-zero pgtables_bytes on freeing mm: 4096",
	  "BUG: non-zero pgtables_bytes on freeing mm:" },
	{ "BUG: spinlock bad magic on CPU#1, storm-3/99",
	  "BUG: spinlock bad magic" },
	{ "BUG: rwlock wrong CPU on CPU#0, storm 0/99, 00000000d1c0ffee",
	  "BUG: rwlock wrong CPU" },
	{ "BUG: scheduling while atomic: storm 0/99/0x00000002",
	  "BUG: scheduling while atomic:" },
	{ "BUG: using smp_processor_id() in preemptible [00000000] code: storm 0/99",
	  "BUG: using smp_processor_id() in preemptible code:" },
	{ "BUG: workqueue leaked atomic, lock or RCU: kworker/1:2[99]",
	  "BUG: workqueue leaked atomic, lock or RCU:" },
	{ "BUG: workqueue leaked lock or atomic: kworker/u4:1/0x00000001/99",
	  "BUG: workqueue leaked lock or atomic:" },
	{ "BUG: workqueue lockup - pool cpus=0-1 node=0 flags=0x0 nice=-20 stuck for 31s!",
	  "BUG: workqueue lockup - pool stuck for s!" },
	{ "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [storm 0:99]",
	  "watchdog: BUG: soft lockup - stuck for s!" },
	{ "watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 1",
	  "watchdog: Watchdog detected hard LOCKUP on cpu" },
	{ "BUG: Dentry 00000000d1c0ffee{i=1f,n=a file}  still in use (1) [unmount of tmpfs tmpfs]",
	  "BUG: Dentry still in use [unmount of tmpfs tmpfs]" },
	{ "BUG kmalloc-64 (Tainted: G    B   W  O      ): Redzone overwritten",
	  "BUG kmalloc-64 Redzone overwritten" },
	{ "BUG kmalloc-64 (Not tainted): Redzone overwritten",
	  "BUG kmalloc-64 Redzone overwritten" },
	{ "BUG: KFENCE: use-after-free write in sm_gru_detach+0x1b/0x90",
	  "BUG: KFENCE: use-after-free write in sm_gru_detach" },
	{ "BUG: kernel NULL pointer dereference, address: 0000000000000008",
	  "BUG: kernel NULL pointer dereference, address:" },
	{ "BUG: stack guard page was hit at 00000000d1c0ffee (stack is 00000000d1c0..00000000d1c4)",
	  "BUG: stack guard page was hit at (stack is" },
	{ "general protection fault, probably for non-canonical address 0xdead00000100: 0 [#1] SMP",
	  "general protection fault, probably for non-canonical address SMP" },
	{ "invalid opcode: 0000 [#1] PREEMPT SMP NOPTI",
	  "invalid opcode: PREEMPT SMP NOPTI" },
	{ "kernel BUG at mm/rmap.c:1234!", "kernel BUG at rmap.c" },
	{ "ODEBUG: free active (active state 0) object: 00000d1c0ff object type: x hint: f+0x0/0x1",
	  "ODEBUG: free active (active state object: object type: x hint: f" },
	{ "refcount_t: underflow; use-after-free.",
	  "refcount_t: underflow; use-after-free." },
	{ "sm_odp_start+0x0/0x20 [stalemate] callback failed with -11 in blockable context.",
	  "sm_odp_start callback failed with in blockable context." },
	{ "get_swap_device: Bad swap file entry 3ffffffffffff",
	  "get_swap_device: Bad swap file entry" },
	{ "AMD-Vi: Event logged [IO_PAGE_FAULT device=00:03.0 domain=0x000a address=0xfffdf800]",
	  "AMD-Vi: Event logged [IO_PAGE_FAULT" },
	{ "DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault addr 0x7c [fault reason 0x06]",
	  "DMAR: [DMA Read NO_PASID] Request device fault addr [fault reason" },
	{ "DMAR: DRHD: handling fault status reg 2",
	  "DMAR: DRHD: handling fault status reg" },
	{ "INFO: task storm 0:99 blocked for more than 120 seconds.",
	  "INFO: task blocked for more than seconds." },
	{ "INFO: task kswapd0:61 blocked in I/O wait for more than 241 seconds.",
	  "INFO: task blocked in I/O wait for more than seconds." },
	{ "INFO: task storm 0:99 blocked on a mutex likely owned by task storm 1:98.",
	  "INFO: task blocked on a mutex likely owned by task" },
	{ "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
	  "Kernel panic - not syncing: Attempted to kill init!" },
	{ "WARNING: storm 0/99 still has locks held!",
	  "WARNING: still has locks held!" },
	{ "kmemleak: 5 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
	  "kmemleak: new suspected memory leaks (see /sys/kernel/debug/kmemleak)" },
	{ "list_del corruption, ffff888012345678->next is LIST_POISON1 (dead000000000100)",
	  "list_del corruption, ->next is LIST_POISON1" },
	{ "list_del corruption. prev->next should be ffff888012345678, but was 0. (prev=ffff8).",
	  "list_del corruption. prev->next should be but was" },
	{ "pagealloc: memory corruption", "pagealloc: memory corruption" },
	{ "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...D } 52 jiffies",
	  "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks:" },
	{ "", "" },
};

static void complaints_lose_what_changes(void **unused)
{
	char said[160];
	unsigned int i;

	(void)unused;
	for (i = 0; i < SM_ARRAY_SIZE(complaints); i++) {
		sm_signature_complaint(complaints[i][0], said, sizeof(said));
		assert_string_equal(said, complaints[i][1]);
	}
}

/* Room that ends in a word, and none at all. */
static void long_complaints_are_cut(void **unused)
{
	char said[8] = "xxxxxxx";

	(void)unused;
	sm_signature_complaint("BUG: unable to", said, 7);
	assert_string_equal(said, "BUG: u");
	assert_int_equal(said[7], '\0');
	sm_signature_complaint("BUG: unable to", said, 0);
	assert_string_equal(said, "BUG: u");
}

/* The module's findings are taken later than they are made. */
static void the_cause_comes_first(void **unused)
{
	static const uint64_t t_ns[] = { 30, 10, 40, 10, 20 };
	static const uint64_t sorted[] = { 1, 3, 4, 0, 2 };
	static struct sm_run_result r;
	unsigned int i;

	(void)unused;
	memset(&r, 0, sizeof(r));
	sm_signature_settle(&r);
	for (i = 0; i < SM_ARRAY_SIZE(t_ns); i++) {
		r.findings[i].t_ns = t_ns[i];
		r.findings[i].va = i;
	}
	r.nr_findings = i;
	sm_signature_settle(&r);
	for (i = 0; i < SM_ARRAY_SIZE(t_ns); i++)
		assert_int_equal(r.findings[i].va, sorted[i]);
}

static void what_is_found_later_tells(void **unused)
{
	static struct sm_run_result r;
	unsigned int i;

	(void)unused;
	memset(&r, 0, sizeof(r));
	r.nr_findings = 3;
	for (i = 0; i < r.nr_findings; i++) {
		r.findings[i] = stale();
		r.findings[i].missed_edge = true;
	}
	sm_signature_settle(&r);
	assert_true(r.findings[0].missed_edge);
	r.findings[2].missed_edge = false;
	r.findings[2].missed = SM_EVENT_CLEAR;
	sm_signature_settle(&r);
	assert_true(r.findings[0].missed_edge);
	r.findings[2].missed = SM_EVENT_UNMAP;
	name(r.findings[2].profile, "hmm");
	sm_signature_settle(&r);
	assert_true(r.findings[0].missed_edge);
	name(r.findings[2].profile, "kvm");
	sm_signature_settle(&r);
	assert_false(r.findings[0].missed_edge);
	assert_false(r.findings[1].missed_edge);
}

/* What is written up has names that do not change, either. */
static void use_known(void)
{
	static struct sm_catalogue_known known[SM_KNOWN_NR + 1];
	static const struct sm_catalogue catalogue = { .known = known };
	unsigned int i;

	for (i = 0; i < SM_KNOWN_NR; i++) {
		known[i].name = sm_known[i].name;
		known[i].about = sm_known[i].about;
	}
	sm_catalogue_use(&catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_are_what_they_were),
		TEST(a_stale_entry_is_told_by_its_cause),
		TEST(who_saw_a_stale_entry_does_not_matter),
		TEST(where_and_when_do_not_matter),
		TEST(who_and_what_matter),
		TEST(all_kinds_have_words),
		TEST(complaints_lose_what_changes),
		TEST(long_complaints_are_cut),
		TEST(the_cause_comes_first),
		TEST(what_is_found_later_tells),
	};

	use_known();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
