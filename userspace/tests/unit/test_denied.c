// SPDX-License-Identifier: GPL-2.0-only
/*
 * Oracle denied, of a driver of its own: who refuses for ever is accused, and who
 * may refuse is not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "actors/denied.h"
#include "backends/call.h"
#include "host_bed.h"

static struct host_bed bed;
static struct sm_wire *wire;
static struct sm_run_spec spec;
static struct sm_backend backend;

static struct sm_witness_header header;
static struct sm_granule granule;
static struct sm_tag tag;
static uint64_t *page;

/* What the device answers, and what happens while it does. */
static int answers[8];
static unsigned int asked;
static void (*meanwhile)(void);

static int scripted_attach(struct sm_host *host)
{
	host->scene->mirrors[0].name = "scripted";
	host->scene->nr_mirrors = 1;
	return 0;
}

static int scripted_access(struct sm_host *host, const struct sm_mirror *m,
			   unsigned int lane, struct sm_access *a,
			   unsigned int nr)
{
	(void)host;
	(void)m;
	assert_int_equal(lane, SM_LANE_SWEEP);
	assert_int_equal(nr, 1);
	a->error = answers[asked++ % 8];
	if (meanwhile)
		meanwhile();
	return 0;
}

static void an_event(void)
{
	granule.started++;
	granule.ended++;
}

static void a_wide_event(void)
{
	header.wide.started++;
	header.wide.ended++;
}

static void a_change(void)
{
	bed.host.forgets += 2;
}

static void always(int error)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		answers[i] = error;
}

static int set_up(void **state)
{
	(void)state;
	wire = aligned_alloc(SM_WIRE_ALIGN, sizeof(*wire));
	page = aligned_alloc(SM_PAGE_SIZE, SM_PAGE_SIZE);
	assert_non_null(wire);
	assert_non_null(page);
	memset(wire, 0, sizeof(*wire));
	memset(page, 0, SM_PAGE_SIZE);
	memset(&header, 0, sizeof(header));
	memset(&granule, 0, sizeof(granule));
	backend = (struct sm_backend){
		.name = "scripted",
		.attach = scripted_attach,
		.access = scripted_access,
	};
	spec.backend = &backend;
	spec.threads = 1;
	spec.keep_going = true;
	host_bed_init(&bed, &spec, wire, &wire->result);
	bed.scene.dev.witness = &header;
	bed.scene.dev.granules = &granule;
	bed.scene.arena.start = (uintptr_t)page;
	bed.scene.arena.end = bed.scene.arena.start + SM_PAGE_SIZE;
	bed.scene.model.tags = &tag;
	bed.scene.model.pages = 1;
	tag.committed = SM_TAG_ACCESS | SM_TAG_STAMP;
	tag.announced = tag.committed;
	always(-EFAULT);
	asked = 0;
	meanwhile = NULL;
	return sm_call_attach(&bed.host);
}

static int tear_down(void **state)
{
	(void)state;
	host_bed_destroy(&bed);
	free(page);
	free(wire);
	return 0;
}

/* A sweep was refused; was the driver accused? */
static bool accused(bool write)
{
	struct sm_access a = {
		.va = (uintptr_t)page + 8 * SM_WORD_DIRECT,
		.value = 7,
		.error = answers[0],
		.write = write,
	};

	sm_denied_ask(&bed.host, bed.scene.mirrors, &a);
	assert_false(bed.end.broken);
	return sm_docket_found(&bed.docket);
}

static const struct sm_finding *found(void)
{
	assert_int_equal(wire->result.nr_findings, 1);
	assert_string_equal(wire->result.findings[0].oracle, "denied");
	assert_int_equal(wire->result.findings[0].va, (uintptr_t)page);
	return wire->result.findings;
}

static void who_may_not_read_is_told(void **state)
{
	(void)state;
	assert_true(accused(false));
	assert_int_equal(found()->kind, SM_KIND_UNREACHABLE);
	assert_int_equal(asked, 3);
}

static void who_may_not_write_is_told(void **state)
{
	(void)state;
	page[SM_WORD_DIRECT] = 0x1234;
	always(-EPERM);
	assert_true(accused(true));
	assert_int_equal(found()->kind, SM_KIND_READ_ONLY);
	assert_int_equal(page[SM_WORD_DIRECT], 0x1234);
}

/* Tries are counted: the last of them is as good as the first. */
static void who_may_at_last_is_not(void **state)
{
	(void)state;
	answers[2] = 0;
	assert_false(accused(false));
	assert_int_equal(asked, 3);
}

static void something_in_the_way_is_none(void **state)
{
	static const int others[] = { -EBUSY, -ENOMEM, -EINTR, -EOPNOTSUPP,
				      -ESRCH };
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(others); i++) {
		always(others[i]);
		assert_false(accused(false));
		assert_int_equal(asked, 0);
		always(-EFAULT);
		answers[1] = others[i];
		assert_false(accused(false));
		assert_int_equal(asked, 2);
		asked = 0;
	}
}

static void what_the_process_may_not_is_none(void **state)
{
	(void)state;
	tag.committed = SM_TAG_STAMP | SM_TAG_MAPPED;
	assert_false(accused(false));
	tag.committed |= SM_TAG_READ;
	assert_false(accused(true));
	tag.committed = SM_TAG_ZERO;
	assert_false(accused(false));
	assert_int_equal(asked, 0);
}

static void an_event_excuses(void **state)
{
	(void)state;
	meanwhile = an_event;
	assert_false(accused(false));
	meanwhile = a_wide_event;
	assert_false(accused(false));
	assert_int_not_equal(asked, 0);
	asked = 0;
	granule.started++;
	assert_false(accused(false));
	assert_int_equal(asked, 0);
}

/* In the second window nothing happens, and the refusals go on. */
static void one_event(void)
{
	if (asked == 2)
		an_event();
}

static void but_not_for_ever(void **state)
{
	(void)state;
	meanwhile = one_event;
	assert_true(accused(false));
	assert_int_equal(asked, 6);
}

static void the_backend_excuses(void **state)
{
	(void)state;
	meanwhile = a_change;
	assert_false(accused(false));
	asked = 0;
	meanwhile = NULL;
	sm_host_forget(&bed.host);
	assert_false(accused(false));
	assert_int_equal(asked, 0);
	sm_host_forget(&bed.host);
	assert_true(accused(false));
}

/* Who is broken on purpose is kept from writing by ourselves. */
static void the_guard_excuses_writes(void **state)
{
	(void)state;
	sm_set_add(&bed.scene.mirrors[0].defects, 0);
	always(-EPERM);
	assert_false(accused(true));
	assert_int_equal(asked, 0);
	assert_true(accused(false));
}

static void nobody_is_judged_without_a_witness(void **state)
{
	(void)state;
	bed.scene.dev.witness = NULL;
	assert_false(accused(false));
	assert_int_equal(asked, 0);
}

#define EACH(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(who_may_not_read_is_told),
		EACH(who_may_not_write_is_told),
		EACH(who_may_at_last_is_not),
		EACH(something_in_the_way_is_none),
		EACH(what_the_process_may_not_is_none),
		EACH(an_event_excuses),
		EACH(but_not_for_ever),
		EACH(the_backend_excuses),
		EACH(the_guard_excuses_writes),
		EACH(nobody_is_judged_without_a_witness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
