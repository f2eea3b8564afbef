// SPDX-License-Identifier: GPL-2.0-only
/* Cards of the module sm_sva, of fixtures/guest/cards/intel-sva: see way.h. */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "uapi/stalemate_sva.h"
#include "way.h"

static bool helper_is_there(void)
{
	return !access(SM_SVA_PATH, F_OK);
}

static int helper_map(struct sva_nic *nic)
{
	void *p = mmap(NULL, SM_SVA_REGS_SIZE, PROT_READ | PROT_WRITE,
		       MAP_SHARED, nic->fd, SM_SVA_REGS);

	if (p == MAP_FAILED)
		return sva_way_fail(nic, "registers of the card");
	nic->regs = p;
	p = mmap(NULL, SM_SVA_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		 nic->fd, SM_SVA_MEMORY);
	if (p == MAP_FAILED)
		return sva_way_fail(nic, "memory of the card");
	nic->memory = p;
	return 0;
}

static int helper_open(struct sva_nic *nic)
{
	struct sm_sva_bind bind;

	nic->fd = open(SM_SVA_PATH, O_RDWR | O_CLOEXEC);
	if (nic->fd < 0)
		return sva_way_fail(nic, SM_SVA_PATH);
	if (ioctl(nic->fd, SM_SVA_IOC_BIND, &bind) < 0)
		return sva_way_fail(nic, "binding a card to this process");
	nic->card = bind.card;
	nic->pasid = bind.pasid;
	return helper_map(nic);
}

static int helper_unbind(struct sva_nic *nic)
{
	return ioctl(nic->fd, SM_SVA_IOC_UNBIND) < 0 ?
		       sva_way_fail(nic, "unbinding a card") : 0;
}

static void helper_close(struct sva_nic *nic)
{
	if (nic->fd >= 0)
		close(nic->fd);
}

const struct sva_way sva_way_helper = {
	.name = "sm_sva",
	.is_there = helper_is_there,
	.open = helper_open,
	.unbind = helper_unbind,
	.close = helper_close,
};
