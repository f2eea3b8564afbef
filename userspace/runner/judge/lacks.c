// SPDX-License-Identifier: GPL-2.0-only
/* What is switched off on this kernel: see lacks.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/kmsg.h"
#include "base/ops.h"
#include "base/util.h"
#include "judge/oracles.h"
#include "lacks.h"
#include "memory/arena.h"
#include "module/defects.h"

/**
 * struct blind - what an oracle cannot see without something
 * @oracle: its name
 * @module: it takes the module
 * @feature: SM_FEATURE_* that it takes
 * @op: name of the op that it takes
 * @drained: it takes lists of the LRU that can be drained
 * @log: it takes the kernel log
 * @why: what to say
 * @not_on: the only backend on which it does not see it then; NULL: all
 */
struct blind {
	const char *oracle;
	bool module;
	uint64_t feature;
	const char *op;
	bool drained;
	bool log;
	const char *why;
	const char *not_on;
};

#define GNTDEV_ALONE	SM_LACKS_MODULE ": on backend gntdev alone"

static const struct blind blinds[] = {
	{ .oracle = "pagemap", .module = true, .why = GNTDEV_ALONE },
	{ .oracle = "late", .module = true, .why = SM_LACKS_MODULE },
	{ .oracle = "over", .module = true, .why = GNTDEV_ALONE },
	{ .oracle = "coverage", .module = true, .why = SM_LACKS_MODULE },
	{ .oracle = "denied", .module = true, .why = SM_LACKS_MODULE },
	{ .oracle = "blocking", .module = true, .why = SM_LACKS_MODULE },
	{ .oracle = "young", .module = true, .why = SM_LACKS_MODULE },
	{ .oracle = "flush", .module = true, .why = SM_LACKS_MODULE },
	{ .oracle = "contract", .module = true, .why = SM_LACKS_MODULE },
	{
		.oracle = "blocking",
		.op = SM_OPS_REAP,
		.why = "no invalidation is made that must not sleep",
	},
	{
		.oracle = "contract",
		.feature = SM_FEATURE_STACKS,
		.why = "a start that is left open goes unnoticed: " SM_LACKS_CALLERS,
	},
	{
		.oracle = "young",
		.feature = SM_FEATURE_AGE,
		.why = "nobody can be asked what a device has used (x86-64, CONFIG_KPROBES)",
	},
	{
		.oracle = "refs",
		.drained = true,
		.why = "no page is seen to stay",
	},
	{
		.oracle = "kernel",
		.log = true,
		.why = "new taint alone is seen",
	},
	{
		.oracle = "pagemap",
		.feature = SM_FEATURE_PEEK_KVM,
		.why = "no table of KVM can be read (x86-64, Linux 5.19, CONFIG_KVM)",
		.not_on = "kvm",
	},
	{
		.oracle = "pagemap",
		.feature = SM_FEATURE_PEEK_ODP,
		.why = "no table of a region can be read (Linux 6.16, CONFIG_FUNCTION_TRACER)",
		.not_on = "verbs",
	},
};

/* Why nobody can have the lists of the LRU drained, or NULL. */
static const char *lacks_drain(void)
{
	static char other[96];

	if (!access(SM_LACKS_DRAIN, W_OK))
		return NULL;
	switch (errno) {
	case ENOENT:
		return "no " SM_LACKS_DRAIN " (CONFIG_COMPACTION)";
	case EACCES:
	case EPERM:
		return SM_LACKS_DRAIN " is for root alone";
	default:
		/* EROFS: in a container, for one. */
		snprintf(other, sizeof(other), SM_LACKS_DRAIN ": %s",
			 strerror(errno));
		return other;
	}
}

const struct sm_lacks *sm_lacks_here(void)
{
	static struct sm_lacks here;
	static bool asked;
	unsigned int row;

	if (asked)
		return &here;
	here.told = sm_device_told();
	for (row = 0; sm_ops[row].name; row++) {
		const char *why = NULL;

		if (sm_ops_lacks(&sm_ops[row], &why) == sm_ops[row].memory)
			here.ops[row] = why;
	}
	/* Lockdep shows itself there. */
	here.debug = !access("/proc/lockdep", F_OK);
	here.undrained = lacks_drain();
	sm_kmsg_readable(here.log, sizeof(here.log));
	here.small = !sm_source_has_thp();
	asked = true;
	return &here;
}

