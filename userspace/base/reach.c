// SPDX-License-Identifier: GPL-2.0-only
/* Which emitters a kernel has: see reach.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "reach.h"

static unsigned long reach_number(const char *version)
{
	char *dot;
	unsigned long major = strtoul(version, &dot, 10);

	return major << 16 | (*dot == '.' ? strtoul(dot + 1, NULL, 10) : 0);
}

const char *sm_reach_version(const char *release)
{
	const char *version = sm_sites[0].version;
	const struct sm_site *site;

	for (site = sm_sites; site->version; site++)
		if (reach_number(site->version) <= reach_number(release))
			version = site->version;
	return version;
}

const struct sm_site *sm_reach_site(const char *version, unsigned int emitter)
{
	const struct sm_site *site;

	for (site = sm_sites; site->version; site++)
		if (!strcmp(site->version, version) &&
		    sm_symbols_stands(site->function, sm_emitters[emitter].name))
			return site;
	return NULL;
}

/* What is inlined everywhere stands for nothing, and is known by what it serves. */
static bool reach_built(const struct sm_symbols *s, const char *version,
			const struct sm_emitter_info *e)
{
	const struct sm_site *site;

	if (e->proof)
		return sm_symbols_begin(s, e->proof);
	for (site = sm_sites; site->version; site++)
		if (!strcmp(site->version, version) &&
		    sm_symbols_stands(site->function, e->name) &&
		    sm_symbols_has(s, site->function))
			return true;
	return sm_symbols_has_emitter(s, e->name);
}

static void reach_unbuilt(const char *config, char *why, size_t size)
{
	if (config && config[0])
		snprintf(why, size,
			 "this kernel is built without it (CONFIG_%s)", config);
	else
		snprintf(why, size, "this kernel has no such function");
}

bool sm_reach_lacks(const struct sm_symbols *s, const char *version,
		    unsigned int emitter, char *why, size_t size)
{
	const struct sm_emitter_info *e = &sm_emitters[emitter];
	const struct sm_site *site = sm_reach_site(version, emitter);

	why[0] = '\0';
	if (!site)
		snprintf(why, size, "not in Linux %s", version);
	else if (e->unreached)
		snprintf(why, size, "%s", e->unreached);
	else if (s && !reach_built(s, version, e))
		reach_unbuilt(e->config ? e->config : site->config, why, size);
	return why[0];
}

uint64_t sm_reach_here(const struct sm_symbols *s)
{
	const char *version;
	struct utsname uts;
	uint64_t mask = 0;
	unsigned int i;
	char why[160];

	if (uname(&uts) < 0)
		return 0;
	version = sm_reach_version(uts.release);
	for (i = 0; sm_emitters[i].name; i++)
		if (!sm_reach_lacks(s, version, i, why, sizeof(why)))
			mask |= 1ULL << i;
	return mask;
}
