// SPDX-License-Identifier: GPL-2.0-only
/* The actors of a run: see cast.h. */
#include <errno.h>
#include <stdlib.h>

#include "backends/host.h"
#include "base/thread.h"
#include "cast.h"

/**
 * struct sm_role - one actor in this run
 * @actor: row of the table
 * @host: the device
 * @state: the actor's own
 * @wanted: it has work
 * @thread: its thread
 * @started: that must be joined
 */
struct sm_role {
	const struct sm_actor *actor;
	struct sm_host *host;
	void *state;
	bool wanted;
	pthread_t thread;
	bool started;
};

static struct sm_role *cast_end(const struct sm_cast *cast)
{
	return cast->roles + cast->nr;
}

/* sm_cast_init() - sm_cast_destroy() must follow, whatever it returns. */
int sm_cast_init(struct sm_cast *cast, struct sm_host *host)
{
	unsigned int i, nr = 0;

	while (sm_actors[nr])
		nr++;
	cast->host = host;
	cast->roles = calloc(nr, sizeof(*cast->roles));
	if (!cast->roles)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		cast->roles[i].actor = sm_actors[i];
		cast->roles[i].host = host;
		cast->nr++;
		if (!sm_actors[i]->size)
			continue;
		cast->roles[i].state = calloc(1, sm_actors[i]->size);
		if (!cast->roles[i].state)
			return -ENOMEM;
	}
	return 0;
}

/* sm_cast_prepare() - returns false if the run cannot go on. */
bool sm_cast_prepare(struct sm_cast *cast)
{
	struct sm_role *role;

	for (role = cast->roles; role < cast_end(cast); role++)
		if (role->actor->prepare &&
		    !role->actor->prepare(cast->host, role->state))
			return false;
	return true;
}

static void *role_thread(void *arg)
{
	struct sm_role *role = arg;

	role->actor->thread(role->host, role->state);
	return NULL;
}

/* sm_cast_threads() - start those who have work, each in its thread. */
int sm_cast_threads(struct sm_cast *cast)
{
	unsigned int absent = cast->host->scene->spec->absent;
	const struct sm_actor *actor;
	struct sm_role *role;
	int err;

	for (role = cast->roles; role < cast_end(cast); role++) {
		actor = role->actor;
		role->wanted = !(actor->absent & absent) &&
			       (!actor->wanted || actor->wanted(cast->host));
		if (!role->wanted || !actor->thread)
			continue;
		err = sm_thread_start(&role->thread, actor->name, role_thread,
				      role);
		if (err)
			return err;
		role->started = true;
	}
	return 0;
}

/* sm_cast_start() - the arena is filled, and the storm about to begin. */
int sm_cast_start(struct sm_cast *cast)
{
	struct sm_role *role;
	int err;

	for (role = cast->roles; role < cast_end(cast); role++) {
		if (!role->wanted || !role->actor->start)
			continue;
		err = role->actor->start(cast->host, role->state);
		if (err)
			return err;
	}
	return 0;
}

void sm_cast_tick(struct sm_cast *cast)
{
	struct sm_role *role;

	for (role = cast->roles; role < cast_end(cast); role++)
		if (role->actor->tick)
			role->actor->tick(cast->host, role->state);
}

/* One that does not come back hangs in the kernel, or waits for the device. */
static void role_hangs(const struct sm_role *role, bool alone)
{
	const struct sm_actor *actor = role->actor;

	/* A storm thread that hangs may hold what the others wait for. */
	if (actor->lane && alone)
		sm_host_hang(role->host, actor->user, NULL, actor->lane);
	else
		sm_end_stick(role->host->end, "thread %s did not end",
			     actor->name);
}

/*
 * sm_cast_join() - end all threads, which were told to; @storm: those of the storm
 * came back. Returns false if one does not: what it uses cannot be freed then.
 */
bool sm_cast_join(struct sm_cast *cast, struct sm_patience *p, bool storm)
{
	struct sm_role *role;
	bool all = storm;

	for (role = cast->roles; role < cast_end(cast); role++) {
		if (!role->started)
			continue;
		if (!sm_await_thread(role->thread, p)) {
			role->started = false;
			continue;
		}
		role_hangs(role, all);
		all = false;
	}
	return all;
}

/* sm_cast_stop() - what uses the device without a thread; false if it hangs. */
bool sm_cast_stop(struct sm_cast *cast)
{
	struct sm_role *role;
	bool all = true;

	for (role = cast->roles; role < cast_end(cast); role++)
		if (role->wanted && role->actor->stop)
			all &= role->actor->stop(cast->host, role->state);
	return all;
}

void sm_cast_at_rest(struct sm_cast *cast)
{
	struct sm_role *role;

	for (role = cast->roles; role < cast_end(cast); role++)
		if (role->wanted && role->actor->at_rest)
			role->actor->at_rest(cast->host, role->state);
}

void sm_cast_bury(struct sm_cast *cast)
{
	struct sm_role *role;

	for (role = cast->roles; role < cast_end(cast); role++)
		if (role->wanted && role->actor->bury)
			role->actor->bury(cast->host, role->state);
}

void sm_cast_count(struct sm_cast *cast)
{
	struct sm_role *role;

	for (role = cast->roles; role < cast_end(cast); role++)
		if (role->actor->count)
			role->actor->count(cast->host, role->state);
}

/* sm_cast_free() - only if nothing hangs. */
void sm_cast_free(struct sm_cast *cast)
{
	struct sm_role *role;

	for (role = cast->roles; role < cast_end(cast); role++)
		if (role->actor->free)
			role->actor->free(cast->host, role->state);
}

/* sm_cast_destroy() - only after every thread was joined. */
void sm_cast_destroy(struct sm_cast *cast)
{
	struct sm_role *role;

	for (role = cast->roles; role < cast_end(cast); role++)
		free(role->state);
	free(cast->roles);
}
