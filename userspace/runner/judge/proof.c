// SPDX-License-Identifier: GPL-2.0-only
/* What proves that an oracle sees: see proof.h. ci/guest/proofs runs all of it. */
#include <string.h>

#include "base/util.h"
#include "module/defects.h"
#include "module/profiles.h"
#include "oracles.h"
#include "proof.h"
#include "sight.h"

#define PROOFS	3

/**
 * struct proof - a row: an oracle and the mirrors of the module
 * @oracle: its name
 * @by: defects that it catches alone; the first that a profile can have is its proof
 * @pinned: why it cannot judge pages that are pinned, or NULL
 * @others: why it cannot judge the profiles that can have none of @by, or NULL
 * @unmapped: why it cannot judge pages that stay pinned until they are unmapped, or
 *	NULL
 */
struct proof {
	const char *oracle;
	const char *by[PROOFS];
	const char *pinned;
	const char *others;
	const char *unmapped;
};

static const struct proof proofs[] = {
	{ .oracle = "pagemap", .by = { "short-range" },
	  .unmapped = SM_SIGHT_PINNED_PAGEMAP },
	{ .oracle = "content", .by = { "short-range" },
	  .pinned = SM_SIGHT_PINNED_CONTENT },
	{ .oracle = "perm", .by = { "force", "ignore-mprotect", "short-range" } },
	{ .oracle = "late", .by = { "busy-kept", "short-range" } },
	{ .oracle = "over", .by = { "long-range" } },
	{ .oracle = "coverage", .by = { "forget" } },
	{ .oracle = "denied", .by = { "sticky-refusal" } },
	{ .oracle = "blocking", .by = { "nonblock-sleep", "refuse-with-end" },
	  .others = "its callbacks neither sleep nor refuse" },
	{ .oracle = "dirty", .by = { "drop-dirty" },
	  .pinned = SM_SIGHT_PINNED_DIRTY },
	{ .oracle = "young", .by = { "never-young" }, .others = SM_SIGHT_UNAGED },
	{ .oracle = "refs", .by = { "leak-pin" },
	  .others = "it keeps no references to pages" },
	{ .oracle = "fence", .others = SM_SIGHT_UNFENCED },
	{ .oracle = "flush", .others = SM_SIGHT_NO_QUEUE },
	{ .oracle = "contract", .by = { "refuse-nonblock" },
	  .others = "the fault of who sends events, whatever the profile" },
	{ .oracle = "kernel", .by = { "splat" } },
};

/**
 * struct seen - a row: an oracle and a real driver
 * @oracle: its name
 * @backend: the driver's
 * @proof: what proves it
 */
struct seen {
	const char *oracle;
	const char *backend;
	struct sm_proof proof;
};

static const struct seen seen[] = {
	{ "pagemap", "kvm", { .by = "no-invalidate" } },
	{ "content", "kvm", { .by = "no-invalidate" } },
	{ "perm", "kvm", { .by = "no-invalidate" } },
	{ "denied", "gntdev", { .blind = SM_SIGHT_GRANTED_DENIED } },
	{ "young", "kvm", { .by = NULL } },
	{ "refs", "kvm", { .blind = SM_SIGHT_HELD_UNKNOWN } },
	{ "pagemap", "verbs", { .by = "no-invalidate" } },
	{ "content", "verbs", { .by = "no-invalidate" } },
	{ "perm", "verbs", { .by = "no-invalidate" } },
	{ "dirty", "verbs", { .by = "rxe-dirty" } },
	{ "refs", "verbs", { .blind = SM_SIGHT_HELD_UNKNOWN } },
	{ "pagemap", "gntdev", { .by = "no-invalidate" } },
	{ "content", "gntdev", { .by = "no-invalidate" } },
	{ "over", "gntdev", { .by = NULL } },
	{ "refs", "gntdev", { .by = "gntdev-pin" } },
	{ "dirty", "gntdev", { .blind = SM_SIGHT_GRANTED_DIRTY } },
	{ "kernel", "gntdev", { .by = "gntdev-notice" } },
	{ "pagemap", "drm", { .by = "drm-partial-huge" } },
	{ "content", "drm", { .by = "drm-no-tlb-flush" } },
	{ "perm", "drm", { .by = "drm-readonly-write" } },
	{ "late", "drm", { .by = "drm-no-fence-wait" } },
	{ "fence", "drm", { .by = "drm-early-signal" } },
	{ "refs", "drm", { .by = "drm-leak" } },
	{ "kernel", "drm", { .by = "drm-refuse" } },
	{ "perm", "drm-lr", { .by = "drm-readonly-write" } },
	{ "late", "drm-lr", { .by = "drm-no-tlb-flush" } },
	{ "pagemap", "drm-lr", { .by = "drm-stale-seq" } },
	{ "late", "drm-svm", { .by = "drm-no-tlb-flush" } },
	{ "pagemap", "drm-svm", { .by = "drm-svm-untracked" } },
	{ "pagemap", "radeon", { .by = "no-invalidate" } },
	{ "content", "radeon", { .by = "no-invalidate" } },
	{ "refs", "radeon", { .blind = SM_SIGHT_HELD_UNKNOWN } },
	{ "content", "intel-sva", { .by = "no-invalidate" } },
	{ "flush", "intel-sva", { .by = "no-invalidate" } },
	{ "dirty", "intel-sva", { .blind = SM_SIGHT_TOUCHED_DIRTY } },
	{ "refs", "intel-sva", { .blind = SM_SIGHT_HELD_UNKNOWN } },
};

