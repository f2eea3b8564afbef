// SPDX-License-Identifier: GPL-2.0-only
/* A process runs out of memory: see starve.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cgroup.h"
#include "base/memory.h"
#include "base/util.h"
#include "own.h"
#include "starve.h"

#define STARVE_MAX	"8M"
#define STARVE_BYTES	(64UL << 20)

const char *sm_starve_lacks(const struct sm_need *n)
{
	(void)n;
	/* It does so for one cgroup, too: check_panic_on_oom(). */
	return sm_util_read_u64("/proc/sys/vm/panic_on_oom", 0) == 2 ?
		       "this machine panics when anybody runs out of memory (vm.panic_on_oom)" :
		       NULL;
}

static int starve_write(const char *file, const char *text)
{
	char path[SM_MEMORY_LIMIT + 32];

	return sm_cgroup_file(SM_CGROUP_CHILD, file, path, sizeof(path)) ?
	       sm_util_write_file(path, text) : -ENOENT;
}

/*
 * sm_starve_begin() - in the parent: what it has is not charged there, but what it takes
 * from now on. Returns 0 or a negative errno.
 */
int sm_starve_begin(pid_t child)
{
	char pid[16];
	int err = starve_write("memory.max", STARVE_MAX);

	/* Without swap there is no such file. */
	if (!err)
		err = starve_write("memory.swap.max", "0");
	if (err && err != -ENOENT)
		return err;
	snprintf(pid, sizeof(pid), "%d", child);
	return starve_write("cgroup.procs", pid);
}

/* sm_starve_last() - in the child: returns only if nobody minds. */
void sm_starve_last(const struct sm_own *own)
{
	char *p = mmap(NULL, STARVE_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	(void)own;
	for (i = 0; p != MAP_FAILED && i < STARVE_BYTES; i += SM_PAGE_SIZE)
		sm_write(p + i, (char)1);
}

/* sm_starve_reaped() - does it have less than its mirrors' pages, while it stands still? */
bool sm_starve_reaped(pid_t child)
{
	char path[32], text[128], *resident;

	snprintf(path, sizeof(path), "/proc/%d/statm", child);
	if (sm_util_read_file(path, text, sizeof(text)) <= 0)
		return false;
	resident = strchr(text, ' ');
	return resident && strtoull(resident, NULL, 10) < SM_OWN_PAGES;
}
