// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text that is probed. The span becomes a private mapping of a file that is executable
 * and all zero, a probe is set in it, and removed again: each time another page is
 * there. The probe's byte lies behind the words that devices use.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"
#include "judge/known.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

#define TEXT_TYPE	"/sys/bus/event_source/devices/uprobe/type"
#define TEXT_AT		(SM_PAGE_SIZE / 2)

_Static_assert(TEXT_AT > 8 * (SM_WORD_AGENT + SM_MAX_AGENTS),
	       "no device reads what the probe changes");

/* Zeros are an instruction, too, that a probe may replace. */
static int text_probe(int file, uint64_t page)
{
	char path[32];
	struct perf_event_attr attr = {
		.type = sm_util_read_u64(TEXT_TYPE, 0),
		.size = sizeof(attr),
		.config1 = (uintptr_t)path,
		.config2 = page * SM_PAGE_SIZE + TEXT_AT,
	};
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1,
		     PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int text_map(const struct sm_span *s, int file)
{
	size_t len = s->end - s->start;
	void *p;

	if (ftruncate(file, len) < 0)
		return -errno;
	p = mmap((void *)s->start, len, PROT_READ | PROT_EXEC,
		 MAP_PRIVATE | MAP_FIXED, file, 0);
	if (p == MAP_FAILED)
		return -errno;
	return madvise(p, len, MADV_DONTFORK) < 0 ? -errno : 0;
}

static int text_probe_span(struct sm_storm_thread *t, const struct sm_span *s,
			   int file)
{
	/* Where there is no device, nothing was chosen that it would touch. */
	uint64_t page = t->nr_touched ? t->touched[0] - s->first : 0;
	int probe;

	sm_touch_read(t);
	probe = text_probe(file, page);
	if (probe < 0)
		return probe;
	sm_touch_after(t);
	close(probe);
	sm_touch_after(t);
	return 0;
}

static int text_uprobe(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change text = {
		.clear = SM_TAG_STAMP | SM_TAG_WRITE,
		.set = SM_TAG_ZERO | SM_TAG_MAPPED | SM_TAG_READ,
	};
	int file = memfd_create("stalemate-text", MFD_CLOEXEC);
	int err;

	if (file < 0)
		return -errno;
	sm_span_announce(t, s, text);
	err = text_map(s, file);
	if (!err) {
		sm_span_commit(t, s);
		err = text_probe_span(t, s, file);
	}
	close(file);
	return err ? err : sm_span_replace(t, s);
}

/*
 * None is set to try it: the first event of the machine has the kernel patch its own
 * text, which is not for a command that only lists ops. In QEMU another processor may
 * still run what was there meanwhile, and dies of it ("Oops: int3", 6.12.117 on QEMU
 * 7.2).
 */
static const char *text_lacks(const struct sm_need *n)
{
	if (access(TEXT_TYPE, R_OK))
		return n->why;
	return sm_needs_why(n, geteuid() ? -EPERM : 0,
			    "probes of user text are for root alone");
}

/*
 * To remove one waits for all processors of the machine (uprobe_unregister_sync()), half
 * a minute where those are busy: not on a machine that is not for this.
 */
const struct sm_op sm_ops_text[] = {
	{
		.name = "uprobe",
		.class = "text",
		.about = "sets a probe in executable pages, and removes it",
		.memory = SM_MEM_ANY_ANON,
		.slow = true,
		.rare = true,
		.needs_root = true,
		.machine = true,
		.avoid = SM_BIT(SM_KNOWN_UPROBE_RANGE),
		.emitters = { "__replace_page", NULL },
		.needs = { {
			.lacks = text_lacks,
			.why = "no probes of user text (CONFIG_UPROBE_EVENTS)",
		} },
		.apply = text_uprobe,
	},
	{ .name = NULL }
};
