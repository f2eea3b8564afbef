// SPDX-License-Identifier: GPL-2.0-only
/* How a run ends before its time, and what it says of that. */
#include <stdarg.h>
#include <stdio.h>

#include "engine.h"

/*
 * The first reason stays: what goes wrong in a run that is over already mostly
 * comes of that.
 */
static void __attribute__((format(printf, 3, 0)))
engine_end(struct sm_engine *e, bool *how, const char *fmt, va_list args)
{
	pthread_mutex_lock(&e->lock);
	if (!e->broken && !e->stuck) {
		vsnprintf(e->why, sizeof(e->why), fmt, args);
		sm_write(how, true);
	}
	pthread_mutex_unlock(&e->lock);
	sm_write(&e->stop, true);
}

/* sm_engine_break() - the run cannot be judged. */
void sm_engine_break(struct sm_engine *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	engine_end(e, &e->broken, fmt, args);
	va_end(args);
}

/* sm_engine_stick() - the run takes too long, and is not judged. */
void sm_engine_stick(struct sm_engine *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	engine_end(e, &e->stuck, fmt, args);
	va_end(args);
}

/*
 * sm_engine_flight() - what the device does just now for @agent, or on @lane, for
 * a message.
 */
const char *sm_engine_flight(struct sm_engine *e,
			     const struct sm_device_agent *agent,
			     unsigned int lane, char *buf, size_t size)
{
	const struct sm_backend *backend = e->spec->backend;
	uint64_t va = backend->flight ? backend->flight(e, agent, lane) : 0;

	buf[0] = '\0';
	if (va)
		snprintf(buf, size, ", its device %s %llx",
			 va & 1 ? "writes to" : "reads",
			 (unsigned long long)(va & ~1ULL));
	return buf;
}

/*
 * sm_engine_hang() - @who waits for the device in vain. It may still use all
 * that it was given, so nothing of that is freed any more.
 */
void sm_engine_hang(struct sm_engine *e, const char *who,
		    const struct sm_device_agent *agent, unsigned int lane)
{
	char flight[SM_FLIGHT_TEXT];

	sm_write(&e->hung, true);
	sm_engine_stick(e, "%s hangs%s", who,
			sm_engine_flight(e, agent, lane, flight,
					 sizeof(flight)));
}
