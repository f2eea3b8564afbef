// SPDX-License-Identifier: GPL-2.0-only
/* Agents that are threads of ours: see agent_thread.h. */
#include "agent_thread.h"
#include "base/thread.h"

static void *agent_main(void *arg)
{
	struct sm_agent_thread *t = arg;
	int ret = 0;

	sm_thread_give_way();
	while (!sm_read(&t->stop)) {
		ret = t->step(t);
		if (ret == SM_AGENT_NAP)
			sm_util_nap(t->nap_ns);
		else if (ret)
			break;
	}
	if (ret < 0)
		sm_write(&t->ended, ret);
	return NULL;
}

int sm_agent_thread_start(struct sm_agent_thread *t)
{
	return sm_thread_start(&t->thread, "agent", agent_main, t);
}

int sm_agent_thread_stop(struct sm_agent_thread *t, struct sm_patience *p)
{
	int err;

	sm_write(&t->stop, true);
	err = sm_await_thread(t->thread, p);
	return err ? err : sm_read(&t->ended);
}
