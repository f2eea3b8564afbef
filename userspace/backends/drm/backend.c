// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPUs, by libdrm: the render node of stalemate_drm.ko. The mirrors are its user
 * pointers, or in svm mode all of the process; the devices are rings that run jobs.
 *
 * Its three modes are a backend each: a driver is in one of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/each.h"
#include "backends/host.h"
#include "module/defects.h"
#include "uapi/drm/stalemate_drm_admin.h"

#ifdef HAVE_DRM

#include "agent.h"
#include "lane.h"
#include "state.h"
#include "table.h"
#include "worker.h"

#define DRM_START	(4ULL << 30)
#define DRM_SIZE	DRM_STALEMATE_MAX_VM
#define DRM_SVM_STEP	(8ULL << 30)	/* for what each file has beside the arena */
#define DRM_LEAST_JOBS	1000	/* fewer say nothing of how many are raced */
#define DRM_LEAST_RACED	5	/* per cent */
#define DRM_GONE_NAPS	250

/* ---- probing ------------------------------------------------------------------ */

/* A node that opens is no proof: an address space of that mode has to come of it. */
static enum sm_verdict drm_probe_for(uint32_t mode, char *why, size_t size)
{
	struct drm_stalemate_query q;
	int err, fd = gpu_dev_open(why, size);

	if (fd < 0)
		return SM_SKIP;
	err = gpu_dev_query(fd, &q);
	if (!err)
		err = gpu_dev_init(fd, mode, SM_ARENA_START, SM_GRANULE_SIZE);
	close(fd);
	if (!err)
		return SM_PASS;
	if (err == -EPERM)
		snprintf(why, size,
			 "this mode is for root alone (CAP_SYS_ADMIN)");
	else if (err != -EOPNOTSUPP)
		snprintf(why, size, "stalemate_drm says %s: is it of this version?",
			 strerror(-err));
	else if (mode == DRM_STALEMATE_VM_SVM)
		snprintf(why, size,
			 "no shared virtual memory: the kernel needs CONFIG_DRM_GPUSVM (Linux 7.3)");
	else
		snprintf(why, size, "this stalemate_drm has no such mode");
	return SM_SKIP;
}

static enum sm_verdict drm_probe(char *why, size_t size)
{
	return drm_probe_for(0, why, size);
}

static enum sm_verdict drm_lr_probe(char *why, size_t size)
{
	return drm_probe_for(DRM_STALEMATE_VM_LR, why, size);
}

static enum sm_verdict drm_svm_probe(char *why, size_t size)
{
	return drm_probe_for(DRM_STALEMATE_VM_SVM, why, size);
}

/* ---- attaching ------------------------------------------------------------------ */

/* In svm mode what is not the arena lies behind it, apart from other files'. */
static int drm_init_svm(struct gpu_state *s, struct gpu_file *file)
{
	const struct sm_arena *arena = &s->host->scene->arena;
	uint64_t i = file - s->files;

	file->next = arena->end + (i + 1) * DRM_SVM_STEP;
	file->end = file->next + DRM_SVM_STEP;
	return gpu_dev_init(file->fd, DRM_STALEMATE_VM_SVM, arena->start,
			    file->end - arena->start);
}

static int drm_init(struct gpu_state *s, struct gpu_file *file)
{
	if (s->mode == GPU_SVM)
		return drm_init_svm(s, file);
	file->next = DRM_START;
	file->end = DRM_START + DRM_SIZE;
	return gpu_dev_init(file->fd,
			    s->mode == GPU_LONG ? DRM_STALEMATE_VM_LR : 0,
			    DRM_START, DRM_SIZE);
}

static int drm_open(struct gpu_state *s, struct gpu_file *file)
{
	uint64_t defects = sm_defects_drm(&s->host->scene->spec->defects);
	int err;

	file->fd = gpu_dev_open(s->why, sizeof(s->why));
	if (file->fd < 0)
		return file->fd;
	err = gpu_dev_query(file->fd, &s->query);
	if (!err && file == s->files)
		err = gpu_dev_stats(file->fd, &s->before);
	if (!err)
		err = drm_init(s, file);
	if (err || !defects)
		return err;
	err = gpu_dev_arm(file->fd, defects);
	if (err == -EPERM)
		snprintf(s->why, sizeof(s->why),
			 "defects arm in a virtual machine only, or with allow_defects=1");
	else if (err == -EOPNOTSUPP)
		snprintf(s->why, sizeof(s->why),
			 "this kernel cannot have the defect");
	return err;
}

