/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend is handed: the run that it is part of, and room for its own
 * state. Who uses the device of a backend does so through this, too.
 */
#ifndef SM_HOST_H
#define SM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "judge/docket.h"
#include "memory/access.h"
#include "memory/end.h"
#include "memory/gate.h"
#include "memory/scene.h"
#include "module/device.h"

struct sm_backend;
struct sm_host;
struct sm_rng;
struct sm_sink;

/**
 * enum sm_hold - a page that a backend wants nobody to look at, or to use
 * @SM_HOLD_HELD: it is held
 * @SM_HOLD_WANTED: somebody waits to hold it
 * @SM_HOLD_COUNT: what the count goes up by
 */
enum sm_hold {
	SM_HOLD_HELD = 1,
	SM_HOLD_WANTED = 2,
	SM_HOLD_COUNT = 4,
};

/**
 * struct sm_peek - the driver's own tables, where the module can read them
 * @on: they are compared
 * @driver: enum sm_driver
 * @fd: SM_DRIVER_KVM: the virtual machine; else -1
 * @base: what the driver calls 0
 * @unread: tables that could not be read beside those that could, at most
 * @making: counted up before the driver makes a table and when that is good: nothing
 *	is compared in between
 * @copy: copies a table instead of the module, see sm_host_copy(); NULL: it does not
 * @holds: by page of the arena, enum sm_hold and a count of the times that it was
 *	held; what was held meanwhile is not compared; NULL: everything is
 */
struct sm_peek {
	bool on;
	uint32_t driver;
	int fd;
	uint64_t base;
	uint32_t unread;
	uint32_t making;
	int (*copy)(struct sm_host *host, uint32_t table, uint64_t va,
		    uint64_t *buf, uint64_t *present, uint32_t *tables);
	uint32_t *holds;
};

/**
 * struct sm_host - what a backend is handed
 * @scene: what the run is about; sm_backend.attach() makes its mirrors
 * @end: how the run ends, before its time perhaps
 * @docket: for what is found
 * @gate: the storm can be made to pause
 * @peek: what sm_host_peek() has found
 * @forgets: odd while the device may forget pages without an event, and another
 *	number after it: see sm_host_forget()
 * @calls: what of the backend was called so far
 * @state: the backend's own
 */
struct sm_host {
	struct sm_scene *scene;
	struct sm_end *end;
	struct sm_docket *docket;
	struct sm_gate *gate;
	struct sm_peek peek;
	uint64_t forgets;
	struct sm_calls calls;
	void *state;
};

/**
 * struct sm_turn - one op of a backend's own, in the storm thread that has it; it
 *	is the same for all of a thread's ops
 * @host: what the backend is handed
 * @op: name of it
 * @index: number of the thread, and of its slice
 * @rng: numbers of this op
 * @sink: takes what the op freed
 * @flight: what the thread shows of itself
 * @counted: the op did what its row promises; set, until sm_backend.apply() clears it
 */
struct sm_turn {
	struct sm_host *host;
	const char *op;
	unsigned int index;
	struct sm_rng *rng;
	struct sm_sink *sink;
	struct sm_flight *flight;
	bool counted;
};

/**
 * struct sm_backend - something that owns a mirror under test
 *
 * Nobody calls an operation but through call.h, which asserts the order that is
 * given here. A run calls them in this one:
 *
 *	attach			the main thread, alone
 *	worker			a thread of its own, until the run ends
 *	agent_start		the main thread; the arena is filled by now
 *	(the storm)		access, fault, snapshot, check; or apply
 *	agent_stop		the main thread; the storm is over, and worker has returned
 *	(at rest)		the main thread, alone: access, snapshot, check; or rest
 *	stats, describe		the main thread, alone
 *	agent_free, detach	the main thread, alone
 *
 * When something hangs the run ends without the rest of them, and with it the
 * process.
 */
struct sm_backend {
	/** @name: name on the command line */
	const char *name;
	/** @about: one line */
	const char *about;
	/**
	 * @example: not a driver's: it is not among "all", and that it could run
	 * does not mean that anything can be tested here
	 */
	bool example;
	/**
	 * @profiled: has profiles and their defects (the mock), and needs the
	 * module; else the driver is its own, and the module only watches, if it
	 * is there
	 */
	bool profiled;
	/** @defects: rows of the defect table that the module can seed into the driver */
	struct sm_set defects;
	/**
	 * @batch: accesses at a time of agents that are threads, where there is no
	 * @agent_start; at most SM_AGENT_BATCH; 0: one
	 */
	unsigned int batch;
	/** @memory: mask of the kinds of memory that the driver takes; 0: any */
	unsigned int memory;
	/** @pins: what its device uses stays where it is: see sm_op.not_pinned */
	bool pins;
	/**
	 * @touched: the processor uses each page before the device does, as that must
	 * not be the first: no op takes the marks of it away (sm_op.unused), and what
	 * the device itself would mark is not seen
	 */
	bool touched;
	/** @ops: families of ops that are its own, see sm_ops_add(); NULL ends them */
	const struct sm_op *const *ops;
	/** @op_size: bytes from one of their rows to the next */
	size_t op_size;

