// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel SVA: cards that use the page table of this process itself, by its PASID. The
 * mirror is what the IOMMU caches of that; the devices are cards (nic.h), from several
 * threads.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "backends/each.h"
#include "backends/host.h"
#include "base/guard.h"
#include "comers.h"
#include "lane.h"
#include "module/defects.h"
#include "queue.h"
#include "ring.h"
#include "state.h"
#include "way.h"

/* The newest that is known to refuse, in iommu_sva_bind_device(). */
#define SVA_REFUSES_MAJOR	6
#define SVA_REFUSES_MINOR	12

#define SVA_NAP_NS		(10 * SM_MSEC)
#define SVA_COMERS		50	/* looks from one to the next */
#define SVA_GIB_SHIFT		30
#define SVA_TABLES		(1ULL << 39)	/* of a PUD table */

static const char sva_none[] =
	"no card that the kernel binds to processes: see fixtures/guest/run --iommu intel-sva";
static const char sva_old[] =
	"on x86 this kernel binds no device to a process: Linux 6.12 refuses, 7.3 does not";

/* ---- probing ----------------------------------------------------------------- */

static bool sva_refused(void)
{
	unsigned int major, minor;
	struct utsname u;

	return !uname(&u) && sscanf(u.release, "%u.%u", &major, &minor) == 2 &&
	       (major < SVA_REFUSES_MAJOR ||
		(major == SVA_REFUSES_MAJOR && minor <= SVA_REFUSES_MINOR));
}

static void sva_lacks(const struct sva_nic *nic, char *why, size_t size)
{
	char unknown[100];

	sva_uio_unknown(unknown, sizeof(unknown));
	if (nic->why[0])
		snprintf(why, size, "%s", nic->why);
	else if (sva_refused())
		snprintf(why, size, "%s", sva_old);
	else if (unknown[0])
		snprintf(why, size,
			 "uio_pci_generic_sva has %s: not known how to drive",
			 unknown);
	else
		snprintf(why, size, "%s", sva_none);
}

/* A word there, and back. */
static int sva_probe_move(struct sva_nic *nic, uint64_t *page)
{
	const uint64_t word = 0x5a5a5a5a5a5a5a5aULL;
	int err;

	page[1] = 1;
	sm_fence();
	sva_nic_begin(nic);
	sva_nic_write(nic, (uintptr_t)page, word);
	sva_nic_read(nic, (uintptr_t)page, (uintptr_t)&page[1]);
	err = sva_nic_go(nic);
	if (err)
		return err;
	if (sm_read(page) == word && sva_nic_answer(nic, 0)->value == word &&
	    sva_nic_answer(nic, 0)->after == 1)
		return 0;
	snprintf(nic->why, sizeof(nic->why),
		 "card %u does not reach the memory of this process",
		 nic->card);
	return -EIO;
}

static enum sm_verdict sva_probe(char *why, size_t size)
{
	struct sva_nic nic = { 0 };
	uint64_t *page = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err = page == MAP_FAILED ? -ENOMEM : sva_nic_open(&nic);

	why[0] = '\0';
	if (!err)
		err = sva_probe_move(&nic, page);
	if (err)
		sva_lacks(&nic, why, size);
	sva_nic_close(&nic);
	if (page != MAP_FAILED)
		munmap(page, SM_PAGE_SIZE);
	return err ? SM_SKIP : SM_PASS;
}

/* ---- attaching --------------------------------------------------------------- */

static void sva_drop_card(struct sva_card *c)
{
	sva_nic_close(&c->nic);
	pthread_mutex_destroy(&c->lock);
}

/* All cards that are to be had, but for those that come and go. */
static int sva_take_cards(struct sva_state *s)
{
	unsigned int spare;
	struct sva_card *c;
	int err = 0;

	while (s->nr_cards < SVA_CARDS && !err) {
		c = &s->cards[s->nr_cards];
		err = sva_nic_open(&c->nic);
		if (err) {
			if (err != -EBUSY || !s->nr_cards)
				sm_end_break(s->host->end, "%s",
					     c->nic.why[0] ? c->nic.why :
							     "no card is left");
			sva_nic_close(&c->nic);
			break;
		}
		pthread_mutex_init(&c->lock, NULL);
		s->nr_cards++;
	}
	for (spare = 0; spare < SVA_SPARE && s->nr_cards > SVA_SPARE; spare++)
		sva_drop_card(&s->cards[--s->nr_cards]);
	return s->nr_cards && err == -EBUSY ? 0 : err;
}

/* What is flushed across the end of one may be refused: docs/found/sva-gib.md. */
static int sva_check_arena(struct sm_host *host)
{
	const struct sm_arena *a = &host->scene->arena;

	if (a->start >> SVA_GIB_SHIFT == (a->end - 1) >> SVA_GIB_SHIFT)
		return 0;
	sm_end_break(host->end,
		     "this backend's arena has to lie within one GiB: see --arena");
	return -EINVAL;
}

/*
 * Storm threads unmap a GiB each when they end. With the last page below a PUD table that
 * goes as well, and what is flushed begins where the table did: that would be two GiB. So
 * a page that nobody uses keeps it.
 */
