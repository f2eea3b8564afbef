// SPDX-License-Identifier: GPL-2.0-only
/* What makes two findings the same. */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "catalogue.h"
#include "signature.h"

#define FNV_OFFSET	0xcbf29ce484222325ULL
#define FNV_PRIME	0x100000001b3ULL

/* Fewer digits may be a word: "added", "face". */
#define LEAST_HEX	8

/* A word, which is what is hashed, and a sentence, which may be improved. */
struct signature_kind {
	const char *word;
	const char *text;
};

static const struct signature_kind kinds[SM_KIND_KNOWN] = {
	[SM_KIND_UNSAID] = { "unsaid", "something is wrong" },
	[SM_KIND_UNMAPPED] = { "unmapped",
			       "an entry outlived its page (unmapped)" },
	[SM_KIND_REPLACED] = { "replaced",
			       "an entry outlived its page (another is mapped)" },
	[SM_KIND_FORBIDDEN] = { "forbidden",
				"an entry allows more than the page table" },
	[SM_KIND_UNASKED] = { "unasked",
			      "it took what the process itself may not use" },
	[SM_KIND_STALE] = { "stale",
			    "an entry outlived an invalidation that left it" },
	[SM_KIND_WRONG_DATA] = { "wrong-data",
				 "the device read what the page did not hold" },
	[SM_KIND_LOST] = { "lost", "a write of the device is lost" },
	[SM_KIND_MISPLACED] = { "misplaced",
				"the device wrote to another page than it meant" },
	[SM_KIND_DAMAGED] = { "damaged", "a page holds what nobody wrote" },
	[SM_KIND_SHARED] = { "shared",
			     "another process sees what is not its own" },
	[SM_KIND_UNSAVED] = { "unsaved",
			      "a write was lost with a page thought clean" },
	[SM_KIND_UNNOTED] = { "unnoted", "a write is missing in a dirty log" },
	[SM_KIND_UNSEEN] = { "unseen",
			     "a use of the device was not seen by ageing" },
	[SM_KIND_IMAGINED] = { "imagined",
			       "ageing was told of a use that was none" },
	[SM_KIND_DROPPED] = { "dropped",
			      "an event dropped more than its range" },
	[SM_KIND_FORGOTTEN] = { "forgotten",
				"an entry went without an event" },
	[SM_KIND_UNREACHABLE] = { "unreachable",
				  "what is mapped cannot be used" },
	[SM_KIND_READ_ONLY] = { "read-only",
				"what may be written to cannot be" },
	[SM_KIND_SLEPT] = { "slept", "a callback slept where it must not" },
	[SM_KIND_REFUSED] = { "refused",
			      "a callback refused what it may not" },
	[SM_KIND_UNPAIRED] = { "unpaired", "an end without its start" },
	[SM_KIND_UNENDED] = { "unended", "a start without an end" },
	[SM_KIND_CHANGED] = { "changed", "an end that differs from its start" },
	[SM_KIND_EMPTY] = { "empty", "an empty range" },
	[SM_KIND_UNALIGNED] = { "unaligned", "unaligned bounds" },
	[SM_KIND_LEFT_OPEN] = { "left-open",
				"a refused start is left open" },
	[SM_KIND_KEPT_PAGE] = { "kept-page", "pages do not come free" },
	[SM_KIND_KEPT_COUNT] = { "kept-count",
				 "references are counted that nobody holds" },
	[SM_KIND_OUTLIVED] = { "outlived", "the mirror of a dead process lives" },
	[SM_KIND_TOLD_FALSE] = { "told-false",
				 "the driver is wrong on what is unmapped" },
	[SM_KIND_UNSIGNALLED] = { "unsignalled", "a job does not end" },
	[SM_KIND_EARLY] = { "early", "a fence signalled before its job had ended" },
	[SM_KIND_UNFLUSHED] = { "unflushed",
				"an IOMMU was not told of a flush" },
	[SM_KIND_COMPLAINT] = { "complaint", "" },
};

/* What is told apart among entries that an invalidation did not drop. */
static const struct signature_kind raced = {
	"raced", "an entry was installed in spite of an invalidation"
};

static const struct signature_kind huge = {
	"stale-huge", "a part of a huge entry outlived an invalidation"
};

