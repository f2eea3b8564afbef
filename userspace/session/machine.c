// SPDX-License-Identifier: GPL-2.0-only
/* What a session runs on. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/util.h"
#include "build_id.h"
#include "devices.h"
#include "machine.h"
#include "member.h"

/* Made by make, of what git knows. (sparse has no __has_include().) */
#ifndef __CHECKER__
#if __has_include("session/commit.h")
#include "session/commit.h"
#endif
#endif
#ifndef SM_COMMIT
#define SM_COMMIT	""
#endif

#define MODULE		"/sys/module/stalemate/"
#define MOST_OFFSET	(10 * 365 * 86400.0)	/* seconds */
#define MOST_CONSOLE	16384			/* bytes */

void sm_machine_put_kernel(struct json_object *o)
{
	struct utsname u;

	if (uname(&u))
		return;
	sm_member_string(o, "kernel", u.release);
	sm_member_string(o, "kernel_version", u.version);
	sm_member_string(o, "arch", u.machine);
}

static void put_file(struct json_object *o, const char *key, const char *path)
{
	char text[1024];

	sm_member_string(o, key, sm_util_read_file(path, text, sizeof(text)) > 0 ?
			 text : NULL);
}

static void put_build_id(struct json_object *o, const char *notes)
{
	char id[80];

	sm_member_string(o, "build_id",
			 sm_build_id_of_file(notes, id, sizeof(id)) ? id : NULL);
}

void sm_machine_put_module(struct json_object *o)
{
	struct json_object *m = json_object_new_object();

	put_file(m, "version", MODULE "version");
	put_file(m, "srcversion", MODULE "srcversion");
	put_build_id(m, MODULE "notes/.note.gnu.build-id");
	if (!sm_member_get(m, "version")) {
		json_object_put(m);
		m = NULL;
	}
	json_object_object_add(o, "module", m);
}

/* What only who has sent us here can know. */
static void put_lab(struct json_object *o)
{
	const char *offset = getenv(SM_MACHINE_OFFSET);
	double seconds;
	char *end;

	sm_member_string(o, "label", getenv(SM_MACHINE_LABEL));
	sm_member_string(o, "job", getenv(SM_MACHINE_JOB));
	json_object_object_add(o, "clock_offset", NULL);
	if (!offset)
		return;
	seconds = strtod(offset, &end);
	if (end != offset && !*end && seconds < MOST_OFFSET &&
	    seconds > -MOST_OFFSET)
		sm_member_seconds(o, "clock_offset", seconds);
}

void sm_machine_put_host(struct json_object *o)
{
	struct utsname u;

	sm_member_string(o, "host", uname(&u) ? NULL : u.nodename);
	put_file(o, "boot_id", "/proc/sys/kernel/random/boot_id");
	sm_member_time(o, "start");
	put_lab(o);
}

/* Memory that has lost power for a moment may hold anything. */
void sm_machine_put_console(struct json_object *o)
{
	const char *path = getenv(SM_MACHINE_CONSOLE);
	char text[MOST_CONSOLE + 1];
	size_t i, n, len = 0;
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!f)
		return;
	if (fseek(f, -MOST_CONSOLE, SEEK_END))
		rewind(f);
	n = fread(text, 1, MOST_CONSOLE, f);
	fclose(f);
	for (i = 0; i < n; i++) {
		char c = text[i];

		if (c != '\r')
			text[len++] = c == '\n' || c == '\t' ||
				      (c >= ' ' && c <= '~') ? c : '?';
	}
	text[len] = '\0';
	if (len)
		sm_member_string(o, "console", text);
}

void sm_machine_put_program(struct json_object *o)
{
	char id[80];

	sm_member_string(o, "stalemate", STALEMATE_VERSION);
	sm_member_string(o, "commit", SM_COMMIT);
	sm_member_string(o, "program_build_id",
			 sm_build_id_of_program(id, sizeof(id)) ? id : NULL);
}

/* --- what it is made of */

/* FNV-1a, 64 bits, of a whole file. Returns false if it cannot be read. */
static bool hash_file(const char *path, uint64_t *hash)
{
	unsigned char buf[16384];
	ssize_t i, n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	*hash = 0xcbf29ce484222325;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++)
			*hash = (*hash ^ buf[i]) * 0x100000001b3;
	close(fd);
	return !n;
}

/* The same configuration has another hash when it is packed: so its file is told. */
static void put_config(struct json_object *o)
{
	static const char *const places[] = {
		"/boot/config-%s", "/lib/modules/%s/config", "/proc/config.gz"
	};
	char path[256], hash[24] = "";
	struct utsname u;
	unsigned int i;
	uint64_t h;

	for (i = 0; !uname(&u) && !hash[0] && i < SM_ARRAY_SIZE(places); i++) {
		if (strstr(places[i], "%s"))
			snprintf(path, sizeof(path), "%.*s%s%s",
				 (int)strcspn(places[i], "%"), places[i], u.release,
				 strstr(places[i], "%s") + 2);
		else
			snprintf(path, sizeof(path), "%s", places[i]);
		if (hash_file(path, &h))
			snprintf(hash, sizeof(hash), "%016llx",
				 (unsigned long long)h);
	}
	sm_member_string(o, "config", hash[0] ? path : NULL);
	sm_member_string(o, "config_hash", hash);
}

/* "model name	: Intel(R) ..." */
static void put_cpu(struct json_object *o)
{
	static const char *const words[] = { "model name", "cpu model", "cpu\t" };
	char line[256], *cpu = NULL;
	unsigned int i;
	FILE *f;

	f = fopen("/proc/cpuinfo", "re");
	while (f && !cpu && fgets(line, sizeof(line), f))
		for (i = 0; !cpu && i < SM_ARRAY_SIZE(words); i++)
			if (!strncmp(line, words[i], strlen(words[i])))
				cpu = strchr(line, ':');
	if (f)
		fclose(f);
	if (cpu) {
		cpu += 1 + strspn(cpu + 1, " \t");
		cpu[strcspn(cpu, "\n")] = '\0';
	}
	sm_member_string(o, "cpu", cpu);
	sm_member_u64(o, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	sm_member_u64(o, "memory", (uint64_t)sysconf(_SC_PHYS_PAGES) *
				   sysconf(_SC_PAGESIZE));
}

void sm_machine_put_hardware(struct json_object *o)
{
	put_file(o, "cmdline", "/proc/cmdline");
	put_build_id(o, "/sys/kernel/notes");
	put_config(o);
	put_cpu(o);
	json_object_object_add(o, "devices", sm_devices_json(SM_DEVICES_PCI));
}
