// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking down what a context has: who may still hold each of them, and why nobody
 * does when it is freed.
 */
#include "agent.h"
#include "counts.h"
#include "ctx.h"
#include "mirror_life.h"
#include "sabotage.h"
#include "teardown.h"
#include "witness.h"

/*
 * Who may hold an agent, with ctx->sem held for writing or the file's last user
 * gone:
 *
 *  1. Other ioctls. They look it up under ctx->sem, and keep that.
 *  2. mmap(), which cannot take ctx->sem. It finds it in ctx->agent under map_lock,
 *     and is done with it when it lets that go: from here on it finds nothing.
 *  3. Its own thread. sm_agent_stop() waits for its end.
 *  4. Mappings of its ring. Each holds the pages, not the agent.
 */
void sm_teardown_agent(struct sm_ctx *ctx, unsigned int i)
{
	struct sm_agent *a = ctx->agent[i];

	mutex_lock(&ctx->map_lock);
	ctx->agent[i] = NULL;
	mutex_unlock(&ctx->map_lock);
	sm_agent_stop(a);
}

/*
 * Who may hold a mirror, likewise:
 *
 *  1. Other ioctls, as above.
 *  2. Agents. Those that use it are stopped first.
 *  3. The core, by its notifiers, and the witness: see sm_mirror_destroy().
 */
void sm_teardown_mirror(struct sm_ctx *ctx, u32 id)
{
	struct sm_mirror *m = ctx->mirror[id];
	unsigned int i;

	for (i = 0; i < SM_MAX_AGENTS; i++)
		if (ctx->agent[i] && sm_agent_uses(ctx->agent[i], m))
			sm_teardown_agent(ctx, i);
	ctx->mirror[id] = NULL;
	sm_mirror_destroy(m);
}

/*
 * Who may hold a context when its file is released:
 *
 *  1. ioctl() and mmap(). Each holds the file, and so does each mapping: none is
 *     left.
 *  2. Agents, and
 *  3. mirrors. They go here, in that order.
 *  4. Drivers' subscriptions that were broken for it. Those that stay broken know
 *     the range of its arena, and neither context nor mm (sm_sabotage_disarm()).
 *  5. The witness and its callbacks. It goes after the last mirror, as its
 *     generations are the evidence; sm_witness_destroy() waits for callbacks.
 *  6. The core, by interval notifiers that cannot be removed. Then the context is
 *     poisoned and stays for ever, with its witness and the module.
 *
 * Its mm may be held longer, by mmput_async(), which knows no context.
 */
void sm_teardown(struct sm_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < SM_MAX_AGENTS; i++)
		if (ctx->agent[i])
			sm_teardown_agent(ctx, i);
	for (i = 0; i < SM_MAX_MIRRORS; i++)
		if (ctx->mirror[i])
			sm_teardown_mirror(ctx, i);
	sm_sabotage_disarm(ctx);
	if (ctx->witness) {
		sm_witness_destroy(ctx->witness);
		sm_ctx_delist(ctx);
		atomic64_dec(&sm_counts.contexts);
	}
	if (!READ_ONCE(ctx->poisoned))
		sm_ctx_free(ctx);
}
