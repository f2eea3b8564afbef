/* SPDX-License-Identifier: GPL-2.0-only */
/* What is linked in the place of the card: see test_sva.c, test_sva_comers.c. */
#ifndef SM_WRAP_SVA_H
#define SM_WRAP_SVA_H

struct sva_nic;

int __wrap_sva_nic_open(struct sva_nic *nic);
void __wrap_sva_nic_close(struct sva_nic *nic);
int __wrap_sva_nic_unbind(struct sva_nic *nic);
int __wrap_sva_nic_go(struct sva_nic *nic);

#endif /* SM_WRAP_SVA_H */
