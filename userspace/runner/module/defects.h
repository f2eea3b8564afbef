/* SPDX-License-Identifier: GPL-2.0-only */
/* Defects: known bugs that the module seeds into a mirror, or into a driver. */
#ifndef SM_DEFECTS_H
#define SM_DEFECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/set.h"
#include "base/util.h"
#include "uapi/drm/stalemate_drm_admin.h"
#include "uapi/stalemate.h"

/*
 * The defect table has a row for each enum sm_defect, behind those one for each enum
 * sm_sabotage, and then one for each enum drm_stalemate_defect.
 */
#define SM_DEFECT_OF_DRIVER(d)	(SM_DEFECT_NR + (d))
#define SM_DEFECT_OF_DRM(d)	(SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NR) + (d))
#define SM_DEFECT_ROWS		SM_DEFECT_OF_DRM(DRM_STALEMATE_DEFECT_NR)

/* Is it stalemate_drm.ko that has it? */
static inline bool sm_defect_is_drm(unsigned int row)
{
	return row >= SM_DEFECT_OF_DRM(0) && row < SM_DEFECT_ROWS;
}

/*
 * Some of the last two, in the words of a struct sm_set that have them: a mask counts
 * from the first row of enum sm_sabotage.
 */
#define SM_DRIVER_BIT(d)	SM_BIT(SM_SABOTAGE_##d)
#define SM_DRM_BIT(d)	SM_BIT(SM_SABOTAGE_NR + DRM_STALEMATE_DEFECT_##d)
#define SM_DRIVER_ROW	SM_DEFECT_OF_DRIVER(0)
#define SM_DRIVER_LOW(mask)	((uint64_t)(mask) << SM_DRIVER_ROW % 64)
#define SM_DRIVER_HIGH(mask)						\
	((uint64_t)(mask) >> 1 >> (63 - SM_DRIVER_ROW % 64))
#define SM_DRIVER_SET(low, high)					\
	{ .word = { [SM_DRIVER_ROW / 64] = low,				\
		    [SM_DRIVER_ROW / 64 + 1] = high } }

/**
 * struct sm_defect_info - a row of the defect table
 * @name: name on the command line
 * @about: one line
 * @profiles: mask of enum sm_profile it applies to; 0: it is for real drivers
 * @oracles: names of the oracles that may catch it, NULL terminated
 * @memory: mask of enum sm_memory in which it can show; 0: any
 * @beside: mask of enum sm_profile, one of which must share the mm; 0: none
 * @op: name of the op without which it does not show; NULL: any shows it
 * @at_end: shows only when a run is over
 * @debug: shows only on a debug kernel
 * @drained: shows only where the lists of the LRU can be drained
 * @callers: shows only where it is known who calls
 * @models: the real bug it is modelled on
 */
struct sm_defect_info {
	const char *name;
	const char *about;
	uint64_t profiles;
	const char *oracles[7];
	unsigned int memory;
	uint64_t beside;
	const char *op;
	bool at_end;
	bool debug;
	bool drained;
	bool callers;
	const char *models;
};

/* Ends with a row without a name. */
extern const struct sm_defect_info sm_defects[];

/* Those of @defects that are stalemate_drm.ko's, as it numbers them. */
static inline uint64_t sm_defects_drm(const struct sm_set *defects)
{
	uint64_t mask = 0;
	unsigned int d;

	for (d = 0; d < DRM_STALEMATE_DEFECT_NR; d++)
		if (sm_set_has(defects, SM_DEFECT_OF_DRM(d)))
			mask |= SM_BIT(d);
	return mask;
}

/* Defects of @defects that a profile can have. */
static inline struct sm_set sm_defects_of(const struct sm_set *defects,
					  enum sm_profile profile)
{
	struct sm_set had = *defects;
	unsigned int d;

	sm_set_for_each(d, defects)
		if (!(sm_defects[d].profiles >> profile & 1))
			sm_set_remove(&had, d);
	return had;
}

#endif /* SM_DEFECTS_H */
