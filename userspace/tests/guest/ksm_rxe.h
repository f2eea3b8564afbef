/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory regions of rxe, an owner of interval notifiers. */
#ifndef KSM_RXE_H
#define KSM_RXE_H

#include "ksm.h"

/**
 * struct ksm_rxe - an open rxe device
 * @fd: of uverbs; closing it ends all that was made through it
 * @pd: handle of a protection domain
 */
struct ksm_rxe {
	int fd;
	__u32 pd;
};

struct ksm_rxe ksm_rxe_open(void);
int ksm_rxe_try_register(const struct ksm_rxe *r, const void *va, size_t len,
			 __u32 *handle);
__u32 ksm_rxe_register(const struct ksm_rxe *r, const void *va, size_t len);
void ksm_rxe_deregister(const struct ksm_rxe *r, __u32 handle);
bool ksm_rxe_unload(void);

#endif /* KSM_RXE_H */