static int drm_lanes(struct gpu_state *s)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < s->host->scene->spec->threads && !err; i++)
		err = gpu_lane_create(s, &s->lanes[i], &s->files[1], i);
	if (!err)
		err = gpu_lane_create(s, &s->lanes[SM_LANE_SWEEP], &s->files[2],
				      SM_LANE_SWEEP);
	if (!err)
		err = gpu_lane_create(s, &s->lanes[SM_LANE_BACKEND],
				      &s->files[2], SM_LANE_BACKEND);
	s->lanes[SM_LANE_SWEEP].sweeps = true;
	return err;
}

static int drm_attach_as(struct sm_host *host, enum gpu_mode mode)
{
	struct gpu_state *s = calloc(1, sizeof(*s));
	unsigned int i;
	int err = 0;

	if (!s)
		return -ENOMEM;
	host->state = s;
	s->host = host;
	s->mode = mode;
	for (i = 0; i < GPU_FILES; i++)
		s->files[i].fd = -1;
	for (i = 0; i < GPU_FILES && !err; i++)
		err = drm_open(s, &s->files[i]);
	if (!err)
		err = drm_lanes(s);
	if (err) {
		sm_end_break(host->end, "cannot set up the device: %s",
			     s->why[0] ? s->why : strerror(-err));
		return err;
	}
	sm_host_peek_by(host, gpu_table_copy);
	host->scene->mirrors[0].name = host->scene->spec->backend->name;
	host->scene->mirrors[0].defects = host->scene->spec->defects;
	host->scene->nr_mirrors = 1;
	host->scene->jobs = true;
	host->scene->fenced = mode == GPU_OBJECTS;
	return 0;
}

static int drm_attach(struct sm_host *host)
{
	return drm_attach_as(host, GPU_OBJECTS);
}

static int drm_lr_attach(struct sm_host *host)
{
	return drm_attach_as(host, GPU_LONG);
}

static int drm_svm_attach(struct sm_host *host)
{
	return drm_attach_as(host, GPU_SVM);
}

/* ---- letting go ----------------------------------------------------------------- */

/* What the driver still has of what it had not before, or NULL. */
static const char *drm_kept(const struct drm_stalemate_stats *before,
			    const struct drm_stalemate_stats *now,
			    unsigned long long *nr)
{
	const struct {
		const char *what;
		uint64_t before;
		uint64_t now;
	} counts[] = {
		{ "jobs", before->jobs, now->jobs },
		{ "bindings", before->bindings, now->bindings },
		{ "user pointers", before->userptrs, now->userptrs },
		{ "objects", before->objects, now->objects },
		{ "address spaces", before->files, now->files },
		{ "pages", before->pages, now->pages },
		{ "ranges", before->svm_ranges, now->svm_ranges },
		{ "notifiers", before->svm_notifiers, now->svm_notifiers },
	};
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(counts); i++) {
		if (counts[i].now <= counts[i].before)
			continue;
		*nr = counts[i].now - counts[i].before;
		return counts[i].what;
	}
	return NULL;
}

/* All files are closed: what is left nobody can give back (oracle refs). */
static void drm_judge_kept(struct sm_host *host,
			   const struct drm_stalemate_stats *before)
{
	struct sm_hit h = {
		.oracle = "refs",
		.kind = SM_KIND_KEPT_COUNT,
		.mirror = host->scene->mirrors,
	};
	struct drm_stalemate_stats now;
	unsigned int i = DRM_GONE_NAPS;
	const char *kept;
	unsigned long long nr;
	char why[128];
	int fd = gpu_dev_open(why, sizeof(why));

	if (fd < 0)
		return;
	do {
		kept = gpu_dev_stats(fd, &now) ? NULL :
						 drm_kept(before, &now, &nr);
		sm_end_beat(host->end);
		if (kept)
			sm_util_nap(SM_AWAIT_NAP_MS * SM_MSEC);
	} while (kept && i--);
	close(fd);
	if (kept)
		sm_docket_hit(host->docket, &h,
			      "all files are closed, and the driver still has %llu %s",
			      nr, kept);
}

