// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel symbols and the emitter table.
 *
 * An invalidation's innermost frames are the witness's own callback and the
 * notifier core; mmu_notifier_invalidate_range_start() itself is inline. So
 * the first frame outside of those is the function that contains the call:
 * the emitter, or whatever function the compiler inlined it into. The table
 * below was checked against the call sites in Debian's 5.10, 6.1, 6.12 and 7.3
 * kernels, and what those inline. The emitters themselves are in emitters.c.
 *
 * Only that one frame decides. Searching further outward would find a name
 * more often, but it would be the name of somebody else: a new emitter called
 * by an old one would go unnoticed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "rng.h"
#include "symbols.h"
#include "symbols_kept.h"

#define MODULE	"[stalemate]"

/**
 * struct alias - a function that stands for an emitter
 * @symbol: function found in the stack
 * @emitter: canonical name, or NULL: a helper of several, ask its caller
 */
struct alias {
	const char *symbol;
	const char *emitter;
};

static const struct alias aliases[] = {
	/* 6.12: inlined into their callers */
	{ "change_protection", "change_pud_range" },
	{ "change_protection_range", "change_pud_range" },
	{ "change_p4d_range", "change_pud_range" },
	{ "do_madvise", "madvise_free_single_vma" },
	{ "madvise_vma_behavior", "madvise_free_single_vma" },
	{ "madvise_dontneed_free", "madvise_free_single_vma" },
	{ "do_wp_page", "wp_page_copy" },
	{ "migrate_vma_setup", "migrate_vma_collect" },
	{ "move_pages", "move_pages_pte" },
	{ "try_to_merge_one_page", "replace_page" },
	{ "page_mkclean_one", "page_vma_mkclean_one" },
	{ "pfn_mkclean_range", "page_vma_mkclean_one" },
	{ "uprobe_write_opcode", "__replace_page" },
	{ "do_pagemap_cmd", "do_pagemap_scan" },
	/* 6.1: other names for the same thing */
	{ "change_pmd_range", "change_pud_range" },
	{ "zap_page_range", "zap_page_range_single" },
	{ "__unmap_hugepage_range", "unmap_hugepage_range" },
	{ "__unmap_hugepage_range_final", "unmap_hugepage_range" },
	{ "collapse_and_free_pmd", NULL },
	{ "collapse_file", "retract_page_tables" },
	{ "hpage_collapse_scan_file", "retract_page_tables" },
	{ "hpage_collapse_scan_pmd", "collapse_huge_page" },
	/* 5.10 */
	{ "hugetlb_cow", "hugetlb_wp" },
	{ "follow_invalidate_pte", "page_vma_mkclean_one" },
	{ "migrate_vma_pages", "__migrate_device_pages" },
	{ "khugepaged_scan_file", "retract_page_tables" },
	{ "khugepaged_scan_pmd", "collapse_huge_page" },
	{ "khugepaged", "collapse_huge_page" },
	/* 7.x */
	{ "zap_vma_for_reaping", "__oom_reap_task_mm" },
	{ "zap_vma_range_batched", "zap_page_range_single" },
	{ "do_swap_page", "remove_device_exclusive_entry" },
	{ "make_device_exclusive", "page_make_device_exclusive_one" },
	{ "try_collapse_pte_mapped_thp", "collapse_pte_mapped_thp" },
	{ "move_pages_ptes", "move_pages_pte" },
	{ "do_huge_pmd_wp_page", "do_huge_zero_wp_pmd" },
	{ "uprobe_write", "__replace_page" },
	{ NULL, NULL }
};

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Frames between the emitter and the witness's callback. */
static bool is_core(const char *name)
{
	return starts_with(name, "__mmu_notifier_") ||
	       starts_with(name, "mmu_notifier_") ||
	       starts_with(name, "mmu_interval_") ||
	       starts_with(name, "mn_hlist_") ||
	       starts_with(name, "mn_itree_") ||
	       starts_with(name, "stack_trace_") ||
	       starts_with(name, "arch_stack_walk");
}

static int pool_add(struct sm_symbols *s, const char *name, size_t len)
{
	if (s->pool_len + len + 1 > s->pool_room) {
		size_t room = (s->pool_room + len) * 2 + 4096;
		char *pool = realloc(s->pool, room);

		if (!pool)
			return -ENOMEM;
		s->pool = pool;
		s->pool_room = room;
	}
	memcpy(s->pool + s->pool_len, name, len);
	s->pool[s->pool_len + len] = '\0';
	s->pool_len += len + 1;
	return 0;
}

