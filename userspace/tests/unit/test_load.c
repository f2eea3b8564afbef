// SPDX-License-Identifier: GPL-2.0-only
/* What is said when the module cannot be loaded, or could not work. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/await.h"
#include "base/util.h"
#include "module/load.h"
#include "wrap_child.h"

#define NAPS	50	/* of 20 ms each, for what has to run out */
#define ENOUGH	3000	/* for all else */

#define REFUSED	"modprobe: ERROR: could not insert 'stalemate': "

static char dir[64];

static const struct sm_load_policy files = {
	.lockdown = "lockdown",
	.sig_enforce = "sig_enforce",
	.disabled = "disabled",
	.symbols = "kallsyms",
};

/* As it is shown to those who may not see addresses. */
#define HIDDEN	"0000000000000000 "
#define OTHERS	HIDDEN "T _text\n" HIDDEN "t mn_hlist_release\n"
#define NOTIFIER HIDDEN "T __mmu_notifier_register\n"
#define HMM	"ffffffff81400000 T hmm_range_fault\n"
#define ABSENT	"modprobe: FATAL: Module stalemate not found in directory\n"
#define UNKNOWN	REFUSED "Unknown symbol in module, or unknown parameter (see dmesg)\n"

/* A file with this in it, or none. */
static void state(const char *path, const char *what)
{
	FILE *f;

	unlink(path);
	if (!what)
		return;
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(what, f);
	fclose(f);
}

/* What is made of modprobe's words has @part in it, and is one line. */
static void expect_why(size_t row, const char *said, const char *part)
{
	char why[256];

	sm_load_explain(&files, said, why, sizeof(why));
	if (!strstr(why, part))
		fail_msg("row %zu: '%s' says nothing of '%s'", row, why, part);
	assert_null(strchr(why, '\n'));
}

static void reasons(void **unused)
{
	static const struct {
		const char *lockdown, *sig_enforce, *disabled, *said, *why;
	} row[] = {
		{ "none [integrity] confidentiality\n", "N\n", "0\n",
		  REFUSED "Operation not permitted\n", "lockdown=integrity " },
		{ "none integrity [confidentiality]\n", "Y\n", "0\n",
		  REFUSED "Operation not permitted\n",
		  "lockdown=confidentiality " },
		{ "[none] integrity confidentiality\n", "Y\n", "0\n",
		  REFUSED "Key was rejected by service\n",
		  "module.sig_enforce or CONFIG_MODULE_SIG_FORCE " },
		{ NULL, "Y\n", NULL, REFUSED "Required key not available\n",
		  "module.sig_enforce or CONFIG_MODULE_SIG_FORCE " },
		{ "none [integrity] confidentiality\n", "Y\n", "1\n",
		  REFUSED "Operation not permitted\n", "modules_disabled " },
		{ "[none] integrity confidentiality\n", "N\n", "0\n",
		  REFUSED "Invalid argument\nmore\n", "Invalid argument" },
		{ NULL, NULL, NULL, "", "modprobe failed" },
		/* What is not there was not refused. */
		{ "none [integrity] confidentiality\n", "Y\n", "0\n",
		  "modprobe: FATAL: Module stalemate not found in directory\n",
		  "no /dev/stalemate: " },
		{ "none [integrity] confidentiality\n", "Y\n", "0\n",
		  "modprobe: can't load module stalemate (updates/stalemate.ko): No such file or directory\n",
		  "no /dev/stalemate: " },
	};
	size_t i;

	(void)unused;
	for (i = 0; i < SM_ARRAY_SIZE(row); i++) {
		state(files.lockdown, row[i].lockdown);
		state(files.sig_enforce, row[i].sig_enforce);
		state(files.disabled, row[i].disabled);
		expect_why(i, row[i].said, row[i].why);
	}
}