static void drm_detach(struct sm_host *host)
{
	struct gpu_state *s = host->state;
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < SM_LANES; i++)
		gpu_lane_destroy(&s->lanes[i]);
	for (i = 0; i < s->nr_agents; i++)
		gpu_lane_destroy(&s->agents[i].lane);
	for (i = 0; i < GPU_FILES; i++)
		if (s->files[i].fd >= 0)
			close(s->files[i].fd);
	if (host->scene->nr_mirrors && host->scene->result->t_start_ns)
		drm_judge_kept(host, &s->before);
	free(s);
	host->state = NULL;
}

/* ---- accesses -------------------------------------------------------------------- */

static int drm_access(struct sm_host *host, const struct sm_mirror *m,
		      unsigned int lane, struct sm_access *a, unsigned int nr)
{
	struct gpu_state *s = host->state;
	int err = gpu_lane_access(&s->lanes[lane], a, nr);

	(void)m;
	if (err && err != -ETIMEDOUT)
		sm_end_break(host->end, "the device: %s", strerror(-err));
	return err;
}

static uint64_t drm_flight(struct sm_host *host,
			   const struct sm_device_agent *agent,
			   unsigned int lane)
{
	const struct gpu_state *s = host->state;

	return sm_read(agent ? &s->agents[agent->id].lane.flight :
			       &s->lanes[lane].flight);
}

/* ---- what there is to say --------------------------------------------------------- */

static void drm_add(struct gpu_counts *sum, const struct gpu_counts *c)
{
	sum->jobs += sm_read(&c->jobs);
	sum->raced += sm_read(&c->raced);
	sum->failed += sm_read(&c->failed);
	sum->refused += sm_read(&c->refused);
	sum->made += sm_read(&c->made);
	sum->evicted += sm_read(&c->evicted);
	sum->timeouts += sm_read(&c->timeouts);
}

/* A storm that hardly ever meets a job has shown nothing. */
static void drm_vacuous(struct sm_host *host, const struct gpu_counts *agents)
{
	if (agents->jobs < DRM_LEAST_JOBS ||
	    agents->raced * 100 >= agents->jobs * DRM_LEAST_RACED ||
	    sm_end_asked(host->end))
		return;
	sm_end_break(host->end,
		     "%llu of %llu jobs of agents met an invalidation: fewer than %u %% prove nothing",
		     (unsigned long long)agents->raced,
		     (unsigned long long)agents->jobs, DRM_LEAST_RACED);
}

/* What only the driver can tell: whoever preempts does not wait for jobs. */
static void drm_describe_long(const struct gpu_state *s, char *buf, size_t size)
{
	struct drm_stalemate_stats now;
	size_t used = strlen(buf);

	if (s->mode != GPU_LONG || gpu_dev_stats(s->files[0].fd, &now))
		return;
	snprintf(buf + used, size - used,
		 "; preempted %llu, rebound %llu, again %llu, walked %llu",
		 (unsigned long long)(now.preempted - s->before.preempted),
		 (unsigned long long)(now.rebound - s->before.rebound),
		 (unsigned long long)(now.retries - s->before.retries),
		 (unsigned long long)(now.faulted - s->before.faulted));
}

static void drm_describe(struct sm_host *host, char *buf, size_t size)
{
	const struct gpu_state *s = host->state;
	struct gpu_counts agents = { .jobs = 0 }, sum;
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < s->nr_agents; i++)
		drm_add(&agents, &s->agents[i].lane.counts);
	sum = agents;
	for (i = 0; i < SM_LANES; i++)
		drm_add(&sum, &s->lanes[i].counts);
	snprintf(buf, size,
		 "%llu jobs, %llu raced (%llu of %llu of agents), %llu failed, %llu refused, %llu timed out; user pointers: %llu made, %llu evicted; pulled away %llu, forked %llu, passed %llu, read-only %llu, refused %llu",
		 (unsigned long long)sum.jobs, (unsigned long long)sum.raced,
		 (unsigned long long)agents.raced,
		 (unsigned long long)agents.jobs,
		 (unsigned long long)sum.failed,
		 (unsigned long long)sum.refused,
		 (unsigned long long)sum.timeouts,
		 (unsigned long long)sum.made, (unsigned long long)sum.evicted,
		 (unsigned long long)s->worked.late,
		 (unsigned long long)s->worked.forked,
		 (unsigned long long)s->worked.passed,
		 (unsigned long long)s->worked.wrote,
		 (unsigned long long)s->worked.refused);
	drm_describe_long(s, buf, size);
	drm_vacuous(host, &agents);
}

