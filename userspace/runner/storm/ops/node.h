/* SPDX-License-Identifier: GPL-2.0-only */
/* NUMA nodes to move pages to. */
#ifndef SM_NODE_H
#define SM_NODE_H

#include <stdbool.h>

struct sm_span;

/* sm_node_pair() - the first two that have memory; false if there is one alone. */
bool sm_node_pair(int node[2]);

/* sm_node_send() - a page of ours to a node; it may stay where it is. */
void sm_node_send(void *page, int node);

/* sm_node_send_all() - the first granule of a span, likewise */
void sm_node_send_all(const struct sm_span *s, int node);

#endif /* SM_NODE_H */
