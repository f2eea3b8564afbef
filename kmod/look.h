/* SPDX-License-Identifier: GPL-2.0-only */
/* One look at a table of a driver. */
#ifndef SM_LOOK_H
#define SM_LOOK_H

#include <linux/types.h>

#include "uapi/stalemate.h"

struct file;
struct mm_struct;

/* Pages that are read at once, under whatever lock that takes. */
#define SM_PEEK_BATCH	512

/*
 * @mm: whose
 * @file: what the caller named, or NULL
 * @table: which of them
 * @tables: how many there are
 * @unread: how many others there are that cannot be read
 * @start: first byte, as the device sees it
 * @nr: pages, at most SM_PEEK_BATCH
 * @ent: SM_ENT_*, zeroed by the caller
 */
struct sm_look {
	struct mm_struct *mm;
	struct file *file;
	u32 table;
	u32 tables;
	u32 unread;
	u64 start;
	unsigned int nr;
	u64 *ent;
};

#endif /* SM_LOOK_H */