static int sva_keep_tables(struct sva_state *s)
{
	static const uint64_t tables[SVA_KEPT] = { SM_ARENA_SCRATCH,
						   SM_ARENA_SINK };
	unsigned int i;
	void *at;

	for (i = 0; i < SVA_KEPT; i++) {
		at = (void *)((tables[i] | (SVA_TABLES - 1)) + 1 - SM_PAGE_SIZE);
		s->kept[i] = mmap(at, SM_PAGE_SIZE, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS |
				  MAP_FIXED_NOREPLACE, -1, 0);
		if (s->kept[i] != MAP_FAILED)
			continue;
		s->kept[i] = NULL;
		sm_end_break(s->host->end, "no page at %p: %s", at,
			     strerror(errno));
		return -ENOMEM;
	}
	return 0;
}

static int sva_attach(struct sm_host *host)
{
	struct sva_state *s = calloc(1, sizeof(*s));
	unsigned int i;
	int err;

	if (!s) {
		sm_end_break(host->end, "out of memory");
		return -ENOMEM;
	}
	host->state = s;
	s->host = host;
	host->scene->mirrors[0].name = "intel-sva";
	host->scene->mirrors[0].defects = host->scene->spec->defects;
	host->scene->nr_mirrors = 1;
	sva_uio_unknown(s->unknown, sizeof(s->unknown));
	err = sva_check_arena(host);
	if (!err)
		err = sva_keep_tables(s);
	if (!err)
		err = sm_guard_start();
	s->guarded = !err;
	if (!err)
		err = sva_take_cards(s);
	for (i = 0; i < SM_LANES && s->nr_cards; i++)
		s->lanes[i].card = &s->cards[i % s->nr_cards];
	if (!err)
		sva_queue_open(s);
	return err;
}

static void sva_detach(struct sm_host *host)
{
	struct sva_state *s = host->state;
	unsigned int i;

	if (!s)
		return;
	sva_queue_close(s);
	for (i = 0; i < s->nr_cards; i++)
		sva_drop_card(&s->cards[i]);
	for (i = 0; i < SVA_KEPT; i++)
		if (s->kept[i])
			munmap(s->kept[i], SM_PAGE_SIZE);
	if (s->guarded)
		sm_guard_stop();
	free(s);
	host->state = NULL;
}

static int sva_access(struct sm_host *host, const struct sm_mirror *m,
		      unsigned int lane, struct sm_access *a, unsigned int nr)
{
	struct sva_state *s = host->state;
	int err = sva_lane_access(s, lane, a, nr);

	(void)m;
	if (err)
		sm_end_break(host->end, "%s", s->lanes[lane].card->nic.why);
	return err;
}

static void sva_worker(struct sm_host *host)
{
	struct sva_state *s = host->state;
	unsigned int i;

	if (!sm_gate_begun(host->gate))
		return;
	sva_queue_begin(s);
	for (i = 0; !sm_end_stopping(host->end); i++) {
		sva_queue_look(s);
		if (i % SVA_COMERS == SVA_COMERS - 1)
			sva_comers_step(s);
		sm_util_nap(SVA_NAP_NS);
	}
}

/* ---- what there is to say ---------------------------------------------------- */

static void sva_describe(struct sm_host *host, char *buf, size_t size)
{
	const struct sva_state *s = host->state;
	uint64_t done = 0, refused = 0;
	unsigned int i;

	if (!s || !s->nr_cards)
		return;
	for (i = 0; i < SM_LANES; i++) {
		done += sm_read(&s->lanes[i].done);
		refused += sm_read(&s->lanes[i].refused);
	}
	snprintf(buf, size,
		 "%u cards on PASID %u, by %s; %llu words moved, %llu refused; %llu flushes judged, %llu of them late; %llu bindings undone, %llu processes exited bound%s%s",
		 s->nr_cards, s->cards[0].nic.pasid,
		 s->cards[0].nic.way->name, (unsigned long long)done,
		 (unsigned long long)refused,
		 (unsigned long long)sm_read(&host->scene->flushes),
		 (unsigned long long)sva_queue_behind(s),
		 (unsigned long long)sm_read(&s->came),
		 (unsigned long long)sm_read(&s->went),
		 s->unknown[0] ? "; not known how to drive: " : "",
		 s->unknown);
}

static uint64_t sva_flight(struct sm_host *host,
			   const struct sm_device_agent *agent,
			   unsigned int lane)
{
	const struct sva_state *s = host->state;

	(void)agent;
	return sm_read(&s->lanes[lane].flight);
}

const struct sm_backend sm_intel_sva_backend = {
	.name = "intel-sva",
	.about = "Intel SVA: cards on the process's own page table, by its PASID",
	.defects = SM_SET_INIT(SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NO_INVALIDATE)),
	.batch = SVA_BATCH,
	.touched = true,	/* see lane.h */
	.probe = sva_probe,
	.attach = sva_attach,
	.detach = sva_detach,
	.access = sva_access,
	.worker = sva_worker,
	.describe = sva_describe,
	.flight = sva_flight,
};