bool sm_lacks_feature(const struct sm_lacks *l, uint64_t feature)
{
	return l->told && !(l->told->features & feature);
}

/* Where there is no module that is said alone, and not of each op that takes it. */
static const char *lacks_op(const struct sm_lacks *l, const char *op)
{
	unsigned int row;

	for (row = 0; l->told && op && sm_ops[row].name; row++)
		if (!strcmp(sm_ops[row].name, op))
			return l->ops[row];
	return NULL;
}

static void lacks_add(char *why, size_t size, const char *reason)
{
	size_t len = strlen(why);

	if (reason)
		snprintf(why + len, size - len, "%s%s", len ? "; " : "",
			 reason);
}

/* What is missing is said first, where that is not always the same. */
static bool lacks_blinds(const struct sm_lacks *l, const struct blind *b,
			 const char **cause)
{
	*cause = NULL;
	if (b->module)
		return !l->told;
	if (b->op)
		*cause = lacks_op(l, b->op);
	else if (b->drained)
		*cause = l->undrained;
	else if (b->log)
		*cause = l->log[0] ? l->log : NULL;
	else
		return sm_lacks_feature(l, b->feature);
	return *cause;
}

bool sm_lacks_oracle(const struct sm_lacks *l, unsigned int row, char *why,
		     size_t size)
{
	const struct blind *b;
	const char *cause;
	char text[384];
	unsigned int i;

	why[0] = '\0';
	for (i = 0; i < SM_ARRAY_SIZE(blinds); i++) {
		b = &blinds[i];
		if (strcmp(b->oracle, sm_oracles[row].name) ||
		    !lacks_blinds(l, b, &cause))
			continue;
		snprintf(text, sizeof(text), "%s%s%s%s%s",
			 cause ? cause : "", cause ? ": " : "",
			 b->why, b->not_on ? ": not on backend " : "",
			 b->not_on ? b->not_on : "");
		lacks_add(why, size, text);
	}
	return why[0];
}

const char *sm_lacks_arming(const struct sm_lacks *l)
{
	static const struct sm_set none;

	if (!l->told)
		return SM_LACKS_MODULE;
	if (!memcmp(l->told->defects, none.word, sizeof(none.word)))
		return "defects arm in a virtual machine only, or with allow_defects=1";
	return NULL;
}

/* Does nothing but the kernel's own complaint give it away? */
static bool lacks_is_heard_only(const struct sm_defect_info *d)
{
	return !strcmp(d->oracles[0], "kernel") && !d->oracles[1];
}

const char *sm_lacks_sight(const struct sm_lacks *l, unsigned int row)
{
	const struct sm_defect_info *d = &sm_defects[row];
	const char *why = lacks_op(l, d->op);

	if (why)
		return why;
	if (d->debug && !l->debug)
		return "only a debug kernel shows it (CONFIG_LOCKDEP, CONFIG_KASAN)";
	if (l->small && d->memory && !(d->memory & ~SM_MEM_ANY_THP))
		return SM_SOURCE_NO_THP;
	if (l->undrained && d->drained)
		return l->undrained;
	if (l->log[0] && lacks_is_heard_only(d))
		return l->log;
	if (d->callers && sm_lacks_feature(l, SM_FEATURE_STACKS))
		return SM_LACKS_CALLERS;
	return NULL;
}

bool sm_lacks_defect(const struct sm_lacks *l, unsigned int row, char *why,
		     size_t size)
{
	const struct sm_defect_info *d = &sm_defects[row];

	why[0] = '\0';
	lacks_add(why, size, sm_lacks_arming(l));
	lacks_add(why, size, sm_lacks_sight(l, row));
	if (!d->profiles && !sm_defect_is_drm(row) &&
	    sm_lacks_feature(l, SM_FEATURE_SABOTAGE))
		lacks_add(why, size,
			  "no dynamic ftrace to break a driver with (CONFIG_FUNCTION_TRACER)");
	if (d->profiles && l->told && !(d->profiles & l->told->profiles))
		lacks_add(why, size, "no profile that can have it");
	return why[0];
}

const char *sm_lacks_emitters(const struct sm_lacks *l)
{
	if (!l->told)
		return SM_LACKS_MODULE;
	if (sm_lacks_feature(l, SM_FEATURE_STACKS))
		return SM_LACKS_CALLERS ": all are unknown";
	return NULL;
}
