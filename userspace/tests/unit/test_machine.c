// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a session says of the machine it runs on: which build, which devices, and
 * what the lab has told it.
 */
#include <errno.h>
#include <ftw.h>

#include "base/util.h"
#include "scratch.h"
#include "session/build_id.h"
#include "session/devices.h"
#include "session/machine.h"
#include "session/member.h"

static char folder[SCRATCH_PATH];

/* --- a lab's sysfs */

static void write_below(const char *device, const char *name, const char *text)
{
	char path[256], *slash;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, device, name);
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			fail_msg("cannot make %s", path);
		*slash = '/';
	}
	scratch_write(path, text, strlen(text));
}

static void put_device(const char *slot, const char *id, const char *class)
{
	write_below(slot, "vendor", "0x1002\n");
	write_below(slot, "device", id);
	write_below(slot, "class", class);
	write_below(slot, "revision", "0xc1\n");
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int start(void **state)
{
	(void)state;
	scratch_path(folder, "devices");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static void devices_are_told_with_driver_and_firmware(void **state)
{
	char link[256];
	struct json_object *a, *o;

	(void)state;
	put_device("0000:03:00.0", "0x744c\n", "0x030000\n");
	put_device("0000:00:01.0", "0x1234\n", "0x060400\n");
	put_device("0000:01:00.0", "0x1533\n", "0x020000\n");
	write_below("0000:03:00.0", "subsystem_vendor", "0x1da2\n");
	write_below("0000:03:00.0", "subsystem_device", "0x471e\n");
	write_below("0000:03:00.0", "fw_version/vcn_fw_version", "0x0110901c\n");
	snprintf(link, sizeof(link), "%s/0000:03:00.0/driver", folder);
	assert_int_equal(symlink("../../drivers/amdgpu", link), 0);
	a = sm_devices_json(folder);
	/* The bridge is no device of anybody's. */
	assert_int_equal(json_object_array_length(a), 2);
	o = json_object_array_get_idx(a, 0);
	assert_string_equal(text_at(o, "slot"), "0000:01:00.0");
	assert_null(at(o, "driver"));
	assert_null(at(o, "subsystem"));
	o = json_object_array_get_idx(a, 1);
	assert_string_equal(text_at(o, "id"), "1002:744c");
	assert_string_equal(text_at(o, "subsystem"), "1da2:471e");
	assert_string_equal(text_at(o, "class"), "030000");
	assert_string_equal(text_at(o, "revision"), "c1");
	assert_string_equal(text_at(o, "driver"), "amdgpu");
	assert_string_equal(text_at(at(o, "firmware"), "vcn_fw_version"),
			    "0x0110901c");
	json_object_put(a);
}

static void a_machine_without_pci_has_no_devices(void **state)
{
	struct json_object *a = sm_devices_json("/nonexistent");

	(void)state;
	assert_int_equal(json_object_array_length(a), 0);
	json_object_put(a);
}

/* --- notes */

static const unsigned char notes[] = {
	6, 0, 0, 0, 4, 0, 0, 0, 1, 1, 0, 0,
	'L', 'i', 'n', 'u', 'x', 0, 0, 0, 9, 9, 9, 9,
	4, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0,
	'G', 'N', 'U', 0, 0xde, 0xad, 0x00, 0xbe, 0xef, 0, 0, 0,
};

static void a_build_id_is_found_among_notes(void **state)
{
	char id[16];
	size_t len;

	(void)state;
	assert_true(sm_build_id_of_notes(notes, sizeof(notes), id, sizeof(id)));
	assert_string_equal(id, "dead00beef");
	assert_false(sm_build_id_of_notes(notes, sizeof(notes), id, 10));
	/* However little of them there is. */
	for (len = 0; len < sizeof(notes); len++)
		assert_false(sm_build_id_of_notes(notes, len, id, sizeof(id)));
}

static void this_program_has_one(void **state)
{
	struct json_object *o = json_object_new_object();
	char id[80];

	(void)state;
	sm_machine_put_program(o);
	assert_string_equal(text_at(o, "stalemate"), STALEMATE_VERSION);
	if (sm_build_id_of_program(id, sizeof(id)))
		assert_string_equal(text_at(o, "program_build_id"), id);
	json_object_put(o);
}

/* --- what the lab says */

static struct json_object *host_with(const char *offset)
{
	struct json_object *o = json_object_new_object();

	if (offset)
		setenv(SM_MACHINE_OFFSET, offset, 1);
	else
		unsetenv(SM_MACHINE_OFFSET);
	sm_machine_put_host(o);
	return o;
}

static void the_clock_offset_is_a_number_or_nothing(void **state)
{
	static const char *const wrong[] = { "", "x", "1h", "nan", "inf", "1e30" };
	struct json_object *o;
	unsigned int i;

	(void)state;
	setenv(SM_MACHINE_LABEL, "hfi1", 1);
	o = host_with("-86400.5");
	assert_string_equal(text_at(o, "clock_offset"), "-86400.500");
	assert_string_equal(text_at(o, "label"), "hfi1");
	assert_null(at(o, "job"));
	json_object_put(o);
	for (i = 0; i < SM_ARRAY_SIZE(wrong); i++) {
		o = host_with(wrong[i]);
		assert_null(at(o, "clock_offset"));
		json_object_put(o);
	}
	o = host_with(NULL);
	assert_null(at(o, "clock_offset"));
	json_object_put(o);
}

/* As memory has it that has lost power: the end, and nothing that breaks a format. */
static void the_console_is_told(void **state)
{
	struct json_object *o = json_object_new_object();
	char path[SCRATCH_PATH];
	const char *text;
	FILE *f;
	int i;

	(void)state;
	scratch_path(path, "console");
	f = fopen(path, "w");
	assert_non_null(f);
	for (i = 0; i < 20000; i++)
		fputc('x', f);
	fputs("<0>[1.2] Kernel panic\r\n\x01\xff\tend\n", f);
	fclose(f);
	unsetenv(SM_MACHINE_CONSOLE);
	sm_machine_put_console(o);
	setenv(SM_MACHINE_CONSOLE, "/nowhere", 1);
	sm_machine_put_console(o);
	assert_null(sm_member_get(o, "console"));
	setenv(SM_MACHINE_CONSOLE, path, 1);
	sm_machine_put_console(o);
	text = text_at(o, "console");
	assert_int_equal(strlen(text), 16384 - 1);
	assert_string_equal(text + strcspn(text, "<"),
			    "<0>[1.2] Kernel panic\n??\tend\n");
	json_object_put(o);
}

static void the_machine_is_told(void **state)
{
	struct json_object *o = json_object_new_object();

	(void)state;
	sm_machine_put_hardware(o);
	assert_true(number_at(o, "cpus") > 0);
	assert_true(number_at(o, "memory") > 1 << 20);
	assert_true(json_object_is_type(at(o, "devices"), json_type_array));
	assert_int_equal(!at(o, "config"), !at(o, "config_hash"));
	assert_non_null(at(o, "cmdline"));
	json_object_put(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(devices_are_told_with_driver_and_firmware,
						start, stop),
		cmocka_unit_test(a_machine_without_pci_has_no_devices),
		cmocka_unit_test(a_build_id_is_found_among_notes),
		cmocka_unit_test(this_program_has_one),
		cmocka_unit_test(the_clock_offset_is_a_number_or_nothing),
		cmocka_unit_test(the_console_is_told),
		cmocka_unit_test(the_machine_is_told),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
