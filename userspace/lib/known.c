// SPDX-License-Identifier: GPL-2.0-only
/* Findings in real drivers, and in the core, that are written up in docs/found. */
#include "known.h"

const struct sm_known_info sm_known[SM_KNOWN_NR] = {
	[SM_KNOWN_RXE_COPY] = {
		.name = "rxe-copy",
		.backend = "verbs",
		.about = "rxe on demand: a transfer inside a page goes to the page's start",
		.avoided = "packets that begin inside a page or cross into the next",
		.page = "docs/found/rxe-copy.md",
	},
	[SM_KNOWN_RXE_RACE] = {
		.name = "rxe-race",
		.backend = "verbs",
		.about = "rxe on demand: a page that went away during a fault stays mapped",
		.avoided = "faults of the device on memory that an op is changing meanwhile",
		.page = "docs/found/rxe-race.md",
	},
	[SM_KNOWN_RXE_DIRTY] = {
		.name = "rxe-dirty",
		.backend = "verbs",
		.about = "rxe on demand: pages that it wrote to are not marked dirty",
		.avoided = "writes of the device to pages that are clean and stay writable",
		.page = "docs/found/rxe-dirty.md",
	},
	[SM_KNOWN_RXE_IOVA] = {
		.name = "rxe-iova",
		.backend = "verbs",
		.about = "rxe on demand: a region at addresses of its own is misplaced",
		.avoided = "regions whose addresses are not those of the memory",
		.page = "docs/found/rxe-iova.md",
	},
	[SM_KNOWN_GNTDEV_PIN] = {
		.name = "gntdev-pin",
		.backend = "gntdev",
		.about = "gntdev: a grant that is unmapped while its page is pinned stays",
		.avoided = "unmaps of pages that somebody has pinned",
		.page = "docs/found/gntdev-pin.md",
	},
	[SM_KNOWN_GNTDEV_DOFORK] = {
		.name = "gntdev-dofork",
		.backend = "gntdev",
		.about = "gntdev: after MADV_DOFORK a child keeps what its parent unmaps",
		.avoided = "forks after MADV_DOFORK",
		.page = "docs/found/gntdev-dofork.md",
	},
	[SM_KNOWN_GNTDEV_NOTICE] = {
		.name = "gntdev-notice",
		.backend = "gntdev",
		.about = "gntdev: a notice for a page that cannot be written is an oops",
		.avoided = "notices for pages that are read-only, or fail to be mapped",
		.page = "docs/found/gntdev-notice.md",
	},
	[SM_KNOWN_GNTDEV_PRIVATE] = {
		.name = "gntdev-private",
		.backend = "gntdev",
		.about = "gntdev: a private map can be written to",
		.avoided = "forced writes to private maps",
		.mended = "6.12.117 and later",
		.page = "docs/found/gntdev-private.md",
	},
	[SM_KNOWN_REFUSED_START] = {
		.name = "refused-start",
		.backend = "mock",
		.about = "the notifier core leaves a refused start open",
		.mended = "6.12.118 and later of 6.12; not 7.3.4",
		.page = "docs/found/refused-start.md",
	},
};
