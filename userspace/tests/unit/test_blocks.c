// SPDX-License-Identifier: GPL-2.0-only
/* Blocks of memory, on machines that are made up. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/blocks.h"
#include "base/util.h"
#include "wrap_write.h"

#define MIB	(1ULL << 20)

static char dir[32];

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "%s\n", text);
	assert_int_equal(fclose(f), 0);
}

static void block(unsigned int nr, const char *state, const char *zones)
{
	char path[SM_BLOCKS_PATH];

	sm_blocks_path(dir, nr, "", path);
	mkdir(path, 0777);
	sm_blocks_path(dir, nr, "state", path);
	put(path, state);
	sm_blocks_path(dir, nr, "valid_zones", path);
	put(path, zones);
}

static void expect(unsigned int nr, const char *state)
{
	char path[SM_BLOCKS_PATH], seen[32] = "";

	sm_blocks_path(dir, nr, "state", path);
	assert_true(sm_util_read_file(path, seen, sizeof(seen)) > 0);
	seen[strcspn(seen, "\n")] = '\0';
	assert_string_equal(seen, state);
}

static void size_is_hex(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(sm_blocks_bytes(dir), 0);
	snprintf(path, sizeof(path), "%s/block_size_bytes", dir);
	put(path, "8000000");
	assert_int_equal(sm_blocks_bytes(dir), 128 * MIB);
}

/* Of those of other zones, or of more than one, none goes. */
static void only_what_is_movable_counts(void **state)
{
	static struct sm_blocks b;
	unsigned int nr;

	(void)state;
	block(0, "online", "none");
	block(3, "online", "Normal");
	block(4, "offline", "Normal Movable");
	block(5, "online", "DMA32");
	block(6, "going-offline", "Movable");
	block(41, "online", "Movable");
	block(SM_BLOCKS, "online", "Movable");
	assert_int_equal(sm_blocks_read(dir, &b), 1);
	for (nr = 0; nr < SM_BLOCKS; nr++)
		assert_int_equal(b.movable[nr], nr == 41);
}

static void a_block_has_a_node(void **state)
{
	char path[SM_BLOCKS_PATH];

	(void)state;
	block(7, "online", "Movable");
	assert_int_equal(sm_blocks_node(dir, 7), -1);
	sm_blocks_path(dir, 7, "node12", path);
	put(path, "");
	assert_int_equal(sm_blocks_node(dir, 7), 12);
	assert_int_equal(sm_blocks_node(dir, 8), -1);
}

/* What was away before stays away, and what is there is left alone. */
static void all_come_back_as_they_were(void **state)
{
	static struct sm_blocks b;

	(void)state;
	block(3, "online", "Normal");
	block(4, "offline", "Normal Movable");
	block(5, "online", "Movable");
	block(6, "online", "Movable");
	block(7, "online", "Movable");
	assert_int_equal(sm_blocks_read(dir, &b), 3);
	block(3, "offline", "Normal Movable");
	block(6, "offline", "Normal Movable");
	assert_false(sm_blocks_away(dir, 5));
	assert_true(sm_blocks_away(dir, 6));
	assert_int_equal(sm_blocks_restore(dir, &b), 0);
	expect(3, "offline");
	expect(4, "offline");
	expect(5, "online");
	expect(6, "online_movable");
	expect(7, "online");
}

/* Block 6 was there, and is in another state by now. */
static int restored_from(const char *state)
{
	static struct sm_blocks b;

	block(6, "online", "Movable");
	assert_int_equal(sm_blocks_read(dir, &b), 1);
	block(6, state, "Movable");
	return sm_blocks_restore(dir, &b);
}

/* Who is about to take it may hang: that is told, and not waited for. */
static void what_is_on_its_way_is_told(void **state)
{
	(void)state;
	assert_int_equal(restored_from("going-offline"), -EBUSY);
	assert_false(sm_blocks_away(dir, 6));
	expect(6, "going-offline");
}

static unsigned int nr_refused;

int __wrap_sm_util_write_file(const char *path, const char *text)
{
	if (!nr_refused)
		return __real_sm_util_write_file(path, text);
	nr_refused--;
	return -ENOMEM;
}

/* Who keeps books of memory may have to wait for some. */
static void it_is_tried_again(void **state)
{
	(void)state;
	block(6, "offline", "Normal Movable");
	nr_refused = 3;
	assert_int_equal(sm_blocks_return(dir, 6), 0);
	assert_int_equal(nr_refused, 0);
	expect(6, "online_movable");
}

static void what_stays_away_is_told(void **state)
{
	(void)state;
	nr_refused = 1000;
	assert_int_equal(restored_from("offline"), -ENOMEM);
	nr_refused = 0;
	expect(6, "offline");
}

static void a_kernel_without_has_none(void **state)
{
	static struct sm_blocks b;

	(void)state;
	assert_int_equal(sm_blocks_read("/nowhere", &b), 0);
	assert_int_equal(sm_blocks_bytes("/nowhere"), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_blocks.XXXXXX");
	return !mkdtemp(dir);
}

static int tidy(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(size_is_hex, set_up, tidy),
		cmocka_unit_test_setup_teardown(only_what_is_movable_counts,
						set_up, tidy),
		cmocka_unit_test_setup_teardown(a_block_has_a_node, set_up, tidy),
		cmocka_unit_test_setup_teardown(all_come_back_as_they_were,
						set_up, tidy),
		cmocka_unit_test_setup_teardown(what_is_on_its_way_is_told,
						set_up, tidy),
		cmocka_unit_test_setup_teardown(it_is_tried_again, set_up, tidy),
		cmocka_unit_test_setup_teardown(what_stays_away_is_told, set_up,
						tidy),
		cmocka_unit_test(a_kernel_without_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
