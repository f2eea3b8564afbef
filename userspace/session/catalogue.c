// SPDX-License-Identifier: GPL-2.0-only
/* What there is, as far as a session has to know. */
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"

static const struct sm_catalogue *catalogue;

void sm_catalogue_use(const struct sm_catalogue *c)
{
	catalogue = c;
}

/* A run of what nobody has told of is a mistake of the caller's. */
const struct sm_catalogue_backend *
sm_catalogue_backend(const struct sm_backend *backend)
{
	const struct sm_catalogue_backend *b;

	for (b = catalogue->backends; b->backend != backend; b++)
		if (!b->name)
			abort();
	return b;
}

static const char *word(const char *const *words, unsigned int row)
{
	for (; row && *words; row--)
		words++;
	return *words;
}

const char *sm_catalogue_op(unsigned int row)
{
	return word(catalogue->ops, row);
}

const char *sm_catalogue_oracle(unsigned int row)
{
	return word(catalogue->oracles, row);
}

const char *sm_catalogue_profile(unsigned int row)
{
	return word(catalogue->profiles, row);
}

const struct sm_catalogue_defect *sm_catalogue_defect(unsigned int row)
{
	const struct sm_catalogue_defect *d = catalogue->defects;

	for (; row && d->name; row--)
		d++;
	return d->name ? d : NULL;
}

const struct sm_catalogue_known *sm_catalogue_known(unsigned int row)
{
	const struct sm_catalogue_known *k = catalogue->known;

	for (; row && k->name; row--)
		k++;
	return k->name ? k : NULL;
}

int sm_catalogue_oracle_row(const char *name)
{
	const char *oracle;
	int row;

	for (row = 0; (oracle = sm_catalogue_oracle(row)); row++)
		if (!strcmp(oracle, name))
			return row;
	return -1;
}
