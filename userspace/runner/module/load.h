/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading the module, and saying what keeps it out. */
#ifndef SM_LOAD_H
#define SM_LOAD_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct sm_load_policy - where the kernel says whom it lets in
 * @lockdown: "none [integrity] confidentiality"
 * @sig_enforce: Y if modules must be signed
 * @disabled: 1 if no module may be loaded any more
 * @symbols: what the kernel has, one symbol a line
 */
struct sm_load_policy {
	const char *lockdown;
	const char *sig_enforce;
	const char *disabled;
	const char *symbols;
};

extern const struct sm_load_policy sm_load_policy;

void sm_load_forbid(void);
bool sm_load_allowed(void);
int sm_load_module(char *why, size_t size);
void sm_load_explain(const struct sm_load_policy *p, const char *said,
		     char *why, size_t size);
bool sm_load_lacks(const struct sm_load_policy *p, char *why, size_t size);
bool sm_load_page_size(long bytes, char *why, size_t size);

#endif /* SM_LOAD_H */
