// SPDX-License-Identifier: GPL-2.0-only
/* What is said of mappings, and changes none of their pages. */
#include <errno.h>
#include <sys/mman.h>

#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

#ifndef MADV_COLD
#define MADV_COLD		20
#endif

/* Nobody reclaims them meanwhile; they may still move. */
static int flags_lock(struct sm_storm_thread *t, const struct sm_span *s)
{
	size_t len = s->end - s->start;

	if (mlock((void *)s->start, len) < 0) {
		int err = errno;

		/* It may have locked a part, or all of it and not filled it. */
		munlock((void *)s->start, len);
		t->counted = false;
		return err == ENOMEM || err == EAGAIN ? 0 : -err;
	}
	sm_touch_after(t);
	sm_touch_write(t);
	t->vmas += 2;
	return munlock((void *)s->start, len) < 0 ? -errno : 0;
}

static int flags_cold(struct sm_storm_thread *t, const struct sm_span *s)
{
	sm_touch_before(t);
	return sm_span_advise(s, MADV_COLD);
}

/* Read-only, and with a key; then as it was. Devices know of no keys. */
static int flags_pkey(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change forbid = { .clear = SM_TAG_WRITE };
	static const struct sm_change allow = { .set = SM_TAG_WRITE };
	size_t len = s->end - s->start;
	int key = pkey_alloc(0, 0);
	int err = 0;

	if (key < 0) {
		t->counted = false;
		return 0;
	}
	sm_span_announce(t, s, forbid);
	if (pkey_mprotect((void *)s->start, len, PROT_READ, key) < 0)
		err = -errno;
	if (!err) {
		sm_span_commit(t, s);
		sm_touch_after(t);
		sm_span_announce(t, s, allow);
		if (pkey_mprotect((void *)s->start, len, PROT_READ | PROT_WRITE,
				  0) < 0)
			err = -errno;
	}
	if (!err)
		sm_span_commit(t, s);
	pkey_free(key);
	return err;
}

static const char *flags_no_keys(const struct sm_need *n)
{
	int key = pkey_alloc(0, 0);

	if (key < 0)
		return n->why;
	pkey_free(key);
	return NULL;
}

const struct sm_op sm_ops_flags[] = {
	{
		.name = "mlock",
		.class = "flags",
		.about = "has pages stay in memory, for a while (mlock)",
		.memory = SM_MEM_ANY_MEMORY,
		.silent = true,
		.slow = true,
		.rare = true,
		.apply = flags_lock,
	},
	{
		.name = "cold",
		.class = "flags",
		.about = "says that pages will not be used soon (MADV_COLD)",
		.memory = SM_MEM_ANY_MEMORY,
		.silent = true,
		.slow = true,
		.rare = true,
		.unused = true,
		.emitters = { "__split_huge_pmd", NULL },
		.apply = flags_cold,
	},
	{
		.name = "pkey",
		.class = "flags",
		.about = "forbids writing, with a protection key (pkey_mprotect)",
		.memory = SM_MEM_ANY_MEMORY,
		.slow = true,
		.rare = true,
		.emitters = { "change_pud_range", NULL },
		.needs = { {
			.lacks = flags_no_keys,
			.why = "no protection keys of the processor",
		} },
		.apply = flags_pkey,
	},
	{ .name = NULL }
};
