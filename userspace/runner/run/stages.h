/* SPDX-License-Identifier: GPL-2.0-only */
/* A run from its set-up to its verdict, stage by stage (enum sm_stage). */
#ifndef SM_STAGES_H
#define SM_STAGES_H

#include "wire.h"

enum sm_verdict sm_stages_run(const struct sm_run_spec *spec,
			      struct sm_wire *wire);

#endif /* SM_STAGES_H */
