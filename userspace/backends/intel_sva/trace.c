// SPDX-License-Identifier: GPL-2.0-only
/* An instance of the trace, read: see trace.h. */
#ifdef HAVE_TRACEFS

#include <stdlib.h>
#include <unistd.h>

#include "trace.h"

#define TRACE_KB	"4096"	/* of each processor */

/* The event that is next, out of the part that was read, or another. */
static void trace_fill(struct sva_trace *t, struct sva_trace_cpu *c)
{
	unsigned long long ts;
	void *data;

	while (!(data = kbuffer_read_event(c->kbuf, &ts))) {
		if (tracefs_cpu_read(c->file, c->page, true) <= 0 ||
		    kbuffer_load_subbuffer(c->kbuf, c->page))
			break;
		if (kbuffer_missed_events(c->kbuf))
			t->lost = true;
	}
	c->record.data = data;
	if (!data)
		return;
	c->record.ts = ts;
	c->record.size = kbuffer_event_size(c->kbuf);
	c->record.cpu = c - t->cpus;
	kbuffer_next_event(c->kbuf, &ts);
}

struct tep_record *sva_trace_next(struct sva_trace *t, uint64_t until)
{
	struct sva_trace_cpu *c, *first = NULL;

	for (c = t->cpus; c < t->cpus + t->nr; c++) {
		if (!c->record.data)
			trace_fill(t, c);
		if (c->record.data &&
		    (!first || c->record.ts < first->record.ts))
			first = c;
	}
	if (!first || first->record.ts > until)
		return NULL;
	t->taken = first->record;
	first->record.data = NULL;
	return &t->taken;
}

/* ---- opening ----------------------------------------------------------------- */

static bool trace_open_cpu(struct sva_trace *t, unsigned int cpu)
{
	struct sva_trace_cpu *c = &t->cpus[cpu];

	c->file = tracefs_cpu_open(t->instance, cpu, true);
	c->kbuf = c->file ? tep_kbuffer(t->tep) : NULL;
	c->page = c->kbuf ? malloc(tracefs_cpu_read_size(c->file)) : NULL;
	return c->page;
}

static bool trace_set_up(struct sva_trace *t)
{
	return !(tracefs_instance_file_write(t->instance, "trace_clock",
					     "mono") < 0 ||
		 tracefs_instance_file_write(t->instance, "buffer_size_kb",
					     TRACE_KB) < 0 ||
		 tracefs_instance_file_clear(t->instance, "trace") < 0);
}

const char *sva_trace_open(struct sva_trace *t, const char *name,
			   const char *system)
{
	const char *const systems[] = { system, NULL };
	unsigned int cpu;

	t->tep = tracefs_local_events_system(NULL, systems);
	if (!t->tep)
		return "no tracepoints (root, tracefs)";
	t->instance = tracefs_instance_create(name);
	if (!t->instance)
		return "no instance of the trace (root, tracefs)";
	if (!trace_set_up(t))
		return "the trace cannot be set up";
	t->nr = sysconf(_SC_NPROCESSORS_CONF);
	t->cpus = calloc(t->nr, sizeof(*t->cpus));
	for (cpu = 0; t->cpus && cpu < t->nr; cpu++)
		if (!trace_open_cpu(t, cpu))
			return "the trace cannot be read";
	return t->cpus ? NULL : "out of memory";
}

static void trace_close_cpu(struct sva_trace_cpu *c)
{
	if (c->file)
		tracefs_cpu_close(c->file);
	if (c->kbuf)
		kbuffer_free(c->kbuf);
	free(c->page);
}

void sva_trace_close(struct sva_trace *t)
{
	unsigned int cpu;

	for (cpu = 0; t->cpus && cpu < t->nr; cpu++)
		trace_close_cpu(&t->cpus[cpu]);
	free(t->cpus);
	if (t->instance) {
		tracefs_instance_destroy(t->instance);
		tracefs_instance_free(t->instance);
	}
	if (t->tep)
		tep_free(t->tep);
}

#endif /* HAVE_TRACEFS */
