// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shape of a run's JSON, and the tables that its words are from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge/oracles.h"
#include "module/defects.h"
#include "scratch.h"
#include "session/run_json.h"
#include "stub_run.h"

static void fill(struct sm_run_spec *spec, struct sm_run_result *r)
{
	stub_spec(spec, 7, UINT64_MAX);
	spec->defects = sm_set_of(SM_DEFECT_NO_RETRY);
	stub_result(r, SM_FAIL);
	r->reason[0] = '\0';
	stub_accuse(r, 123);
	r->ops[1] = 0;
	r->time.op[0] = 1250 * SM_MSEC;
	r->time.spent[SM_SPENT_MEET] = 250 * SM_MSEC;
	r->time.running = SM_NSEC;
	r->unreached = sm_set_of(0);
	snprintf(r->skipped[1], sizeof(r->skipped[1]), "no second node");
	r->events[SM_EVENT_UNMAP] = 12;
	snprintf(r->emitters[0].name, sizeof(r->emitters[0].name),
		 "unmap_vmas");
	r->emitters[0].count = 12;
	r->nr_emitters = 1;
	r->violations_total = 3;
	r->nr_mirrors = 2;
	snprintf(r->mirrors[0].name, sizeof(r->mirrors[0].name), "kvm");
	r->mirrors[0].pages_compared = 99;
	snprintf(r->mirrors[1].name, sizeof(r->mirrors[1].name), "hfi1");
	r->mirrors[1].refused = 5;
	r->mirrors[1].windows_rejected = 6;
	r->oracles[1].sight = SM_SIGHT_IDLE;
	snprintf(r->oracles[1].reason, sizeof(r->oracles[1].reason),
		 "no device access succeeded");
}

static void a_run_has_the_agreed_shape(void **state)
{
	struct sm_run_result *r = malloc(sizeof(*r));
	struct json_object *o, *x;
	struct sm_run_spec spec;

	(void)state;
	assert_non_null(r);
	fill(&spec, r);
	o = sm_run_json_make(&spec, r);
	assert_string_equal(text_at(o, "name"), "mock.kvm.storm.no-retry");
	assert_string_equal(text_at(o, "backend"), "mock");
	assert_string_equal(text_at(o, "profile"), "kvm");
	assert_string_equal(text_at(o, "defect"), "no-retry");
	assert_string_equal(text_at(o, "verdict"), "fail");
	assert_null(at(o, "reason"));
	assert_string_equal(text_at(o, "seconds"), "1.500");
	assert_int_equal(number_at(o, "seed"), UINT64_MAX);
	assert_int_equal(number_at(at(o, "ops"), "munmap"), 12);
	assert_int_equal(json_object_object_length(at(o, "ops")), 1);
	assert_string_equal(text_at(at(at(o, "time"), "ops"), "munmap"),
			    "1.250");
	assert_string_equal(text_at(at(at(o, "time"), "spent"), "meet"),
			    "0.250");
	assert_string_equal(text_at(at(o, "time"), "running"), "1.000");
	assert_int_equal(number_at(o, "pages_compared"), 99);
	assert_int_equal(number_at(at(o, "windows"), "accepted"), 9);
	assert_int_equal(number_at(at(o, "windows"), "rejected"), 0);
	assert_int_equal(number_at(o, "accesses"), 0);
	assert_int_equal(number_at(at(o, "emitters"), "unmap_vmas"), 12);
	assert_int_equal(number_at(at(o, "events"), "unmap"), 12);
	assert_int_equal(number_at(o, "violations_total"), 3);
	assert_int_equal(number_at(o, "pages_swept"), 77);
	assert_int_equal(json_object_array_length(at(o, "unreached")), 1);
	assert_int_equal(json_object_array_length(at(o, "skipped")), 1);
	x = json_object_array_get_idx(at(o, "skipped"), 0);
	assert_string_equal(text_at(x, "name"), sm_catalogue_op(1));
	assert_string_equal(text_at(x, "reason"), "no second node");
	assert_int_equal(json_object_array_length(at(at(o, "options"), "ops")),
			 3);
	json_object_put(o);
	spec.defects = (struct sm_set){ { 0 } };
	o = sm_run_json_make(&spec, r);
	assert_null(at(o, "defect"));
	json_object_put(o);
	free(r);
}

