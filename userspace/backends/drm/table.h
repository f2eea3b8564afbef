/* SPDX-License-Identifier: GPL-2.0-only */
/* The device's tables, for who compares them with pagemap. */
#ifndef SM_DRM_TABLE_H
#define SM_DRM_TABLE_H
#ifdef HAVE_DRM

#include <stdint.h>

struct sm_host;

int gpu_table_copy(struct sm_host *host, uint32_t table, uint64_t va,
		   uint64_t *buf, uint64_t *present, uint32_t *tables);

#endif /* HAVE_DRM */
#endif /* SM_DRM_TABLE_H */