static int symbol_add(struct sm_symbols *s, uint64_t addr, const char *name,
		      bool own)
{
	struct sm_symbol *sym;
	int ret;

	if (s->nr == s->room) {
		size_t room = s->room * 2 + 1024;

		sym = realloc(s->sym, room * sizeof(*sym));
		if (!sym)
			return -ENOMEM;
		s->sym = sym;
		s->room = room;
	}
	sym = &s->sym[s->nr];
	sym->addr = addr;
	sym->name = s->pool_len;
	sym->own = own;
	/* .isra.0, .constprop.0, .part.0, .cold: the same function to us */
	ret = pool_add(s, name, strcspn(name, "."));
	if (!ret)
		s->nr++;
	return ret;
}

/* One line: "ffffffff81000000 T _text" or "... t name [module]". */
static int line_add(struct sm_symbols *s, char *line)
{
	char *rest, *save = NULL, *type, *name, *module;
	uint64_t addr;

	errno = 0;
	addr = strtoull(line, &rest, 16);
	if (errno || rest == line)
		return 0;
	type = strtok_r(rest, " \t\n", &save);
	name = strtok_r(NULL, " \t\n", &save);
	module = strtok_r(NULL, " \t\n", &save);
	if (!type || !name || !addr || !strchr("tTwW", type[0]))
		return 0;
	return symbol_add(s, addr, name, module && !strcmp(module, MODULE));
}

static int symbol_compare(const void *a, const void *b)
{
	const struct sm_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static uint32_t *bucket_of(const struct sm_symbols *s, const char *name)
{
	uint32_t hash = 0;

	while (*name)
		hash = hash * 31 + (unsigned char)*name++;
	return &s->bucket[hash & (s->buckets - 1)];
}

/* Every run asks for some hundred names, most of which are not there. */
static int symbols_index(struct sm_symbols *s)
{
	uint32_t i, *bucket;

	for (s->buckets = 1; s->buckets < s->nr; s->buckets *= 2)
		continue;
	s->bucket = calloc(s->buckets, sizeof(*s->bucket));
	s->next = malloc(s->nr * sizeof(*s->next));
	if (!s->bucket || !s->next)
		return -ENOMEM;
	for (i = 0; i < s->nr; i++) {
		bucket = bucket_of(s, s->pool + s->sym[i].name);
		s->next[i] = *bucket;
		*bucket = i + 1;
	}
	return 0;
}

int sm_symbols_read(struct sm_symbols **out, FILE *stream)
{
	struct sm_symbols *s = calloc(1, sizeof(*s));
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!s)
		return -ENOMEM;
	while (!ret && getline(&line, &size, stream) >= 0)
		ret = line_add(s, line);
	free(line);
	if (!ret && ferror(stream))
		ret = -EIO;
	if (!ret && !s->nr)
		ret = -EPERM;
	if (!ret) {
		qsort(s->sym, s->nr, sizeof(*s->sym), symbol_compare);
		ret = symbols_index(s);
	}
	if (ret) {
		sm_symbols_free(s);
		return ret;
	}
	*out = s;
	return 0;
}

static uint64_t mix_words(uint64_t sum, const char *words)
{
	while (*words)
		sum = sm_rng_mix(sum ^ *words++);
	return sum;
}

/*
 * This boot, and which modules there are, and where: one line is "name size used by
 * state at".
 */
static uint64_t symbols_key(void)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	unsigned long long at;
	uint64_t sum = 1;
	char name[64];

	if (f && fscanf(f, "%63s", name) == 1)
		sum = mix_words(sum, name);
	if (f)
		fclose(f);
	f = fopen("/proc/modules", "re");
	if (!f)
		return sum;
	while (fscanf(f, "%63s %*s %*s %*s %*s %llx%*[^\n]", name, &at) == 2)
		sum = mix_words(sum + at, name);
	fclose(f);
	return sum;
}

