// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results as text for people.
 */
#include <string.h>
#include <sys/utsname.h>

#include "base/ops.h"
#include "base/util.h"
#include "judge/known.h"
#include "judge/oracles.h"
#include "session/ktap.h"
#include "session/signature.h"
#include "show.h"

#define TOP	6	/* emitters shown */

const char *sm_show_count(uint64_t n, char *buf, size_t size)
{
	char digits[24];
	size_t len, i, out = 0;

	len = snprintf(digits, sizeof(digits), "%llu",
		       (unsigned long long)n);
	for (i = 0; i < len && out + 2 < size; i++) {
		if (i && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

static void show_memory(FILE *f, unsigned int memory)
{
	const char *sep = " ";
	unsigned int i;

	fputs(", memory", f);
	for (i = 0; i < SM_MEM_NR; i++) {
		if (!(memory >> i & 1))
			continue;
		fprintf(f, "%s%s", sep, sm_memory_names[i]);
		sep = ",";
	}
}

static void show_judges(FILE *f, uint64_t muted)
{
	const char *sep = ", judged by ";
	unsigned int i;

	for (i = 0; muted && sm_oracles[i].name; i++) {
		if (muted >> i & 1)
			continue;
		fprintf(f, "%s%s", sep, sm_oracles[i].name);
		sep = ",";
	}
}

static void show_avoided(FILE *f, uint64_t avoid)
{
	const char *sep = ", avoiding ";
	unsigned int i;

	for (i = 0; i < SM_KNOWN_NR; i++) {
		if (!(avoid >> i & 1))
			continue;
		fprintf(f, "%s%s", sep, sm_known[i].name);
		sep = ",";
	}
}

void sm_show_header(FILE *f, const char *prefix,
		    const struct sm_run_spec *spec)
{
	char arena[SM_SHOW_COUNT];
	struct utsname u;

	sm_util_human(spec->arena, arena, sizeof(arena));
	memset(&u, 0, sizeof(u));
	uname(&u);
	fprintf(f, "%sstalemate %s, kernel %s %s, seed %llu\n", prefix,
		STALEMATE_VERSION, u.release, u.machine,
		(unsigned long long)spec->seed);
	fprintf(f, "%s%u threads, %u agents, arena %s", prefix, spec->threads,
		spec->agents, arena);
	show_memory(f, spec->memory);
	if (spec->count)
		fprintf(f, ", %llu ops per thread",
			(unsigned long long)spec->count);
	else
		fprintf(f, ", %g s", spec->duration_ns / 1e9);
	fprintf(f, ", amplify %g us", spec->amplify_ns / 1e3);
	show_avoided(f, spec->avoid);
	show_judges(f, spec->muted);
	fputc('\n', f);
}

static uint64_t ops_total(const struct sm_run_result *r)
{
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < SM_MAX_OPS; i++)
		total += r->ops[i];
	return total;
}

static void show_work(FILE *f, const char *prefix,
		      const struct sm_run_result *r)
{
	char a[SM_SHOW_COUNT], b[SM_SHOW_COUNT], c[SM_SHOW_COUNT];
	uint64_t ops = ops_total(r);
	double rate = r->seconds > 0 ? ops / r->seconds : 0;

	fprintf(f, "%s  ops       %s, %s/s", prefix,
		sm_show_count(ops, a, sizeof(a)),
		sm_show_count(rate, b, sizeof(b)));
	if (r->met)
		fprintf(f, "; %s calls tried where another was at work",
			sm_show_count(r->met, a, sizeof(a)));
	fputc('\n', f);
	fprintf(f, "%s  compared  %s pages", prefix,
		sm_show_count(r->pages_compared, a, sizeof(a)));
	if (r->pages_changed)
		fprintf(f, ", %s changed",
			sm_show_count(r->pages_changed, a, sizeof(a)));
	fprintf(f, ", %s with permissions",
		sm_show_count(r->perm_pages, b, sizeof(b)));
	if (r->pages_swept)
		fprintf(f, ", %s swept",
			sm_show_count(r->pages_swept, a, sizeof(a)));
	fprintf(f, "; windows %s quiet, %s disturbed\n",
		sm_show_count(r->windows_accepted, a, sizeof(a)),
		sm_show_count(r->windows_rejected, b, sizeof(b)));
	fprintf(f, "%s  device    %s accesses", prefix,
		sm_show_count(r->accesses, a, sizeof(a)));
	if (r->stats.faults)
		fprintf(f, ", %s faults, %s retries",
			sm_show_count(r->stats.faults, b, sizeof(b)),
			sm_show_count(r->stats.retries, c, sizeof(c)));
	if (r->note[0])
		fprintf(f, "; %s", r->note);
	if (r->unread[0])
		fprintf(f, "\n%s  no tables %s", prefix, r->unread);
	if (r->recycled)
		fprintf(f, "\n%s  victims   %s pages recycled", prefix,
			sm_show_count(r->recycled, a, sizeof(a)));
	if (r->unnoted)
		fprintf(f, "\n%s  kernel    %s writes not noted: docs/found/soft-dirty.md",
			prefix, sm_show_count(r->unnoted, a, sizeof(a)));
	fputc('\n', f);
}

/* Beside the sums, where there is more than one. */
static void show_mirrors(FILE *f, const char *prefix,
			 const struct sm_run_result *r)
{
	char a[SM_SHOW_COUNT], b[SM_SHOW_COUNT];
	unsigned int i;

	for (i = 0; r->nr_mirrors > 1 && i < r->nr_mirrors; i++) {
		const struct sm_mirror_result *m = &r->mirrors[i];

		fprintf(f, "%s  mirror    %s: %s pages, %s accesses\n", prefix,
			m->name,
			sm_show_count(m->pages_compared + m->pages_swept, a,
				      sizeof(a)),
			sm_show_count(m->accesses, b, sizeof(b)));
	}
}

/* All oracles that say the same as @row; returns a mask of them. */
static uint64_t show_sight(FILE *f, const char *prefix,
			   const struct sm_run_result *r, unsigned int row)
{
	const struct sm_oracle_result *o = &r->oracles[row];
	const char *sep = "";
	uint64_t shown = 0;
	unsigned int i;

	fprintf(f, "%s  %-9s ", prefix, sm_sight_names[o->sight]);
	for (i = row; sm_oracles[i].name; i++) {
		if (r->oracles[i].sight != o->sight ||
		    strcmp(r->oracles[i].reason, o->reason))
			continue;
		shown |= 1ULL << i;
		fprintf(f, "%s%s", sep, sm_oracles[i].name);
		sep = ", ";
	}
	fprintf(f, ": %s\n", o->reason);
	return shown;
}

/* Which did not judge, or not all, and why. */
static void show_oracles(FILE *f, const char *prefix,
			 const struct sm_run_result *r)
{
	uint64_t shown = 0;
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (r->oracles[i].reason[0] && !(shown >> i & 1))
			shown |= show_sight(f, prefix, r, i);
}

static void show_events(FILE *f, const char *prefix,
			const struct sm_run_result *r)
{
	char n[SM_SHOW_COUNT];
	const char *sep = "";
	unsigned int i;

	if (r->mended[0])
		fprintf(f, "%s  mended    %s\n", prefix, r->mended);
	if (r->unwatched[0]) {
		fprintf(f, "%s  no witness: %s\n", prefix, r->unwatched);
		return;
	}
	fprintf(f, "%s  events    ", prefix);
	for (i = 0; i < SM_EVENT_NR; i++) {
		if (!r->events[i])
			continue;
		fprintf(f, "%s%s %s", sep, sm_event_names[i],
			sm_show_count(r->events[i], n, sizeof(n)));
		sep = ", ";
	}
	if (r->records_lost)
		fprintf(f, "%s%s records lost", sep,
			sm_show_count(r->records_lost, n, sizeof(n)));
	if (r->untracked)
		fprintf(f, "%s%s not checked for their end",
			r->records_lost ? ", " : sep,
			sm_show_count(r->untracked, n, sizeof(n)));
	fputc('\n', f);
}

_Static_assert(SM_MAX_EMITTERS <= 64, "those shown are a mask of 64 bits");

/* The most frequent emitter that is not in @done. */
static int next_emitter(const struct sm_run_result *r, uint64_t done)
{
	int best = -1;
	unsigned int i;

	for (i = 0; i < r->nr_emitters; i++)
		if (!(done >> i & 1) &&
		    (best < 0 ||
		     r->emitters[i].count > r->emitters[best].count))
			best = i;
	return best;
}

static void show_emitters(FILE *f, const char *prefix,
			  const struct sm_run_result *r)
{
	char n[SM_SHOW_COUNT];
	uint64_t done = 0;
	unsigned int shown;
	int i;

	if (!r->nr_emitters)
		return;
	fprintf(f, "%s  emitters  ", prefix);
	for (shown = 0; shown < TOP; shown++) {
		i = next_emitter(r, done);
		if (i < 0)
			break;
		done |= 1ULL << i;
		fprintf(f, "%s%s %s", shown ? ", " : "", r->emitters[i].name,
			sm_show_count(r->emitters[i].count, n, sizeof(n)));
	}
	if (r->nr_emitters > shown)
		fprintf(f, ", and %u more", r->nr_emitters - shown);
	fputc('\n', f);
}

/* One that nobody knows is named here however rare it is. */
static void show_reached(FILE *f, const char *prefix,
			 const struct sm_run_result *r)
{
	unsigned int i;

	if (!r->reachable)
		return;
	fprintf(f, "%s  reached   %d of the %d emitters that can fire on this kernel",
		prefix, __builtin_popcountll(r->reached),
		__builtin_popcountll(r->reachable));
	for (i = 0; i < r->nr_emitters; i++)
		if (!strncmp(r->emitters[i].name, "unknown:", 8))
			fprintf(f, ", and %s", r->emitters[i].name);
	fputc('\n', f);
}

static void show_unreached(FILE *f, const char *prefix,
			   const struct sm_run_result *r)
{
	unsigned int i;

	if (sm_set_empty(&r->unreached))
		return;
	fprintf(f, "%s  unreached", prefix);
	for (i = 0; i < SM_MAX_OPS && sm_ops[i].name; i++)
		if (sm_set_has(&r->unreached, i))
			fprintf(f, " %s", sm_ops[i].name);
	fputs(" (ran, but no emitter fired)\n", f);
}

/* All ops that are skipped for the same reason as @row, which is the first of them. */
static void show_skip(FILE *f, const char *prefix,
		      const struct sm_run_result *r, unsigned int row)
{
	const char *sep = "";
	unsigned int i;

	for (i = 0; i < row; i++)
		if (!strcmp(r->skipped[i], r->skipped[row]))
			return;
	fprintf(f, "%s  skipped   ", prefix);
	for (i = row; i < SM_MAX_OPS && sm_ops[i].name; i++) {
		if (strcmp(r->skipped[i], r->skipped[row]))
			continue;
		fprintf(f, "%s%s", sep, sm_ops[i].name);
		sep = ", ";
	}
	fprintf(f, ": %s\n", r->skipped[row]);
}

static void show_skipped(FILE *f, const char *prefix,
			 const struct sm_run_result *r)
{
	unsigned int i;

	for (i = 0; i < SM_MAX_OPS && sm_ops[i].name; i++)
		if (r->skipped[i][0])
			show_skip(f, prefix, r, i);
}

/* "pfn 0x1234 rw order 9", or "none". */
static void show_entry(FILE *f, const char *who, uint64_t entry, bool mirror)
{
	unsigned int order = (entry & SM_ENT_ORDER) >> SM_ENT_ORDER_SHIFT;

	if (!(entry & SM_ENT_PRESENT)) {
		fprintf(f, "  %s none", who);
		return;
	}
	fprintf(f, "  %s pfn 0x%llx", who,
		(unsigned long long)(entry & SM_ENT_PFN));
	/* In pagemap these bits mean something else. */
	if (mirror)
		fprintf(f, " %s order %u",
			entry & SM_ENT_WRITE ? "rw" : "ro", order);
}

static void show_record(FILE *f, const char *prefix, const struct sm_history *h,
			uint64_t t_ns)
{
	const struct sm_record *r = &h->record;

	fprintf(f, "%s      %+12.6f  %-7s  %-15s  0x%llx-0x%llx",
		prefix, ((double)r->t_ns - (double)t_ns) / 1e6,
		r->phase < SM_PHASE_NR ? sm_phase_names[r->phase] : "?",
		r->event < SM_EVENT_NR ? sm_event_names[r->event] : "?",
		(unsigned long long)r->start, (unsigned long long)r->end);
	fprintf(f, "  gen %llu  tid %u%s%s%s\n", (unsigned long long)r->gen,
		r->tid,
		r->flags & SM_RECORD_BLOCKABLE ? "" : "  nonblock",
		h->emitter[0] ? "  " : "", h->emitter);
}

static void show_finding(FILE *f, const char *prefix,
			 const struct sm_finding *v)
{
	struct sm_signature s;
	unsigned int i;

	sm_signature(v, &s);
	fprintf(f, "%s  %s: %s\n", prefix, v->oracle, v->text);
	fprintf(f, "%s    signature %.8s: %s\n", prefix, s.hash, s.title);
	if (v->va && !(v->mirror_entry | v->cpu_entry | v->gen | v->last_inval)) {
		fprintf(f, "%s    page 0x%llx, op %s, profile %s\n", prefix,
			(unsigned long long)v->va, v->op[0] ? v->op : "-",
			v->profile[0] ? v->profile : "-");
	} else if (v->va) {
		fprintf(f, "%s    page 0x%llx", prefix,
			(unsigned long long)v->va);
		show_entry(f, "mirror", v->mirror_entry, true);
		if (v->compared)
			show_entry(f, "cpu", v->cpu_entry, false);
		fprintf(f, "\n%s    op %s, profile %s, ", prefix,
			v->op[0] ? v->op : "-",
			v->profile[0] ? v->profile : "-");
		fprintf(f, "installed in gen %llu, last invalidated in gen %llu\n",
			(unsigned long long)v->gen,
			(unsigned long long)v->last_inval);
	}
	if (!v->nr_history)
		return;
	fprintf(f, "%s    witness, ms relative to the finding%s:\n", prefix,
		v->truncated ? " (older records were lost)" : "");
	for (i = 0; i < v->nr_history; i++)
		show_record(f, prefix, &v->history[i], v->t_ns);
}

static void show_findings(FILE *f, const char *prefix,
			  const struct sm_run_result *r)
{
	char n[SM_SHOW_COUNT], ops[SM_SHOW_COUNT];
	unsigned int i;

	if (!r->violations_total)
		return;
	fprintf(f, "%s  violations %s, the first after %.3f s and %s ops\n",
		prefix, sm_show_count(r->violations_total, n, sizeof(n)),
		r->first_ns / 1e9,
		sm_show_count(r->first_ops, ops, sizeof(ops)));
	for (i = 0; i < r->nr_findings; i++)
		show_finding(f, prefix, &r->findings[i]);
}

/* What the kernel said that is not held against the run. */
static void show_excused(FILE *f, const char *prefix,
			 const struct sm_run_result *r)
{
	char n[SM_SHOW_COUNT];

	if (r->log_excused)
		fprintf(f, "%s  excused   %s complaints of the kernel, the first: %s\n",
			prefix, sm_show_count(r->log_excused, n, sizeof(n)),
			r->excused);
	if (r->tainted[0])
		fprintf(f, "%s  tainted   %s: no error's, and not held against the run\n",
			prefix, r->tainted);
}

/* Where those hang that cannot be killed. */
static void show_stacks(FILE *f, const char *prefix, const char *stacks)
{
	while (*stacks) {
		size_t len = strcspn(stacks, "\n");

		fprintf(f, "%s    %.*s\n", prefix, (int)len, stacks);
		stacks += len + !!stacks[len];
	}
}

void sm_show_run(FILE *f, const char *prefix, const struct sm_run_spec *spec,
		 const struct sm_run_result *result)
{
	char name[SM_KTAP_NAME];

	sm_ktap_name(spec, name, sizeof(name));
	fprintf(f, "%s%-10s %s  %.1f s\n", prefix,
		sm_verdict_names[result->verdict], name, result->seconds);
	if (result->reason[0])
		fprintf(f, "%s  %s\n", prefix, result->reason);
	show_stacks(f, prefix, result->stacks);
	if (result->verdict == SM_SKIP)
		return;
	if (ops_total(result)) {
		show_work(f, prefix, result);
		show_mirrors(f, prefix, result);
		show_events(f, prefix, result);
		show_emitters(f, prefix, result);
		show_reached(f, prefix, result);
		show_unreached(f, prefix, result);
		show_skipped(f, prefix, result);
	}
	/* What others did not see takes nothing from a violation. */
	if (result->verdict != SM_FAIL)
		show_oracles(f, prefix, result);
	show_excused(f, prefix, result);
	show_findings(f, prefix, result);
}
