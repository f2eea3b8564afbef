// SPDX-License-Identifier: GPL-2.0-only
/* /dev/stalemate: one thin function per ioctl, and the shared mappings. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "device.h"
#include "load.h"
#include "profiles.h"

static int device_ioctl(const struct sm_device *d, unsigned long cmd, void *arg)
{
	return ioctl(d->fd, cmd, arg) < 0 ? -errno : 0;
}

static void device_explain(int err, char *why, size_t size)
{
	switch (err) {
	case ENOENT:
		if (sm_load_lacks(&sm_load_policy, why, size))
			break;
		snprintf(why, size, sm_load_allowed() ?
			 "no %s: load the module (modprobe stalemate)" :
			 "no %s: the module is not loaded; as root --load tries it",
			 SM_DEVICE_PATH);
		break;
	case EACCES:
	case EPERM:
		snprintf(why, size,
			 "%s needs root (CAP_SYS_ADMIN in the first user namespace): it shows PFNs",
			 SM_DEVICE_PATH);
		break;
	case ENODEV:
	case ENXIO:
		snprintf(why, size,
			 "%s is left over: no module behind it (modprobe stalemate)",
			 SM_DEVICE_PATH);
		break;
	default:
		snprintf(why, size, "cannot open %s: %s", SM_DEVICE_PATH,
			 strerror(err));
	}
}

/*
 * A module of before there was this layout fills in what has to be zero: the
 * version of what it spoke.
 */
static bool device_is_ours(const struct sm_ioc_query *q)
{
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(q->reserved); i++)
		if (q->reserved[i])
			return false;
	return true;
}

/*
 * sm_device_open() - open a context; on failure @why gets one line that says
 * what is missing and how to get it.
 */
int sm_device_open(struct sm_device *d, char *why, size_t size)
{
	struct sm_ioc_query q;
	int err;

	memset(d, 0, sizeof(*d));
	d->fd = -1;
	if (!sm_load_page_size(sysconf(_SC_PAGESIZE), why, size))
		return -EOPNOTSUPP;
	d->fd = open(SM_DEVICE_PATH, O_RDWR | O_CLOEXEC);
	/* As a driver's tool would: load the module rather than ask for it. */
	if (d->fd < 0 && errno == ENOENT && !geteuid() && sm_load_allowed()) {
		err = sm_load_module(why, size);
		if (err)
			return err;
		d->fd = open(SM_DEVICE_PATH, O_RDWR | O_CLOEXEC);
	}
	if (d->fd < 0) {
		err = errno;
		device_explain(err, why, size);
		return -err;
	}
	err = sm_device_query(d, &q);
	if (!err && device_is_ours(&q)) {
		d->pages = q.contexts ? UINT64_MAX : q.pages;
		return 0;
	}
	err = err ? err : -EINVAL;
	/* It knows less than this program was built for, or wants to hear more. */
	snprintf(why, size, "%s does not answer: %s%s", SM_DEVICE_PATH,
		 strerror(-err), err == -EINVAL || err == -E2BIG ?
		 ": install the module and this program from one version" : "");
	sm_device_close(d);
	return err;
}

static struct {
	struct sm_ioc_query q;
	bool asked;
	bool told;
} device_answer;

/* sm_device_tell() - what it said to another process, or NULL, is good for us. */
void sm_device_tell(const struct sm_ioc_query *q)
{
	device_answer.asked = true;
	device_answer.told = q;
	if (q)
		device_answer.q = *q;
}

/*
 * sm_device_told() - what the module says of itself, or NULL if there is none.
 * It is asked once: what comes and goes is not to be read here.
 */
const struct sm_ioc_query *sm_device_told(void)
{
	struct sm_ioc_query q;
	struct sm_device d;
	char why[256];
	bool told;

	if (!device_answer.asked) {
		told = !sm_device_open(&d, why, sizeof(why));
		if (told) {
			told = !sm_device_query(&d, &q);
			sm_device_close(&d);
		}
		sm_device_tell(told ? &q : NULL);
	}
	return device_answer.told ? &device_answer.q : NULL;
}

/*
 * sm_device_has_profile() - is a profile to be had on this kernel? If not,
 * @why gets one line that says what the kernel lacks.
 */
bool sm_device_has_profile(struct sm_device *d, enum sm_profile profile,
			   char *why, size_t size)
{
	const struct sm_profile_info *info = &sm_profiles[profile];
	struct sm_ioc_query q;

	if (sm_device_query(d, &q) || (q.profiles >> profile & 1))
		return true;
	snprintf(why, size, "this kernel has no %s",
		 info->needs ? info->needs : info->name);
	return false;
}

