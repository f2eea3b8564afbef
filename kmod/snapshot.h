/* SPDX-License-Identifier: GPL-2.0-only */
/* What userspace is told of a mirror: its entries, one entry, its counts. */
#ifndef SM_SNAPSHOT_H
#define SM_SNAPSHOT_H

struct sm_ioc_entry;
struct sm_ioc_snapshot;
struct sm_ioc_stats;
struct sm_mirror;

int sm_snapshot(struct sm_mirror *m, struct sm_ioc_snapshot *s);
void sm_snapshot_entry(struct sm_mirror *m, struct sm_ioc_entry *e);
void sm_snapshot_stats(struct sm_mirror *m, struct sm_ioc_stats *st);

#endif /* SM_SNAPSHOT_H */
