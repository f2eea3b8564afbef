// SPDX-License-Identifier: GPL-2.0-only
/* The PCI devices of a machine: see devices.h. */
#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "devices.h"
#include "member.h"

#define PATH	512	/* bytes */
#define DEVICE	256
#define BRIDGE	"0x06"

/* Where drivers say which firmware a device runs, below its folder. */
static const char *const firmware[] = {
	"fw_version/*_fw_version",	/* amdgpu */
	"infiniband/*/fw_ver",		/* mlx5, irdma, ... */
	"fw_ver",
	"firmware_version",
};

/* "0x8086" as "8086"; what cannot be read is "". */
static const char *read_hex(const char *device, const char *name, char *s,
			    size_t size)
{
	char path[PATH];

	snprintf(path, sizeof(path), "%s/%s", device, name);
	if (sm_util_read_file(path, s, size) <= 0)
		s[0] = '\0';
	return strncmp(s, "0x", 2) ? s : s + 2;
}

static void put_pair(struct json_object *o, const char *key, const char *device,
		     const char *first, const char *second)
{
	char a[16], b[16], s[40];

	snprintf(s, sizeof(s), "%s:%s", read_hex(device, first, a, sizeof(a)),
		 read_hex(device, second, b, sizeof(b)));
	sm_member_string(o, key, strcmp(s, ":") ? s : NULL);
}

static void put_word(struct json_object *o, const char *key, const char *device,
		     const char *name)
{
	char s[32];

	sm_member_string(o, key, read_hex(device, name, s, sizeof(s)));
}

static void put_driver(struct json_object *o, const char *device)
{
	char path[PATH], to[PATH];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/driver", device);
	n = readlink(path, to, sizeof(to) - 1);
	to[n < 0 ? 0 : n] = '\0';
	name = strrchr(to, '/');
	sm_member_string(o, "driver", name ? name + 1 : to);
}

static void put_versions(struct json_object *o, const char *device,
			 const char *pattern)
{
	char path[PATH], text[128];
	glob_t g;
	size_t i;

	snprintf(path, sizeof(path), "%s/%s", device, pattern);
	if (glob(path, 0, NULL, &g))
		return;
	for (i = 0; i < g.gl_pathc; i++)
		if (sm_util_read_file(g.gl_pathv[i], text, sizeof(text)) > 0)
			sm_member_string(o, strrchr(g.gl_pathv[i], '/') + 1, text);
	globfree(&g);
}

static void put_firmware(struct json_object *o, const char *device)
{
	struct json_object *versions = json_object_new_object();
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(firmware); i++)
		put_versions(versions, device, firmware[i]);
	if (json_object_object_length(versions))
		json_object_object_add(o, "firmware", versions);
	else
		json_object_put(versions);
}

static struct json_object *device_json(const char *slot, const char *device)
{
	struct json_object *o = json_object_new_object();

	sm_member_string(o, "slot", slot);
	put_pair(o, "id", device, "vendor", "device");
	put_pair(o, "subsystem", device, "subsystem_vendor", "subsystem_device");
	put_word(o, "class", device, "class");
	put_word(o, "revision", device, "revision");
	put_driver(o, device);
	put_firmware(o, device);
	return o;
}

static bool is_bridge(const char *device)
{
	char path[PATH], class[16];

	snprintf(path, sizeof(path), "%s/class", device);
	return sm_util_read_file(path, class, sizeof(class)) > 0 &&
	       !strncmp(class, BRIDGE, strlen(BRIDGE));
}

struct json_object *sm_devices_json(const char *folder)
{
	struct json_object *a = json_object_new_array();
	struct dirent **entries;
	char device[DEVICE];
	int i, nr;

	nr = scandir(folder, &entries, NULL, alphasort);
	for (i = 0; i < nr; i++) {
		snprintf(device, sizeof(device), "%.100s/%.128s", folder,
			 entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && !is_bridge(device))
			json_object_array_add(a, device_json(entries[i]->d_name,
							     device));
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	return a;
}