static void each_mirror_and_oracle_is_listed(void **state)
{
	struct sm_run_result *r = malloc(sizeof(*r));
	struct json_object *o, *x;
	struct sm_run_spec spec;

	(void)state;
	assert_non_null(r);
	fill(&spec, r);
	o = sm_run_json_make(&spec, r);
	assert_int_equal(json_object_array_length(at(o, "mirrors")), 2);
	x = json_object_array_get_idx(at(o, "mirrors"), 0);
	assert_string_equal(text_at(x, "name"), "kvm");
	assert_int_equal(number_at(x, "pages_compared"), 99);
	x = json_object_array_get_idx(at(o, "mirrors"), 1);
	assert_string_equal(text_at(x, "name"), "hfi1");
	assert_int_equal(number_at(x, "accesses"), 0);
	assert_int_equal(number_at(x, "refused"), 5);
	assert_int_equal(number_at(at(x, "windows"), "rejected"), 6);
	x = json_object_array_get_idx(at(o, "oracles"), 0);
	assert_string_equal(text_at(x, "name"), "pagemap");
	assert_string_equal(text_at(x, "state"), "on");
	assert_null(at(x, "reason"));
	x = json_object_array_get_idx(at(o, "oracles"), 1);
	assert_string_equal(text_at(x, "name"), "content");
	assert_string_equal(text_at(x, "state"), "idle");
	assert_string_equal(text_at(x, "reason"), "no device access succeeded");
	json_object_put(o);
	/* Nothing is known of a run that did not begin. */
	r->t_start_ns = 0;
	o = sm_run_json_make(&spec, r);
	assert_int_equal(json_object_array_length(at(o, "oracles")), 0);
	json_object_put(o);
	free(r);
}

/* Not every backend says so. */
static void hardware_is_there_or_not(void **state)
{
	struct sm_run_result *r = malloc(sizeof(*r));
	struct json_object *o;
	struct sm_run_spec spec;

	(void)state;
	assert_non_null(r);
	fill(&spec, r);
	o = sm_run_json_make(&spec, r);
	assert_false(json_object_object_get_ex(o, "hardware", NULL));
	json_object_put(o);
	r->hardware = SM_HARDWARE_NONE;
	o = sm_run_json_make(&spec, r);
	assert_string_equal(text_at(o, "hardware"), "false");
	json_object_put(o);
	r->hardware = SM_HARDWARE_REAL;
	o = sm_run_json_make(&spec, r);
	assert_string_equal(text_at(o, "hardware"), "true");
	json_object_put(o);
	free(r);
}

static void a_violation_has_its_history(void **state)
{
	struct sm_run_result *r = malloc(sizeof(*r));
	struct json_object *o, *v, *h;
	struct sm_run_spec spec;

	(void)state;
	assert_non_null(r);
	fill(&spec, r);
	o = sm_run_json_make(&spec, r);
	v = json_object_array_get_idx(at(o, "violations"), 0);
	assert_string_equal(text_at(v, "oracle"), "pagemap");
	assert_string_equal(text_at(v, "signature"), "8a6782fe6c0756c3");
	assert_string_equal(text_at(v, "kind"), "unmapped");
	assert_string_equal(text_at(v, "title"),
			    "pagemap: kvm: an entry outlived its page (unmapped)");
	assert_string_equal(text_at(v, "va"), "0x10000000000");
	assert_int_equal(number_at(v, "mirror_pfn"), 0x1234);
	assert_int_equal(number_at(v, "cpu_pfn"), 0);
	assert_string_equal(text_at(v, "op"), "munmap");
	assert_int_equal(number_at(v, "t_ns"), 123);
	h = json_object_array_get_idx(at(v, "history"), 0);
	assert_string_equal(text_at(h, "phase"), "start");
	assert_string_equal(text_at(h, "event"), "unmap");
	assert_string_equal(text_at(h, "end"), "0xffffffffffffffff");
	assert_string_equal(text_at(h, "emitter"), "unmap_vmas");
	assert_true(json_object_get_boolean(at(h, "blockable")));
	json_object_put(o);
	free(r);
}

static void tables_are_whole(void **state)
{
	const char *const *name;
	unsigned int i, j;

	(void)state;
	for (i = 0; i < SM_DEFECT_NR; i++) {
		assert_non_null(sm_defects[i].name);
		assert_non_null(sm_defects[i].models);
		for (name = sm_defects[i].oracles; *name; name++) {
			for (j = 0; sm_oracles[j].name; j++)
				if (!strcmp(sm_oracles[j].name, *name))
					break;
			assert_non_null(sm_oracles[j].name);
		}
	}
	/* For real drivers, not for profiles. */
	for (; sm_defects[i].name; i++)
		assert_int_equal(sm_defects[i].profiles, 0);
	assert_int_equal(i, SM_DEFECT_ROWS);
	assert_int_equal(sm_defects[SM_DEFECT_NO_RELEASE].profiles &
			 (1 << SM_PROFILE_KVM | 1 << SM_PROFILE_HMM),
			 1 << SM_PROFILE_KVM);
	for (i = 0; i < SM_EVENT_NR; i++)
		assert_non_null(sm_event_names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_has_the_agreed_shape),
		cmocka_unit_test(each_mirror_and_oracle_is_listed),
		cmocka_unit_test(hardware_is_there_or_not),
		cmocka_unit_test(a_violation_has_its_history),
		cmocka_unit_test(tables_are_whole),
	};

	stub_catalogue();
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
