/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A journal in a directory of its own, and numbered records. Included by one file
 * per test program.
 */
#ifndef SM_JOURNAL_BED_H
#define SM_JOURNAL_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"
#include "session/journal.h"
#include "session/member.h"

static char path[SCRATCH_PATH];

static inline int journal_start(void **state)
{
	(void)state;
	scratch_empty();
	scratch_path(path, "run.jsonl");
	return 0;
}

static inline struct json_object *record(unsigned int number)
{
	struct json_object *o = json_object_new_object();

	sm_member_string(o, "record", "begin");
	sm_member_u64(o, "test", number);
	sm_member_string(o, "text", "two\nlines \"quoted\"");
	return o;
}

static inline int add(struct sm_journal *j, unsigned int number)
{
	return sm_journal_add(j, record(number));
}

static inline size_t count(const struct sm_journal *j)
{
	return json_object_array_length(sm_journal_records(j));
}

/* The records of a journal are those of these numbers, in this order. */
static inline void expect(const struct sm_journal *j, const unsigned int *number,
			  size_t nr)
{
	size_t i;

	assert_non_null(j);
	assert_int_equal(count(j), nr);
	for (i = 0; i < nr; i++) {
		struct json_object *want = record(number[i]), *got;

		got = json_object_array_get_idx(sm_journal_records(j), i);
		assert_true(json_object_equal(got, want));
		json_object_put(want);
	}
}

#define EXPECT(j, ...)							\
	expect(j, (const unsigned int []){ __VA_ARGS__ },		\
	       sizeof((const unsigned int []){ __VA_ARGS__ }) / sizeof(int))

/* The same, of the file. */
#define EXPECT_FILE(lost, ...)						\
	do {								\
		struct sm_journal *r = sm_journal_read(path);		\
									\
		EXPECT(r, __VA_ARGS__);					\
		assert_int_equal(sm_journal_damaged(r), lost);		\
		sm_journal_free(r);					\
	} while (0)

static inline struct sm_journal *begin(void)
{
	struct sm_journal *j = sm_journal_new(path);

	assert_non_null(j);
	assert_int_equal(add(j, 1), 0);
	assert_int_equal(add(j, 2), 0);
	return j;
}

#endif /* SM_JOURNAL_BED_H */