/* What is said of modprobe's words, by the symbols of the kernel. */
static void options(void **unused)
{
	static const struct {
		const char *symbols, *said, *why;
	} row[] = {
		{ OTHERS NOTIFIER, ABSENT, "lacks CONFIG_HMM_MIRROR: " },
		{ OTHERS NOTIFIER, UNKNOWN, "lacks CONFIG_HMM_MIRROR: " },
		{ OTHERS NOTIFIER,
		  "modprobe: can't load module stalemate (updates/stalemate.ko): unknown symbol in module, or unknown parameter\n",
		  "lacks CONFIG_HMM_MIRROR: " },
		{ OTHERS HMM, UNKNOWN, "lacks CONFIG_MMU_NOTIFIER: " },
		{ OTHERS, ABSENT,
		  "lacks CONFIG_MMU_NOTIFIER and CONFIG_HMM_MIRROR: " },
		/* A name that only begins, or ends, like the one. */
		{ NOTIFIER OTHERS HIDDEN "T hmm_range_faulted\n" HIDDEN
		  "t test_hmm_range_fault\n", ABSENT,
		  "lacks CONFIG_HMM_MIRROR: " },
		/* It is all there, or nobody can tell. */
		{ OTHERS NOTIFIER HMM, ABSENT, "no /dev/stalemate: " },
		{ OTHERS HMM NOTIFIER, UNKNOWN, "Unknown symbol" },
		{ "", ABSENT, "no /dev/stalemate: " },
		{ NULL, ABSENT, "no /dev/stalemate: " },
		{ NULL, UNKNOWN, "Unknown symbol" },
		/* What was refused for another reason does not lack it. */
		{ OTHERS, REFUSED "Invalid argument\n", "Invalid argument" },
	};
	size_t i;

	(void)unused;
	state(files.lockdown, NULL);
	state(files.sig_enforce, NULL);
	state(files.disabled, NULL);
	for (i = 0; i < SM_ARRAY_SIZE(row); i++) {
		state(files.symbols, row[i].symbols);
		expect_why(i, row[i].said, row[i].why);
	}
}

static void page_size(void **unused)
{
	char why[256] = "";

	(void)unused;
	assert_true(sm_load_page_size(4096, why, sizeof(why)));
	assert_string_equal(why, "");
	assert_false(sm_load_page_size(65536, why, sizeof(why)));
	assert_non_null(strstr(why, "64 KiB"));
	assert_non_null(strstr(why, "CONFIG_PAGE_SIZE_4KB"));
}

/* What has to run out has done so: from then on nobody is to be in a hurry. */
int __wrap_kill(pid_t pid, int sig)
{
	sm_await_naps = ENOUGH;
	return __real_kill(pid, sig);
}

/* A program of that name, or none, is found here alone. */
static int load_with(const char *program, char *why, size_t size)
{
	char *old = strdup(getenv("PATH"));
	int err;

	assert_non_null(old);
	state("modprobe", program);
	if (program)
		assert_int_equal(chmod("modprobe", 0700), 0);
	setenv("PATH", dir, 1);
	err = sm_load_module(why, size);
	setenv("PATH", old, 1);
	free(old);
	state("modprobe", NULL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return err;
}

static void modprobe_speaks(void **unused)
{
	char why[256] = "";

	(void)unused;
	assert_int_equal(load_with("#!/bin/sh\nexit 0\n", why, sizeof(why)),
			 0);
	assert_string_equal(why, "");
	assert_int_equal(load_with("#!/bin/sh\necho odd >&2\nexit 1\n", why,
				   sizeof(why)), -ENOENT);
	assert_string_not_equal(why, "");
	assert_int_equal(load_with(NULL, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "cannot run modprobe"));
}

static void modprobe_hangs(void **unused)
{
	char why[256] = "";

	(void)unused;
	sm_await_naps = NAPS;
	assert_int_equal(load_with("#!/bin/sh\nkill -STOP $$\n", why,
				   sizeof(why)), -ETIMEDOUT);
	assert_string_equal(why, "modprobe stalemate does not end");
	assert_int_equal(sm_await_naps, ENOUGH);
}

static int set_up(void **unused)
{
	(void)unused;
	snprintf(dir, sizeof(dir), "/tmp/test_load.XXXXXX");
	return !mkdtemp(dir) || chdir(dir);
}

static int tear_down(void **unused)
{
	(void)unused;
	state(files.lockdown, NULL);
	state(files.sig_enforce, NULL);
	state(files.disabled, NULL);
	state(files.symbols, NULL);
	return rmdir(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons),
		cmocka_unit_test(options),
		cmocka_unit_test(page_size),
		cmocka_unit_test(modprobe_speaks),
		cmocka_unit_test(modprobe_hangs),
	};

	return cmocka_run_group_tests_name("load", tests, set_up, tear_down);
}