static const struct signature_kind edge = {
	"stale-end", "the end of a range outlived its invalidation"
};

/* What takes pages away is one kind, however it does so: a storm meets all of it. */
static const struct signature_kind missed[SM_EVENT_NR] = {
	[SM_EVENT_PROTECTION_VMA] = {
		"stale-mprotect", "an entry outlived a change of protection" },
	[SM_EVENT_PROTECTION_PAGE] = {
		"stale-cow", "an entry stayed writable when its page was shared" },
	[SM_EVENT_SOFT_DIRTY] = {
		"stale-soft-dirty", "an entry stayed writable when writes were to be noted" },
	[SM_EVENT_MIGRATE] = {
		"stale-migrate", "an entry outlived a migration" },
	[SM_EVENT_EXCLUSIVE] = {
		"stale-migrate", "an entry outlived a migration" },
};

static const struct signature_kind *signature_stale(const struct sm_finding *f)
{
	if (f->mirror_entry & SM_ENT_RACED)
		return &raced;
	if (f->torn ||
	    (f->missed == SM_EVENT_NR && f->mirror_entry & SM_ENT_ORDER))
		return &huge;
	if (f->missed_edge)
		return &edge;
	if (f->missed < SM_EVENT_NR && missed[f->missed].word)
		return &missed[f->missed];
	return &kinds[SM_KIND_STALE];
}

/* What is seen of a stale entry, by whoever looks. */
#define SEEN	(SM_BIT(SM_KIND_UNMAPPED) | SM_BIT(SM_KIND_REPLACED) | \
		 SM_BIT(SM_KIND_FORBIDDEN) | SM_BIT(SM_KIND_WRONG_DATA) | \
		 SM_BIT(SM_KIND_LOST) | SM_BIT(SM_KIND_MISPLACED) | \
		 SM_BIT(SM_KIND_UNSAVED) | SM_BIT(SM_KIND_UNNOTED))

static bool signature_is_stale(const struct sm_finding *f)
{
	return f->kind == SM_KIND_STALE ||
	       (f->stale && f->kind < SM_KIND_KNOWN && SEEN >> f->kind & 1);
}

static struct signature_kind signature_kind(const struct sm_finding *f)
{
	const struct sm_catalogue_known *known;

	if (signature_is_stale(f))
		return *signature_stale(f);
	if (f->kind < SM_KIND_KNOWN)
		return kinds[f->kind];
	known = sm_catalogue_known(f->kind - SM_KIND_KNOWN);
	if (!known)
		return kinds[SM_KIND_UNSAID];
	return (struct signature_kind){ known->name, known->about };
}

/*
 * Where an entry is stale, the device may use it (late), somebody may compare it
 * (pagemap, perm), or miss what was written through it (content, dirty): which is
 * first is chance. It is oracle late's matter.
 */
static const char *signature_oracle(const struct sm_finding *f)
{
	return signature_is_stale(f) ? "late" : f->oracle;
}

/* ---- complaints ------------------------------------------------------------ */

/**
 * struct complaint_span - what a line has that is about the day, not the fault
 * @begin: the text before it
 * @end: the text after it; NULL: it goes on to the end
 * @keep: the text around it says something
 */
struct complaint_span {
	const char *begin;
	const char *end;
	bool keep;
};

/* Names of tasks and of files may have spaces. */
static const struct complaint_span spans[] = {
	{ " (excused until ", NULL, false },
	{ "BUG: Bad page cache in process ", "  ", true },
	{ "BUG: Bad page map in process ", "  ", true },
	{ "BUG: Bad page state in process ", "  ", true },
	{ "BUG: Dentry ", "  still in use", true },
	{ "BUG: scheduling while atomic: ", NULL, true },
	{ "] code: ", NULL, true },
	{ " leaked atomic, lock or RCU: ", NULL, true },
	{ " leaked lock or atomic: ", NULL, true },
	{ " on CPU#", NULL, false },
	{ " on CPUs/tasks: ", NULL, true },
	{ "INFO: task ", " blocked ", true },
	{ "likely owned by task ", NULL, true },
	{ "s! ", NULL, true },
	{ "WARNING: ", " still has locks held", true },
	{ " Comm:", NULL, false },
	{ " (Tainted: ", "):", false },
	{ " (Not tainted", "):", false },
};

