// SPDX-License-Identifier: GPL-2.0-only
/* Cards of the kernel's own uio_pci_generic_sva: see way.h. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "uapi/stalemate_sva.h"
#include "way.h"

#define UIO_DRIVER	"/sys/bus/pci/drivers/uio_pci_sva/"
#define UIO_CARDS	UIO_DRIVER "*:*:*.*/uio/uio*"
#define UIO_HEAP	"/dev/dma_heap/system"
#define UIO_KNOWN	"8086:100e"	/* QEMU's e1000 */
#define UIO_PATH	160

/* ---- what there is ------------------------------------------------------------ */

/*
 * Cards, each as the folder of its UIO device. They are looked for once, as a process that
 * was forked by one of several threads may not: that allocates.
 */
static const glob_t *uio_cards(void)
{
	static glob_t cards;
	static bool asked;

	if (!asked && glob(UIO_CARDS, 0, NULL, &cards))
		cards.gl_pathc = 0;
	asked = true;
	return &cards;
}

static int uio_attribute(const char *card, const char *name, char *buf,
			 size_t size)
{
	char path[UIO_PATH];

	snprintf(path, sizeof(path), "%s/device/%s", card, name);
	return sm_util_read_file(path, buf, size) <= 0 ? -ENODEV : 0;
}

/* Vendor and device, as lspci has them. */
static int uio_identity(const char *card, char *buf, size_t size)
{
	char vendor[16], device[16];

	if (uio_attribute(card, "vendor", vendor, sizeof(vendor)) ||
	    uio_attribute(card, "device", device, sizeof(device)))
		return -ENODEV;
	snprintf(buf, size, "%04lx:%04lx", strtoul(vendor, NULL, 16),
		 strtoul(device, NULL, 16));
	return 0;
}

static bool uio_knows(const char *card)
{
	char id[16];

	return !uio_identity(card, id, sizeof(id)) && !strcmp(id, UIO_KNOWN);
}

static bool uio_is_there(void)
{
	const glob_t *g = uio_cards();
	size_t i;

	for (i = 0; i < g->gl_pathc; i++)
		if (uio_knows(g->gl_pathv[i]))
			return true;
	return false;
}

void sva_uio_unknown(char *buf, size_t size)
{
	const glob_t *g = uio_cards();
	size_t used = 0, i;
	const char *slot;
	char id[16];

	buf[0] = '\0';
	for (i = 0; i < g->gl_pathc && used < size; i++) {
		if (uio_knows(g->gl_pathv[i]) ||
		    uio_identity(g->gl_pathv[i], id, sizeof(id)))
			continue;
		slot = g->gl_pathv[i] + strlen(UIO_DRIVER);
		used += snprintf(buf + used, size - used, "%s%.*s (%s)",
				 used ? ", " : "", (int)strcspn(slot, "/"),
				 slot, id);
	}
}

/* ---- one of them -------------------------------------------------------------- */

/* Its file has the number that the device has among all of UIO. */
static int uio_bind(struct sva_nic *nic, const char *card)
{
	char path[UIO_PATH];

	snprintf(path, sizeof(path), "/dev%s", strrchr(card, '/'));
	sscanf(path, "/dev/uio%u", &nic->card);
	nic->fd = open(path, O_RDWR | O_CLOEXEC);
	return nic->fd < 0 ? sva_way_fail(nic, path) : 0;
}

static int uio_pasid(struct sva_nic *nic)
{
	char buf[16];
	ssize_t n = pread(nic->lock, buf, sizeof(buf) - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	if (sscanf(buf, "%u", &nic->pasid) == 1)
		return 0;
	errno = ENODATA;
	return sva_way_fail(nic, "the PASID that uio_pci_generic_sva shows");
}

/* Of a file: not for children, who would have the card bound for longer than we. */
static void *uio_map(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, size, MADV_DONTFORK);
	return p;
}

static int uio_memory(struct sva_nic *nic)
{
	struct dma_heap_allocation_data data = {
		.len = SM_SVA_MEMORY_SIZE,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap = open(UIO_HEAP, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (heap < 0)
		return sva_way_fail(nic, UIO_HEAP);
	if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) < 0) {
		err = sva_way_fail(nic, UIO_HEAP);
	} else {
		nic->memory = uio_map(data.fd, SM_SVA_MEMORY_SIZE);
		if (!nic->memory)
			err = sva_way_fail(nic, "memory of the card");
		close(data.fd);
	}
	close(heap);
	return err;
}

static int uio_have(struct sva_nic *nic, const char *card)
{
	int err = uio_bind(nic, card);

	if (!err)
		err = uio_pasid(nic);
	if (err)
		return err;
	nic->regs = uio_map(nic->fd, SM_SVA_REGS_SIZE);
	if (!nic->regs)
		return sva_way_fail(nic, "registers of the card");
	return uio_memory(nic);
}

/* True if it is ours from here on. */
static bool uio_lock(struct sva_nic *nic, const char *card)
{
	char path[UIO_PATH];

	snprintf(path, sizeof(path), "%s/device/pasid", card);
	nic->lock = open(path, O_RDONLY | O_CLOEXEC);
	if (nic->lock >= 0 && !flock(nic->lock, LOCK_EX | LOCK_NB))
		return true;
	if (nic->lock >= 0)
		close(nic->lock);
	nic->lock = -1;
	return false;
}

static int uio_open(struct sva_nic *nic)
{
	const glob_t *g = uio_cards();
	int err = -EBUSY;
	size_t i;

	nic->lock = -1;
	for (i = 0; i < g->gl_pathc && nic->lock < 0; i++)
		if (uio_knows(g->gl_pathv[i]) && uio_lock(nic, g->gl_pathv[i]))
			err = uio_have(nic, g->gl_pathv[i]);
	if (nic->lock < 0)
		snprintf(nic->why, sizeof(nic->why),
			 "all cards of uio_pci_generic_sva are taken");
	return err;
}

/*
 * The file's last user undoes the binding, and a mapping is one: the registers are then
 * those that the PCI device shows by itself.
 */
static int uio_unbind(struct sva_nic *nic)
{
	char path[UIO_PATH];
	int fd, err = 0;
	void *regs;

	snprintf(path, sizeof(path), "/sys/class/uio/uio%u/device/resource0",
		 nic->card);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return sva_way_fail(nic, path);
	regs = uio_map(fd, SM_SVA_REGS_SIZE);
	if (!regs)
		err = sva_way_fail(nic, path);
	close(fd);
	if (err)
		return err;
	munmap(nic->regs, SM_SVA_REGS_SIZE);
	nic->regs = regs;
	close(nic->fd);
	nic->fd = -1;
	return 0;
}

static void uio_close(struct sva_nic *nic)
{
	if (nic->fd >= 0)
		close(nic->fd);
	if (nic->lock >= 0)
		close(nic->lock);
}

const struct sva_way sva_way_uio = {
	.name = "uio_pci_generic_sva",
	.shared = true,
	.is_there = uio_is_there,
	.open = uio_open,
	.unbind = uio_unbind,
	.close = uio_close,
};