	/**
	 * @probe: say whether it can run here: SM_PASS, SM_SKIP or SM_BROKEN, and in
	 * one line what is missing and how to get it.
	 *
	 * Called by anybody, often, before anything else; perhaps in a process that
	 * never runs it.
	 *
	 * Guarantees: nothing is attached in this process. It must leave everything
	 * as it was.
	 */
	enum sm_verdict (*probe)(char *why, size_t size);

	/**
	 * @has: say whether a profile is to be had here; NULL: all are. As @probe.
	 */
	bool (*has)(enum sm_profile profile, char *why, size_t size);

	/**
	 * @attach: make sm_scene.mirrors of [sm_scene.arena.start, end), and name
	 * them. Returns 0, or a negative errno after sm_end_break(). NULL where only
	 * @probe exists: no run comes to this then.
	 *
	 * Called once, by the main thread.
	 *
	 * Guarantees: nothing is mapped in the arena, and nothing of the backend is
	 * called meanwhile. The witness is registered already, so that it is told
	 * after every mirror. @detach follows, also if this fails.
	 */
	int (*attach)(struct sm_host *host);

	/**
	 * @detach: undo that, as far as it came, and let sm_host.state be NULL.
	 *
	 * Called once, by the thread that attached, as the last one.
	 *
	 * Guarantees: every call has returned, every agent was stopped and given
	 * back. Memory is mapped in the arena still, and goes behind it.
	 */
	void (*detach)(struct sm_host *host);

	/**
	 * @access: make the device access @nr words of the arena, one by one in
	 * order. A refused access is an element's error, a negative errno: -EFAULT,
	 * -EPERM, -EBUSY, -EINTR or -ENOMEM. Returns 0, or a negative errno if the
	 * device can go on no more, after sm_end_break(); but -ETIMEDOUT if it does not
	 * answer, which the caller tells of.
	 *
	 * Called by many threads between @attach and @detach, in the storm and at
	 * rest: on lane n by storm thread n, on SM_LANE_SWEEP by who sweeps, and on
	 * SM_LANE_AGENT and those behind it by agents that are threads, where there is
	 * no @agent_start. SM_LANE_BACKEND is for the backend's @worker alone.
	 *
	 * Guarantees: one thread at a time is on a lane; each word has one writer.
	 * Accesses on other lanes, and any change of the memory, may be under way.
	 */
	int (*access)(struct sm_host *host, const struct sm_mirror *m,
		      unsigned int lane, struct sm_access *a, unsigned int nr);

	/*
	 * All that follow are optional.
	 */

	/**
	 * @agent_start: start a device engine that accesses random pages by itself
	 * and leaves samples in a ring; see struct sm_ioc_agent_start. Fills in the
	 * agent's id, below SM_MAX_AGENTS and no other's, and its ring. Returns 0, or
	 * a negative errno; nothing is left of it then. Without it threads do so,
	 * through @access.
	 *
	 * Called by the main thread, up to sm_run_spec.agents times for each mirror.
	 *
	 * Guarantees: all of the arena is filled; the storm has not begun. @agent_stop
	 * and @agent_free come with it.
	 */
	int (*agent_start)(struct sm_host *host, const struct sm_mirror *m,
			   const struct sm_ioc_agent_start *how,
			   struct sm_device_agent *agent);

	/**
	 * @agent_stop: end it: when this returns its last sample is in the ring.
	 * Returns -ETIMEDOUT if it hangs: it is not given back then.
	 *
	 * Called by the main thread, once for each that was started.
	 *
	 * Guarantees: storm threads have ended, so that memory does not change.
	 * Others read the ring meanwhile.
	 */
	int (*agent_stop)(struct sm_host *host, struct sm_device_agent *agent);

	/**
	 * @agent_free: give the ring back.
	 *
	 * Called by the main thread, once for each that was stopped, before @detach.
	 *
	 * Guarantees: nobody reads it any more.
	 */
	void (*agent_free)(struct sm_host *host, struct sm_device_agent *agent);