#else

static enum sm_verdict drm_probe(char *why, size_t size)
{
	snprintf(why, size,
		 "built without libdrm: apt-get install libdrm-dev, and configure again");
	return SM_SKIP;
}

#define drm_lr_probe	drm_probe
#define drm_svm_probe	drm_probe
#define drm_attach	NULL
#define drm_lr_attach	NULL
#define drm_svm_attach	NULL

#endif /* HAVE_DRM */

/* Where there are user pointers. */
#define DRM_USERPTRS							\
	(SM_DRM_BIT(STALE_SEQ) | SM_DRM_BIT(READONLY_WRITTEN) |		\
	 SM_DRM_BIT(PARTIAL_HUGE) | SM_DRM_BIT(FREE_RUNNING) |		\
	 SM_DRM_BIT(SEQ_UNLOCKED) | SM_DRM_BIT(REFUSE) |		\
	 SM_DRM_BIT(NO_TLB_FLUSH))

#define DRM_OBJECTS							\
	(DRM_USERPTRS | SM_DRM_BIT(NO_FENCE_WAIT) |			\
	 SM_DRM_BIT(WRONG_USAGE) | SM_DRM_BIT(ONE_UNCHECKED) |		\
	 SM_DRM_BIT(EARLY_START) | SM_DRM_BIT(EARLY_SIGNAL) |		\
	 SM_DRM_BIT(BLIND_RESTORE) | SM_DRM_BIT(LEAK))

#define DRM_LONG	(DRM_USERPTRS | SM_DRM_BIT(NO_PREEMPT_WAIT))
#define DRM_SVM		(SM_DRM_BIT(NO_TLB_FLUSH) | SM_DRM_BIT(SVM_EARLY_REMOVE))

#ifdef HAVE_DRM
#define DRM_OPERATIONS				\
	.detach = drm_detach,			\
	.access = drm_access,			\
	.agent_start = gpu_agent_start,		\
	.agent_stop = gpu_agent_stop,		\
	.agent_free = gpu_agent_free,		\
	.worker = gpu_worker,			\
	.describe = drm_describe,		\
	.flight = drm_flight
#else
#define DRM_OPERATIONS	.detach = NULL
#endif

const struct sm_backend sm_drm_backend = {
	.name = "drm",
	.about = "a GPU by libdrm: user pointers, jobs with fences",
	.defects = SM_DRIVER_SET(SM_DRIVER_LOW(DRM_OBJECTS),
				 SM_DRIVER_HIGH(DRM_OBJECTS)),
	.probe = drm_probe,
	.attach = drm_attach,
	DRM_OPERATIONS,
};

const struct sm_backend sm_drm_lr_backend = {
	.name = "drm-lr",
	.about = "... long-running jobs without fences, that are preempted",
	.defects = SM_DRIVER_SET(SM_DRIVER_LOW(DRM_LONG),
				 SM_DRIVER_HIGH(DRM_LONG)),
	.probe = drm_lr_probe,
	.attach = drm_lr_attach,
	DRM_OPERATIONS,
};

const struct sm_backend sm_drm_svm_backend = {
	.name = "drm-svm",
	.about = "... shared virtual memory by drm_gpusvm: the GPU faults",
	.defects = SM_DRIVER_SET(SM_DRIVER_LOW(DRM_SVM),
				 SM_DRIVER_HIGH(DRM_SVM)),
	.probe = drm_svm_probe,
	.attach = drm_svm_attach,
	DRM_OPERATIONS,
};
