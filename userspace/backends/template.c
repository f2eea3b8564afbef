// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend to copy: put your driver where process_vm_readv() and
 * process_vm_writev() are now. They reach this process's memory through
 * get_user_pages(), as a device without a mirror of its own would, so the
 * template is always right and runs anywhere:
 *
 *	stalemate run --backend template --duration 5
 *
 * To make it yours:
 *
 *  1. Copy this file to NAME.c, replace "template" by NAME, add the file to
 *     Makefile.am and a row to backends.c and each.h.
 *  2. probe: say in one line what is missing and how to get it.
 *  3. attach: open your device and make it mirror the arena.
 *  4. access: let it read or write single words of the arena.
 *  5. Run it. Then break your driver (leave an invalidation out), and see the
 *     run fail: a test that cannot fail tests nothing. What registers with
 *     mmu_notifier_register() or mmu_interval_notifier_insert() can be broken
 *     by the module, with .defects below.
 *
 * docs/driver.md tells what more a backend can do.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "each.h"
#include "host.h"

/**
 * struct template_state - what the backend keeps from attach to detach
 * @self: whose memory the device reaches
 *
 * Yours has descriptors, queues, mapped registers. What belongs to one queue
 * goes into an array of SM_LANES: each caller of access has a lane of its own.
 */
struct template_state {
	pid_t self;
};

/*
 * Can it run here? Called often and by anybody: open, ask, close, and change
 * nothing. @why gets one line that names what is missing and how to get it.
 */
static enum sm_verdict template_probe(char *why, size_t size)
{
	char word = 1, copy = 0;
	struct iovec to = { &copy, 1 }, from = { &word, 1 };

	why[0] = '\0';
	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1)
		return SM_PASS;
	snprintf(why, size,
		 "no process_vm_readv(): the kernel needs CONFIG_CROSS_MEMORY_ATTACH");
	return SM_SKIP;
}

/*
 * Make the device mirror [host->scene->arena.start, host->scene->arena.end). Nothing is mapped
 * there yet, and all of it will be mapped, changed and unmapped while the
 * device uses it: register the range, do not pin it. On failure say what
 * failed with sm_end_break(), and return a negative errno; detach follows.
 */
static int template_attach(struct sm_host *host)
{
	struct template_state *s = calloc(1, sizeof(*s));

	if (!s) {
		sm_end_break(host->end, "out of memory");
		return -ENOMEM;
	}
	s->self = getpid();
	host->state = s;
	host->scene->mirrors[0].name = "template";
	host->scene->mirrors[0].defects = host->scene->spec->defects;
	host->scene->nr_mirrors = 1;
	return 0;
}

static void template_detach(struct sm_host *host)
{
	free(host->state);
	host->state = NULL;
}

/*
 * One word, which nobody else writes. process_vm_readv() may copy it byte by
 * byte while its owner stores it: two copies in a row that agree are whole.
 * A device that reads 8 aligned bytes at once needs no such care.
 */
static int template_read(const struct template_state *s, uint64_t va,
			 uint64_t *value)
{
	uint64_t first, second = 0;
	struct iovec from = { (void *)va, sizeof(second) };
	struct iovec to = { &second, sizeof(second) };
	unsigned int copies = 0;

	do {
		first = second;
		if (process_vm_readv(s->self, &to, 1, &from, 1, 0) < 0)
			return -errno;
	} while (++copies < 2 || first != second);
	*value = second;
	return 0;
}

static int template_write(const struct template_state *s, uint64_t va,
			  uint64_t value)
{
	struct iovec to = { (void *)va, sizeof(value) };
	struct iovec from = { &value, sizeof(value) };

	if (process_vm_writev(s->self, &from, 1, &to, 1, 0) < 0)
		return -errno;
	return 0;
}

/*
 * Access @nr words one by one, in order; return when the last one is done. An
 * access that the device refuses, because the page is gone or read-only, is
 * what stalemate wants to see: it goes into that element's error. Return an
 * error only if the device can go on no more, and say why.
 */
static int template_access(struct sm_host *host, const struct sm_mirror *m,
			   unsigned int lane, struct sm_access *a,
			   unsigned int nr)
{
	const struct template_state *s = host->state;

	(void)m;	/* there is one */
	(void)lane;	/* no queues here */
	for (; nr; nr--, a++)
		a->error = a->write ? template_write(s, a->va, a->value) :
				      template_read(s, a->va, &a->value);
	return 0;
}

/*
 * A device with an engine of its own has .agent_start, .agent_stop and
 * .agent_free, and accesses random pages much faster; without them threads do
 * it through .access. If its table can be read, .snapshot has it compared with
 * pagemap. If some of its queues can hang, .flight names what was under way.
 */
const struct sm_backend sm_template_backend = {
	.name = "template",
	.about = "no driver: process_vm_readv(), to copy a backend from",
	.example = true,	/* yours is none: leave it out */
	.probe = template_probe,
	.attach = template_attach,
	.detach = template_detach,
	.access = template_access,
};