static void complaint_blank(char *line, const struct complaint_span *s)
{
	char *from = strstr(line, s->begin), *inside, *to;

	if (!from)
		return;
	inside = from + strlen(s->begin);
	to = s->end ? strstr(inside, s->end) : line + strlen(line);
	if (!to)
		return;
	if (s->keep)
		from = inside;
	else if (s->end)
		to += strlen(s->end);
	memset(from, ' ', to - from);
}

/* "mm/foo.c:123", "lib/foo.h:4:9": returns where its line number begins, or NULL. */
static char *complaint_file(char *word)
{
	char *colon = strchr(word, ':');

	if (!colon || colon < word + 2 || colon[-2] != '.' ||
	    !strchr("chS", colon[-1]) || !isdigit((unsigned char)colon[1]))
		return NULL;
	return colon;
}

static bool complaint_is_function(const char *word)
{
	return strstr(word, "+0x");
}

/* "foo.isra.0+0x1/0x2" */
static void complaint_trim_function(char *word)
{
	word[strcspn(word, "+.")] = '\0';
}

/* "5", "0x1f:", "-12", "[#1]", "120." and "ffff888012345678(67)" */
static bool complaint_is_number(const char *word)
{
	unsigned int hex = 0, dec = 0;
	const char *x = strstr(word, "0x");
	const char *p;

	if (x && (x == word || ispunct((unsigned char)x[-1])))
		return true;
	for (p = word; *p; p++) {
		if (!isxdigit((unsigned char)*p) && !ispunct((unsigned char)*p))
			return false;
		hex += isxdigit((unsigned char)*p) != 0;
		dec += isdigit((unsigned char)*p) != 0;
	}
	return dec && (dec == hex || hex >= LEAST_HEX);
}

/* "pfn:abcde", "val:-3", "cpus=0-1" and "(prev=ffff888012345678)." */
static bool complaint_is_labelled(const char *word)
{
	bool label = false, hex = false;

	for (word += strspn(word, "("); isalpha((unsigned char)*word) ||
	     *word == '_'; word++)
		label = true;
	if (!label || (*word != ':' && *word != '='))
		return false;
	for (; *word; word++) {
		if (!isxdigit((unsigned char)*word) &&
		    !ispunct((unsigned char)*word))
			return false;
		hex |= isxdigit((unsigned char)*word) != 0;
	}
	return hex;
}

/*
 * "kworker/1:2", "stalemate/99", "22s!", "ffff888012345678->next": the name, the
 * unit and the member stay.
 */
static const char *complaint_trim_numbers(char *word)
{
	size_t hex = strspn(word, "0123456789abcdef");
	char *slash = strchr(word, '/');

	if (hex >= LEAST_HEX && ispunct((unsigned char)word[hex]))
		return word + hex;
	if (slash && isdigit((unsigned char)slash[1]))
		*slash = '\0';
	return word + strspn(word, "0123456789");
}

/* "CPU:", "CPU#1" and "CPU1:" */
static bool complaint_is_cpu(const char *word)
{
	return !strncmp(word, "CPU", 3) &&
	       (!strcmp(word + 3, ":") || word[3] == '#' ||
		isdigit((unsigned char)word[3]));
}

/* Who it was of all processes, and where it ran, says nothing. */
static bool complaint_is_noise(const char *word)
{
	return complaint_is_cpu(word) || !strcmp(word, "PID:") ||
	       complaint_is_number(word) || complaint_is_labelled(word) ||
	       (word[0] == '[' && word[strlen(word) - 1] == ']');
}

struct complaint {
	char *buf;
	size_t size;
	size_t len;
};

static void complaint_add(struct complaint *c, const char *word)
{
	int n;

	if (!*word || c->len >= c->size)
		return;
	n = snprintf(c->buf + c->len, c->size - c->len, "%s%s",
		     c->len ? " " : "", word);
	c->len += n;
}

