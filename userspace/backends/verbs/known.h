/* SPDX-License-Identifier: GPL-2.0-only */
/* Does this device have what docs/found says of others? */
#ifndef SM_VERBS_KNOWN_H
#define SM_VERBS_KNOWN_H
#ifdef HAVE_IBVERBS

#include "state.h"

int verbs_known_check(struct verbs_state *v);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_KNOWN_H */
