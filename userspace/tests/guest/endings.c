// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runners that are killed at any moment: while they set up, storm or look at
 * everything once more. The session says so each time, in what it prints and in its
 * results, nothing of the runner is left, and the module has let go of everything.
 *
 * STALEMATE_TEST_KILLS says how many (1), STALEMATE_TEST_SEED repeats
 * their moments.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ksm.h"

#define RESULTS		"/tmp/endings.json"
#define SAID		"/tmp/endings.said"
#define ROUND_SECONDS	120	/* for one that hangs */
#define RELEASE_MS	60000
#define START_MS	60000
#define LATEST_MS	1500	/* into its storm, mostly */
#define MAX_ROUNDS	1000

static unsigned int rounds(void)
{
	const char *s = getenv("STALEMATE_TEST_KILLS");
	unsigned int n = s ? strtoul(s, NULL, 10) : 1;

	return n < 1 ? 1 : n > MAX_ROUNDS ? MAX_ROUNDS : n;
}

static unsigned int seed(void)
{
	const char *s = getenv("STALEMATE_TEST_SEED");

	return s ? strtoul(s, NULL, 10) : (unsigned int)time(NULL);
}

static int start_session(void)
{
	int fd, pid = fork();

	if (pid)
		return pid;
	fd = open(SAID, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	dup2(fd, STDOUT_FILENO);
	execlp("stalemate", "stalemate", "run", "--profile", "kvm+hmm",
	       "--arena", "8M", "--duration", "600", "--json", RESULTS, NULL);
	_exit(127);
}

/* Of /proc/PID/stat, or 0. Not of .../children, which not every kernel has. */
static int parent_of(const char *pid)
{
	char path[64], buf[256];
	int fd, parent = 0;
	ssize_t n;
	char *p;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	p = strrchr(buf, ')');
	if (p)
		sscanf(p, ") %*c %d", &parent);
	return parent;
}

/* The session's child: first who asks for profiles, later the runner. */
static int child_of(int pid)
{
	DIR *proc = opendir("/proc");
	const struct dirent *d;
	int child = 0;

	if (!proc)
		return 0;
	while (!child && (d = readdir(proc)))
		if (isdigit((unsigned char)d->d_name[0]) &&
		    parent_of(d->d_name) == pid)
			child = atoi(d->d_name);
	closedir(proc);
	return child;
}

/* Does @pid use the module? Who only asks has no more than a moment of it. */
static bool has_mirrors(void *arg)
{
	struct sm_ioc_query q = { .size = sizeof(q) };
	int fd = open(KSM_DEVICE, O_RDWR | O_CLOEXEC);
	bool has;

	(void)arg;
	has = fd >= 0 && !ksm_ioctl(fd, SM_IOC_QUERY, &q) && q.mirrors;
	if (fd >= 0)
		close(fd);
	return has;
}

static const char *contents(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	static char buf[1 << 20];
	ssize_t n;

	if (fd < 0)
		return "";
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static bool results_say(const char *what)
{
	return strstr(contents(RESULTS), what);
}

static void kill_one(unsigned int delay_ms)
{
	int status, runner, session = start_session();
	unsigned int i;

	ASSERT_TRUE(ksm_wait_until(has_mirrors, NULL, START_MS));
	for (i = 0; i < delay_ms; i++)
		ksm_pause();
	runner = child_of(session);
	/* Without it the session would go on for its 600 s, under other tests. */
	if (!EXPECT_TRUE(runner > 0 && !kill(runner, SIGKILL)))
		kill(session, SIGTERM);
	ASSERT_EQ(waitpid(session, &status, 0), session);
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), 69);
	EXPECT_TRUE(results_say("\"verdict\": \"broken\""));
	if (!EXPECT_TRUE(results_say("SIGKILL")))
		ksm_note("it said: %s", contents(SAID));
}

static void killed_runners_leave_nothing(void)
{
	unsigned int i, s = seed();

	ksm_note("seed %u", s);
	ksm_timeout(ROUND_SECONDS * rounds());
	for (i = 0; i < rounds(); i++) {
		kill_one(rand_r(&s) % LATEST_MS);
		ASSERT_TRUE(ksm_idle(RELEASE_MS, true));
	}
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(killed_runners_leave_nothing),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
