// SPDX-License-Identifier: GPL-2.0-only
/* How the kernel, and the module, are asked for what ops need. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/util.h"
#include "device.h"
#include "needs.h"

const char *sm_needs_why(const struct sm_need *n, int err,
			 const char *forbidden)
{
	if (!err)
		return NULL;
	return err == -EPERM || err == -EACCES ? forbidden : n->why;
}

/* A kernel knows an advice iff it accepts it for no bytes at all. */
const char *sm_needs_advice(const struct sm_need *n)
{
	return sm_needs_why(n, madvise(NULL, 0, n->advice) ? -errno : 0,
			    SM_NEEDS_FORBIDDEN);
}

const char *sm_needs_tracer(const struct sm_need *n)
{
	(void)n;
	return sm_util_read_u64(SM_NEEDS_YAMA, 0) == 3 ?
		       "nobody may use ptrace (kernel.yama.ptrace_scope=3)" :
		       NULL;
}

const char *sm_needs_switch(const char *path)
{
	if (!access(path, W_OK))
		return NULL;
	return geteuid() ? "what it switches is for root alone" :
			   "what it switches is read-only here, as in a container";
}

const char *sm_needs_cgroup(const struct sm_need *n)
{
	(void)n;
	return sm_cgroup_lacks("");
}

const char *sm_needs_module(const struct sm_need *n)
{
	(void)n;
	return sm_device_told() ? NULL : SM_LACKS_MODULE;
}

const char *sm_needs_feature(const struct sm_need *n)
{
	const struct sm_ioc_query *q = sm_device_told();

	if (!q)
		return SM_LACKS_MODULE;
	return q->features & n->feature ? NULL : n->why;
}

/* That there is no module is said by sm_needs_module(). */
const char *sm_needs_told(const struct sm_need *n)
{
	return sm_device_told() ? sm_needs_feature(n) : NULL;
}
