// SPDX-License-Identifier: GPL-2.0-only
/* The words for what is on the wire, and what is said in the same way at both ends. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "wire.h"

const char *const sm_memory_names[SM_MEM_NR] = {
	[SM_MEM_ANON] = "anon",
	[SM_MEM_ANON_THP] = "anon-thp",
	[SM_MEM_SHMEM] = "shmem",
	[SM_MEM_SHMEM_THP] = "shmem-thp",
	[SM_MEM_FILE] = "file",
	[SM_MEM_HUGETLB] = "hugetlb",
	[SM_MEM_HUGETLB_SHARED] = "hugetlb-shared",
	[SM_MEM_DAX] = "dax",
	[SM_MEM_FILE_PRIVATE] = "file-private",
	[SM_MEM_ANON_MTHP] = "anon-mthp",
	[SM_MEM_SHMEM_MTHP] = "shmem-mthp",
	[SM_MEM_ANON_LOCKED] = "anon-locked",
	[SM_MEM_HUGETLB_1G] = "hugetlb-1g",
};

/* That of 2 MiB does what THP as a whole does, and is left to it. */
#define WIRE_MTHP "/sys/kernel/mm/transparent_hugepage/hugepages-{?,??,???,1024}kB/"

const struct sm_memory_switch sm_memory_switches[SM_MEM_NR] = {
	[SM_MEM_ANON_MTHP] = { WIRE_MTHP "enabled", "madvise" },
	[SM_MEM_SHMEM_MTHP] = { WIRE_MTHP "shmem_enabled", "advise" },
};

const char *const sm_event_names[SM_EVENT_NR] = {
	[SM_EVENT_UNMAP] = "unmap",
	[SM_EVENT_CLEAR] = "clear",
	[SM_EVENT_PROTECTION_VMA] = "protection-vma",
	[SM_EVENT_PROTECTION_PAGE] = "protection-page",
	[SM_EVENT_SOFT_DIRTY] = "soft-dirty",
	[SM_EVENT_RELEASE] = "release",
	[SM_EVENT_MIGRATE] = "migrate",
	[SM_EVENT_EXCLUSIVE] = "exclusive",
	[SM_EVENT_OTHER] = "other",
	[SM_EVENT_FLUSH] = "flush",
};

const char *const sm_phase_names[SM_PHASE_NR] = {
	[SM_PHASE_START] = "start",
	[SM_PHASE_END] = "end",
	[SM_PHASE_RELEASE] = "release",
	[SM_PHASE_FLUSH] = "flush",
};

const char *const sm_verdict_names[] = {
	[SM_PASS] = "pass",
	[SM_FAIL] = "fail",
	[SM_BROKEN] = "broken",
	[SM_SKIP] = "skip",
	[SM_INCOMPLETE] = "incomplete",
	[SM_TIMEOUT] = "timeout",
};

const char *const sm_sight_names[SM_SIGHT_NR] = {
	[SM_SIGHT_ON] = "on",
	[SM_SIGHT_IDLE] = "idle",
	[SM_SIGHT_BLIND] = "blind",
	[SM_SIGHT_OFF] = "off",
};

const char *const sm_spent_names[SM_SPENT_NR] = {
	[SM_SPENT_CHOOSE] = "choose",
	[SM_SPENT_FILL] = "fill",
	[SM_SPENT_STAMP] = "stamp",
	[SM_SPENT_VERIFY] = "verify",
	[SM_SPENT_DEVICE] = "device",
	[SM_SPENT_CALL] = "call",
	[SM_SPENT_VICTIM] = "victim",
	[SM_SPENT_MEET] = "meet",
	[SM_SPENT_GATE] = "gate",
};

void sm_wire_see(struct sm_oracle_result *o, enum sm_sight sight,
		 const char *fmt, ...)
{
	va_list args;

	if (o->sight != SM_SIGHT_ON)
		return;
	o->sight = sight;
	va_start(args, fmt);
	vsnprintf(o->reason, sizeof(o->reason), fmt, args);
	va_end(args);
}

enum sm_verdict sm_wire_verdict(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
	case -EPERM:
	case -EACCES:
	case -EOPNOTSUPP:
		return SM_SKIP;
	case -ETIMEDOUT:
		return SM_TIMEOUT;
	default:
		return SM_BROKEN;
	}
}