/* What another read, or else kallsyms, which is kept for others. */
static int symbols_get(struct sm_symbols **out, uint64_t key)
{
	FILE *f;
	int ret;

	*out = sm_symbols_recall(SM_SYMBOLS_KEPT, key);
	if (*out)
		return 0;
	f = fopen("/proc/kallsyms", "re");
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	ret = sm_symbols_read(out, f);
	fclose(f);
	if (!ret)
		sm_symbols_keep(*out, SM_SYMBOLS_KEPT, key);
	return ret;
}

int sm_symbols_load(const struct sm_symbols **out)
{
	static struct sm_symbols *symbols;
	static uint64_t of;
	uint64_t key = symbols_key();
	int ret = 0;

	/* A thread that hangs may still look at the old ones: they stay. */
	if (!symbols || key != of)
		ret = symbols_get(&symbols, key);
	of = key;
	*out = symbols;
	return ret;
}

/* The last symbol at or below @addr. */
static const struct sm_symbol *symbol_at(const struct sm_symbols *s, uint64_t addr)
{
	size_t low = 0, high = s ? s->nr : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->sym[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &s->sym[low - 1] : NULL;
}

void sm_symbols_name(const struct sm_symbols *s, uint64_t addr, char *name,
		     size_t size)
{
	const struct sm_symbol *sym = symbol_at(s, addr);

	snprintf(name, size, "%s", sym ? s->pool + sym->name : "");
}

static const struct alias *alias_of(const char *symbol)
{
	const struct alias *a;

	for (a = aliases; a->symbol; a++)
		if (!strcmp(a->symbol, symbol))
			return a;
	return NULL;
}

/* Of which of them the helpers are: see aliases. */
static bool helper_of(const char *emitter)
{
	return !strcmp(emitter, "collapse_pte_mapped_thp") ||
	       !strcmp(emitter, "retract_page_tables");
}

static bool is_emitter(const char *symbol)
{
	const struct sm_emitter_info *e;

	for (e = sm_emitters; e->name; e++)
		if (!strcmp(e->name, symbol))
			return true;
	return false;
}

void sm_symbols_emitter(const struct sm_symbols *s, const uint64_t *ips,
			unsigned int nr, char *name, size_t size)
{
	const char *helper = NULL;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		/* A return address may already lie behind its function. */
		const struct sm_symbol *sym = symbol_at(s, ips[i] - 1);
		const char *symbol = sym ? s->pool + sym->name : "?";
		const struct alias *a = alias_of(symbol);

		if ((sym && sym->own) || is_core(symbol))
			continue;
		if (a && !a->emitter) {
			helper = symbol;
			continue;
		}
		if (a || is_emitter(symbol))
			snprintf(name, size, "%s", a ? a->emitter : symbol);
		else
			snprintf(name, size, "unknown:%s",
				 helper ? helper : symbol);
		return;
	}
	snprintf(name, size, "unknown:%s", helper ? helper : "?");
}

bool sm_symbols_stands(const char *function, const char *emitter)
{
	const struct alias *a;
	bool helps = false;

	if (!strcmp(function, emitter))
		return true;
	for (a = aliases; a->symbol; a++)
		if (!strcmp(a->symbol, function))
			helps |= a->emitter ? !strcmp(a->emitter, emitter) :
					      helper_of(emitter);
	return helps;
}

bool sm_symbols_begin(const struct sm_symbols *s, const char *prefix)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (starts_with(s->pool + s->sym[i].name, prefix))
			return true;
	return false;
}

bool sm_symbols_has(const struct sm_symbols *s, const char *name)
{
	uint32_t i;

	for (i = *bucket_of(s, name); i; i = s->next[i - 1])
		if (!strcmp(s->pool + s->sym[i - 1].name, name))
			return true;
	return false;
}

bool sm_symbols_has_emitter(const struct sm_symbols *s, const char *emitter)
{
	const struct alias *a;

	if (sm_symbols_has(s, emitter))
		return true;
	for (a = aliases; a->symbol; a++)
		if (a->emitter && !strcmp(a->emitter, emitter) &&
		    sm_symbols_has(s, a->symbol))
			return true;
	return false;
}

void sm_symbols_free(struct sm_symbols *s)
{
	if (!s)
		return;
	if (s->map) {
		munmap(s->map, s->map_size);
	} else {
		free(s->sym);
		free(s->bucket);
		free(s->next);
		free(s->pool);
	}
	free(s);
}
