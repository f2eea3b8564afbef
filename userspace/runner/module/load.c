// SPDX-License-Identifier: GPL-2.0-only
/* Loading the module, and saying what keeps it out. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/await.h"
#include "base/child.h"
#include "base/util.h"
#include "load.h"

#define LOAD_NONE	127	/* as a shell has it: there is no such program */
#define LOAD_SHARE	2	/* of sm_await_naps: who waits shows no life */

const struct sm_load_policy sm_load_policy = {
	.lockdown = "/sys/kernel/security/lockdown",
	.sig_enforce = "/sys/module/module/parameters/sig_enforce",
	.disabled = "/proc/sys/kernel/modules_disabled",
	.symbols = "/proc/kallsyms",
};

/**
 * struct option - what the module cannot do without
 * @name: name of the option
 * @symbol: function that is there if it is set
 */
struct option {
	const char *name;
	const char *symbol;
};

static const struct option load_options[] = {
	{ "CONFIG_MMU_NOTIFIER", "__mmu_notifier_register" },
	{ "CONFIG_HMM_MIRROR", "hmm_range_fault" },
};

static bool load_forbidden;

/*
 * sm_load_forbid() - from now on nothing is done that makes the kernel load a
 * module: who only asks what there is changes nothing.
 */
void sm_load_forbid(void)
{
	load_forbidden = true;
}

bool sm_load_allowed(void)
{
	return !load_forbidden;
}