	/**
	 * @fault: make the device hold pages of a range, which may fail in part; flags
	 * are SM_FAULT_*, @done is in bytes.
	 *
	 * Called by any thread between @attach and @detach.
	 *
	 * Guarantees: none: all other operations, and any change of the memory, may be
	 * under way.
	 */
	int (*fault)(struct sm_host *host, const struct sm_mirror *m,
		     uint32_t flags, uint32_t batch, uint64_t start,
		     uint64_t end, uint64_t *done);

	/**
	 * @snapshot: copy the mirror's table, in the layout of pagemap, and count what
	 * is present. Without it content alone judges. As @fault.
	 */
	int (*snapshot)(struct sm_host *host, const struct sm_mirror *m,
			uint64_t start, uint64_t end, uint64_t *buf,
			uint64_t *present);

	/**
	 * @check: compare permissions with the page table inside the kernel. As @fault;
	 * comes with @snapshot.
	 */
	int (*check)(struct sm_host *host, const struct sm_mirror *m,
		     uint64_t start, uint64_t end, struct sm_ioc_check *out);

	/**
	 * @stats: what the mirror counted.
	 *
	 * Called by the main thread, when the storm is over.
	 *
	 * Guarantees: agents were stopped.
	 */
	int (*stats)(struct sm_host *host, const struct sm_mirror *m,
		     struct sm_ioc_stats *out);

	/**
	 * @apply: an op of the backend's own, where the driver makes the mapping
	 * itself, and no memory of the arena's will do. @access and the agents are not
	 * called then, and the arena is a range of addresses, a slice for each
	 * thread. Returns 0, or a negative errno, of which the caller tells.
	 *
	 * Called by storm thread sm_turn.index.
	 *
	 * Guarantees: one op at a time in a slice. Ops in other slices, and @worker,
	 * may be under way. @rest comes with it.
	 */
	int (*apply)(struct sm_turn *turn);

	/**
	 * @rest: look at everything once more, and let it go.
	 *
	 * Called by the main thread, once, unless something was found or hangs.
	 *
	 * Guarantees: storm threads have ended, @worker has returned.
	 */
	void (*rest)(struct sm_host *host);

	/**
	 * @worker: what runs beside the storm, until sm_end_stopping().
	 *
	 * Called once, by a thread of its own, when storm threads fill the arena: see
	 * sm_gate_begun().
	 *
	 * Guarantees: SM_LANE_BACKEND is its own. All but @attach, @rest and @detach may
	 * be under way.
	 */
	void (*worker)(struct sm_host *host);

	/**
	 * @describe: say in one line what the device did.
	 *
	 * Called by the main thread, when the storm is over.
	 */
	void (*describe)(struct sm_host *host, char *buf, size_t size);

	/**
	 * @flight: the address of the access that an agent, or a lane if there is no
	 * agent, is at; bit 0 is set for a write; 0: none. For the report on one that
	 * hangs.
	 *
	 * Called by any thread, while others hang: it takes no lock.
	 *
	 * Guarantees: it is attached.
	 */
	uint64_t (*flight)(struct sm_host *host,
			   const struct sm_device_agent *agent,
			   unsigned int lane);
};

/* Is the storm over? Then the main thread alone uses the device. */
static inline bool sm_host_at_rest(const struct sm_host *host)
{
	return sm_read(&host->scene->wire->stage) >= SM_STAGE_REST;
}

#define SM_FLIGHT_TEXT 64
const char *sm_host_flight(struct sm_host *host,
			   const struct sm_device_agent *agent,
			   unsigned int lane, char *buf, size_t size);
void sm_host_hang(struct sm_host *host, const char *who,
		  const struct sm_device_agent *agent, unsigned int lane);

/* Before something that makes the device forget pages, and after it. One thread's. */
static inline void sm_host_forget(struct sm_host *host)
{
	sm_add(&host->forgets, 1);
	sm_fence();
}

bool sm_host_has_victims(const struct sm_host *host);
void sm_host_unread(struct sm_host *host, const char *why);
void sm_host_peek(struct sm_host *host, uint32_t driver, int fd, uint64_t base);
void sm_host_peek_by(struct sm_host *host,
		     int (*copy)(struct sm_host *host, uint32_t table,
				 uint64_t va, uint64_t *buf, uint64_t *present,
				 uint32_t *tables));
int sm_host_copy(struct sm_host *host, uint32_t table, uint64_t va,
		 uint64_t *buf, uint64_t *present, uint32_t *tables);

#endif /* SM_HOST_H */