static int device_map(struct sm_device *d, size_t witness_size,
		      size_t tags_size)
{
	void *p;

	p = mmap(NULL, witness_size, PROT_READ, MAP_SHARED, d->fd,
		 SM_MAP_WITNESS);
	if (p == MAP_FAILED)
		return -errno;
	d->witness = p;
	d->witness_size = witness_size;
	if (d->witness->magic != SM_WITNESS_MAGIC ||
	    d->witness->version != SM_WITNESS_VERSION ||
	    d->witness->record_size != sizeof(struct sm_record) ||
	    d->witness->granule_size != sizeof(struct sm_granule) ||
	    d->witness->tag_size != sizeof(struct sm_tag))
		return -EPROTO;
	d->granules = (const void *)((const char *)p + d->witness->granule_off);
	d->records = (const void *)((const char *)p + d->witness->record_off);

	p = mmap(NULL, tags_size, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd,
		 SM_MAP_TAGS);
	if (p == MAP_FAILED)
		return -errno;
	d->tags = p;
	d->tags_size = tags_size;
	return 0;
}

int sm_device_setup(struct sm_device *d, uint64_t start, uint64_t end,
		    unsigned int ring_order, uint64_t cookie)
{
	struct sm_ioc_setup s = {
		.size = sizeof(s),
		.ring_order = ring_order,
		.start = start,
		.end = end,
		.cookie = cookie,
	};
	int err;

	do {
		err = device_ioctl(d, SM_IOC_SETUP, &s);
	} while (err == -EINTR);
	if (err)
		return err;
	d->arena_start = start;
	d->arena_end = end;
	return device_map(d, s.witness_size, s.tags_size);
}

void sm_device_close(struct sm_device *d)
{
	if (d->witness)
		munmap((void *)d->witness, d->witness_size);
	if (d->tags)
		munmap(d->tags, d->tags_size);
	if (d->fd >= 0)
		close(d->fd);
	memset(d, 0, sizeof(*d));
	d->fd = -1;
}

int sm_device_mirror(struct sm_device *d, enum sm_profile profile,
		     const struct sm_set *defects, uint64_t start, uint64_t end,
		     unsigned int amplify_ns, uint32_t *id)
{
	struct sm_ioc_mirror_create c = {
		.size = sizeof(c),
		.profile = profile,
		.start = start,
		.end = end,
		.amplify_ns = amplify_ns,
	};
	int err;

	_Static_assert(sizeof(c.defects) == sizeof(defects->word), "words");

	if (defects)
		memcpy(c.defects, defects->word, sizeof(c.defects));
	do {
		err = device_ioctl(d, SM_IOC_MIRROR_CREATE, &c);
	} while (err == -EINTR);
	*id = c.id;
	return err;
}

int sm_device_sabotage(struct sm_device *d, const struct sm_set *defects)
{
	struct sm_ioc_sabotage s = { .size = sizeof(s) };

	memcpy(s.defects, defects->word, sizeof(s.defects));
	return device_ioctl(d, SM_IOC_SABOTAGE, &s);
}

/* sm_device_peek() - the caller has set all of @p but its size. */
int sm_device_peek(struct sm_device *d, struct sm_ioc_peek *p)
{
	p->size = sizeof(*p);
	return device_ioctl(d, SM_IOC_PEEK, p);
}

int sm_device_migrate(struct sm_device *d, uint32_t flags, uint64_t start,
		      uint64_t end, uint64_t *done)
{
	struct sm_ioc_migrate g = {
		.size = sizeof(g),
		.flags = flags,
		.start = start,
		.end = end,
	};
	int err = device_ioctl(d, SM_IOC_MIGRATE, &g);

	*done = g.done;
	return err;
}

/* sm_device_age() - the caller has set all of @a but its size. */
int sm_device_age(struct sm_device *d, struct sm_ioc_age *a)
{
	a->size = sizeof(*a);
	return device_ioctl(d, SM_IOC_AGE, a);
}

int sm_device_mirror_destroy(struct sm_device *d, uint32_t id)
{
	struct sm_ioc_mirror_destroy c = { .size = sizeof(c), .id = id };

	return device_ioctl(d, SM_IOC_MIRROR_DESTROY, &c);
}