/* As a shell would: what is blocked in a child of ours is not in a program. */
static void load_exec(int complaints)
{
	char *const argv[] = { "modprobe", "stalemate", NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(complaints, STDERR_FILENO);
	execvp(argv[0], argv);
	_exit(LOAD_NONE);
}

/* As much as there is room for: what comes then meets a pipe without an end. */
static void load_listen(int fd, char *said, size_t size,
			struct sm_patience *p)
{
	size_t len = 0;
	ssize_t n;

	while (len + 1 < size && !sm_await_fd(fd, POLLIN, p)) {
		n = read(fd, said + len, size - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	said[len] = '\0';
}

/*
 * Run modprobe; @said gets its complaints. Returns 0 if the module is in, 1 if
 * not, or a negative errno: -ENOENT if there is no modprobe, -ETIMEDOUT if it
 * did not end and had to be killed.
 */
static int load_modprobe(char *said, size_t size)
{
	struct sm_patience p = { .naps = sm_await_naps / LOAD_SHARE };
	struct sm_child_end end;
	int err, pipe_fds[2];
	pid_t pid;

	said[0] = '\0';
	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	pid = sm_child_fork();
	if (!pid)
		load_exec(pipe_fds[1]);
	close(pipe_fds[1]);
	if (pid > 0)
		load_listen(pipe_fds[0], said, size, &p);
	close(pipe_fds[0]);
	if (pid < 0)
		return pid;
	/* Who inherited the pipe from it and lives on is not waited for. */
	err = sm_child_wait(pid, &end, &p);
	if (err)
		return err;
	if (WIFEXITED(end.status) && WEXITSTATUS(end.status) == LOAD_NONE)
		return -ENOENT;
	return !WIFEXITED(end.status) || WEXITSTATUS(end.status);
}

/* The state in force, between brackets; false if there is none. */
static bool load_lockdown(const char *path, char *state, size_t size)
{
	char all[128], *begin, *end;

	if (sm_util_read_file(path, all, sizeof(all)) < 0)
		return false;
	begin = strchr(all, '[');
	end = begin ? strchr(begin, ']') : NULL;
	if (!end)
		return false;
	*end = '\0';
	snprintf(state, size, "%s", begin + 1);
	return strcmp(state, "none");
}

static bool load_is(const char *path, char what)
{
	char value[16];

	return sm_util_read_file(path, value, sizeof(value)) > 0 &&
	       value[0] == what;
}

/* Which of load_options[] do these symbols belong to? All, if there are none. */
static unsigned int load_find(FILE *symbols)
{
	unsigned int i, found = 0, lines = 0;
	char line[512], name[256];

	/* Addresses may be hidden (all zero): names are not. */
	while (fgets(line, sizeof(line), symbols)) {
		if (sscanf(line, "%*x %*c %255s", name) != 1)
			continue;
		lines++;
		for (i = 0; i < SM_ARRAY_SIZE(load_options); i++)
			if (!strcmp(name, load_options[i].symbol))
				found |= SM_BIT(i);
	}
	return lines ? found : ~0U;
}

static void load_name(char *names, size_t size, const char *name)
{
	size_t len = strlen(names);

	snprintf(names + len, size - len, "%s%s", len ? " and " : "", name);
}

/*
 * sm_load_lacks() - does the kernel lack an option of load_options[]? One that
 * hides its symbols (without CONFIG_KALLSYMS) is not said to lack anything.
 */
bool sm_load_lacks(const struct sm_load_policy *p, char *why, size_t size)
{
	FILE *symbols = fopen(p->symbols, "re");
	unsigned int i, found;
	char names[64];

	if (!symbols)
		return false;
	found = load_find(symbols);
	fclose(symbols);
	for (i = 0, names[0] = '\0'; i < SM_ARRAY_SIZE(load_options); i++)
		if (!(found >> i & 1))
			load_name(names, sizeof(names), load_options[i].name);
	if (names[0])
		snprintf(why, size,
			 "this kernel lacks %s: rebuild it with a driver that selects that, such as CONFIG_DRM_AMDGPU_USERPTR",
			 names);
	return names[0];
}

/* Is it not the module that is missing, but what the module would need? */
static bool load_is_unknown(const char *said)
{
	return strstr(said, "not found") || strstr(said, "No such file") ||
	       strcasestr(said, "unknown symbol");
}

/*
 * sm_load_explain() - the kernel refused the module, or there is none: why
 * @p: where to look
 * @said: what modprobe said of it; its last line tells when nothing else does
 */
void sm_load_explain(const struct sm_load_policy *p, const char *said,
		     char *why, size_t size)
{
	size_t len = strcspn(said, "\n");
	char state[32];

	if (load_is_unknown(said) && sm_load_lacks(p, why, size))
		return;
	if (strstr(said, "not found") || strstr(said, "No such file")) {
		snprintf(why, size,
			 "no /dev/stalemate: this kernel has no such module (make modules_install, modprobe stalemate)");
		return;
	}
	if (load_is(p->disabled, '1'))
		snprintf(why, size,
			 "the kernel refused the module: kernel.modules_disabled is 1 until the next boot");
	else if (load_lockdown(p->lockdown, state, sizeof(state)))
		snprintf(why, size,
			 "the kernel refused the module: lockdown=%s wants it signed (sign it, or boot without Secure Boot and lockdown=)",
			 state);
	else if (load_is(p->sig_enforce, 'Y'))
		snprintf(why, size,
			 "the kernel refused the module: module.sig_enforce or CONFIG_MODULE_SIG_FORCE wants it signed (sign it, or boot without)");
	else
		snprintf(why, size,
			 "cannot load the module (see the kernel log): %.*s",
			 len ? (int)len : 80, len ? said : "modprobe failed");
}

/*
 * sm_load_module() - load the module. Returns 0, or a negative errno with one
 * line in @why that says what keeps it out.
 */
int sm_load_module(char *why, size_t size)
{
	char said[512];
	int err = load_modprobe(said, sizeof(said));

	if (err == -ETIMEDOUT) {
		snprintf(why, size, "modprobe stalemate does not end");
		return err;
	}
	if (err < 0)
		snprintf(why, size, "cannot run modprobe: %s (apt-get install kmod)",
			 strerror(-err));
	else if (err)
		sm_load_explain(&sm_load_policy, said, why, size);
	return err ? -ENOENT : 0;
}

/* sm_load_page_size() - tables, granules and huge pages are those of 4 KiB. */
bool sm_load_page_size(long bytes, char *why, size_t size)
{
	if (bytes == (long)SM_PAGE_SIZE)
		return true;
	snprintf(why, size,
		 "this kernel has pages of %ld KiB, the mock knows 4 KiB: it wants CONFIG_PAGE_SIZE_4KB (arm64 before 6.9: CONFIG_ARM64_4K_PAGES)",
		 bytes >> 10);
	return false;
}