/* Whatever the driver is: of mirrors that are not the module's. */
static const struct seen seen_of_any[] = {
	{ "late", NULL, { .blind = SM_SIGHT_NOT_OURS } },
	{ "over", NULL, { .blind = SM_SIGHT_NOT_OURS } },
	{ "coverage", NULL, { .blind = SM_SIGHT_NOT_OURS } },
	{ "blocking", NULL, { .blind = SM_SIGHT_NOT_OURS } },
	{ "young", NULL, { .blind = SM_SIGHT_UNAGED } },
	{ "fence", NULL, { .blind = SM_SIGHT_UNFENCED } },
	{ "flush", NULL, { .blind = SM_SIGHT_NO_QUEUE } },
};

static bool proof_fits(const char *defect, enum sm_profile profile)
{
	unsigned int i;

	for (i = 0; sm_defects[i].name; i++)
		if (!strcmp(sm_defects[i].name, defect))
			return sm_defects[i].profiles >> profile & 1;
	return false;
}

struct sm_proof sm_proof_of_profile(unsigned int row, enum sm_profile profile)
{
	struct sm_proof proof = { NULL, NULL };
	const struct proof *p;
	unsigned int i;

	for (p = proofs; p < proofs + SM_ARRAY_SIZE(proofs); p++)
		if (!strcmp(p->oracle, sm_oracles[row].name))
			break;
	if (p == proofs + SM_ARRAY_SIZE(proofs))
		return proof;
	if (sm_profiles[profile].pinned)
		proof.blind = p->pinned;
	if (sm_profiles[profile].unmap_only && !proof.blind)
		proof.blind = p->unmapped;
	if (proof.blind)
		return proof;
	for (i = 0; i < PROOFS && p->by[i] && !proof.by; i++)
		if (proof_fits(p->by[i], profile))
			proof.by = p->by[i];
	if (!proof.by)
		proof.blind = p->others;
	return proof;
}

static const struct sm_proof *proof_find(const struct seen *rows,
					 unsigned int nr, const char *oracle,
					 const char *backend)
{
	const struct seen *s;

	for (s = rows; s < rows + nr; s++)
		if (!strcmp(s->oracle, oracle) &&
		    (!s->backend || !strcmp(s->backend, backend)))
			return &s->proof;
	return NULL;
}

struct sm_proof sm_proof_of_driver(unsigned int row, const char *backend)
{
	const char *oracle = sm_oracles[row].name;
	const struct sm_proof *found, none = { NULL, NULL };

	found = proof_find(seen, SM_ARRAY_SIZE(seen), oracle, backend);
	if (!found)
		found = proof_find(seen_of_any, SM_ARRAY_SIZE(seen_of_any),
				   oracle, backend);
	return found ? *found : none;
}