int sm_device_access(struct sm_device *d, uint32_t id, bool write, uint64_t va,
		     void *buf, uint64_t len, uint64_t *entry)
{
	struct sm_ioc_access a = {
		.size = sizeof(a),
		.id = id,
		.flags = write ? SM_ACCESS_WRITE : 0,
		.va = va,
		.len = len,
		.buf = (uintptr_t)buf,
	};
	int err = device_ioctl(d, SM_IOC_ACCESS, &a);

	if (entry)
		*entry = a.entry;
	return err;
}

int sm_device_fault(struct sm_device *d, uint32_t id, uint32_t flags,
		    uint32_t batch, uint64_t start, uint64_t end,
		    uint64_t *done)
{
	struct sm_ioc_fault f = {
		.size = sizeof(f),
		.id = id,
		.flags = flags,
		.batch = batch,
		.start = start,
		.end = end,
	};
	int err = device_ioctl(d, SM_IOC_FAULT, &f);

	if (done)
		*done = f.done;
	return err;
}

int sm_device_snapshot(struct sm_device *d, uint32_t id, uint64_t start,
		       uint64_t end, uint64_t *buf, uint64_t *present)
{
	struct sm_ioc_snapshot s = {
		.size = sizeof(s),
		.id = id,
		.start = start,
		.end = end,
		.buf = (uintptr_t)buf,
	};
	int err = device_ioctl(d, SM_IOC_SNAPSHOT, &s);

	if (present)
		*present = s.present;
	return err;
}

int sm_device_entry(struct sm_device *d, uint32_t id, uint64_t va,
		    struct sm_ioc_entry *out)
{
	memset(out, 0, sizeof(*out));
	out->size = sizeof(*out);
	out->id = id;
	out->va = va;
	return device_ioctl(d, SM_IOC_ENTRY, out);
}

int sm_device_check(struct sm_device *d, uint32_t id, uint64_t start,
		    uint64_t end, struct sm_ioc_check *out)
{
	int err;

	/* It takes a while, and whoever traces or stops us interrupts it. */
	do {
		memset(out, 0, sizeof(*out));
		out->size = sizeof(*out);
		out->id = id;
		out->start = start;
		out->end = end;
		err = device_ioctl(d, SM_IOC_CHECK, out);
	} while (err == -EINTR);
	return err;
}

int sm_device_agent_start(struct sm_device *d,
			  const struct sm_ioc_agent_start *how,
			  struct sm_device_agent *a)
{
	struct sm_ioc_agent_start s = *how;
	void *p;
	int err;

	a->ring = NULL;
	s.size = sizeof(s);
	err = device_ioctl(d, SM_IOC_AGENT_START, &s);
	if (err)
		return err;
	a->id = s.agent;
	a->map_size = s.map_size;
	p = mmap(NULL, a->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd,
		 SM_MAP_AGENT(a->id));
	if (p == MAP_FAILED) {
		err = -errno;
		sm_device_agent_stop(d, a);
		return err;
	}
	a->ring = p;
	if (a->ring->sample_size == sizeof(struct sm_sample))
		return 0;
	sm_device_agent_stop(d, a);
	sm_device_agent_unmap(a);
	return -EPROTO;
}

int sm_device_agent_stop(struct sm_device *d, struct sm_device_agent *a)
{
	struct sm_ioc_agent_stop s = { .size = sizeof(s), .agent = a->id };

	return device_ioctl(d, SM_IOC_AGENT_STOP, &s);
}

void sm_device_agent_unmap(struct sm_device_agent *a)
{
	if (a->ring)
		munmap(a->ring, a->map_size);
	a->ring = NULL;
}

int sm_device_violations(struct sm_device *d, struct sm_violation *buf,
			 uint32_t room, uint32_t *nr, uint64_t *total)
{
	struct sm_ioc_violations v = {
		.size = sizeof(v),
		.nr = room,
		.buf = (uintptr_t)buf,
	};
	int err = device_ioctl(d, SM_IOC_VIOLATIONS, &v);

	*nr = err ? 0 : v.nr;
	if (total)
		*total = v.total;
	return err;
}

int sm_device_stats(struct sm_device *d, uint32_t id, struct sm_ioc_stats *out)
{
	memset(out, 0, sizeof(*out));
	out->size = sizeof(*out);
	out->id = id;
	return device_ioctl(d, SM_IOC_STATS, out);
}

int sm_device_query(struct sm_device *d, struct sm_ioc_query *out)
{
	memset(out, 0, sizeof(*out));
	out->size = sizeof(*out);
	return device_ioctl(d, SM_IOC_QUERY, out);
}