static void complaint_take(struct complaint *c, char *word)
{
	char *line = complaint_file(word);

	if (line) {
		*line = '\0';
		line = strrchr(word, '/');
		complaint_add(c, line ? line + 1 : word);
	} else if (complaint_is_function(word)) {
		complaint_trim_function(word);
		complaint_add(c, word);
	} else if (!complaint_is_noise(word)) {
		complaint_add(c, complaint_trim_numbers(word));
	}
}

/*
 * Up to 6.17 or so "WARNING: CPU: 1 PID: 99 at mm/foo.c:123 bar+0x1/0x2 [mod]",
 * then "WARNING: mm/foo.c:123 at bar+0x1/0x2, CPU#1: comm/99".
 */
static bool complaint_warning(const char *line, struct complaint *c)
{
	char copy[512], *word, *rest, *end, *file = NULL, *function = NULL;

	if (strncmp(line, "WARNING: ", 9))
		return false;
	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		end = complaint_file(word);
		if (end && !file) {
			*end = '\0';
			file = strrchr(word, '/') ? strrchr(word, '/') + 1 : word;
		} else if (!function && complaint_is_function(word)) {
			complaint_trim_function(word);
			function = word;
		}
	}
	if (!file || !function)
		return false;
	complaint_add(c, "WARNING:");
	complaint_add(c, file);
	complaint_add(c, function);
	return true;
}

void sm_signature_complaint(const char *line, char *buf, size_t size)
{
	struct complaint c = { .buf = buf, .size = size };
	char copy[512], *word, *rest;
	unsigned int i;

	if (size)
		buf[0] = '\0';
	if (complaint_warning(line, &c))
		return;
	snprintf(copy, sizeof(copy), "%s", line);
	for (i = 0; i < SM_ARRAY_SIZE(spans); i++)
		complaint_blank(copy, &spans[i]);
	for (word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		complaint_take(&c, word);
}

/* ---- all of it ------------------------------------------------------------- */

static uint64_t signature_fnv(const char *s)
{
	uint64_t hash = FNV_OFFSET;

	for (; *s; s++) {
		hash ^= (unsigned char)*s;
		hash *= FNV_PRIME;
	}
	return hash;
}

void sm_signature(const struct sm_finding *f, struct sm_signature *s)
{
	struct signature_kind kind = signature_kind(f);
	const char *oracle = signature_oracle(f);
	char complaint[160] = "", canon[320];
	bool named;

	if (f->kind == SM_KIND_COMPLAINT)
		sm_signature_complaint(f->text, complaint, sizeof(complaint));
	snprintf(canon, sizeof(canon), "1|%s|%s|%s|%s", oracle, f->profile,
		 kind.word, complaint);
	snprintf(s->hash, sizeof(s->hash), "%016" PRIx64, signature_fnv(canon));
	snprintf(s->kind, sizeof(s->kind), "%s", kind.word);
	/* What is written up names its driver. */
	named = f->profile[0] && f->kind < SM_KIND_KNOWN;
	snprintf(s->title, sizeof(s->title), "%s: %s%s%s", oracle,
		 named ? f->profile : "", named ? ": " : "",
		 complaint[0] ? complaint : kind.text);
}

static bool settle_tells(const struct sm_finding *f, const struct sm_finding *g)
{
	return g->missed == f->missed && !g->missed_edge &&
	       !(g->mirror_entry & SM_ENT_RACED) &&
	       !strcmp(g->profile, f->profile);
}

static void settle_edges(struct sm_run_result *r)
{
	struct sm_finding *f;
	unsigned int i;

	for (f = r->findings; f < r->findings + r->nr_findings; f++)
		for (i = 0; f->missed_edge && i < r->nr_findings; i++)
			f->missed_edge = !settle_tells(f, &r->findings[i]);
}

static void settle_order(struct sm_run_result *r)
{
	struct sm_finding f;
	unsigned int i, j;

	for (i = 1; i < r->nr_findings; i++) {
		f = r->findings[i];
		for (j = i; j && r->findings[j - 1].t_ns > f.t_ns; j--)
			;
		memmove(&r->findings[j + 1], &r->findings[j],
			(i - j) * sizeof(f));
		r->findings[j] = f;
	}
}

void sm_signature_settle(struct sm_run_result *r)
{
	settle_edges(r);
	settle_order(r);
}
