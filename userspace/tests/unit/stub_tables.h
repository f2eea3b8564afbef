/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backend and an op table for tests of what prints results: the real ones
 * need the whole engine. Included by one file per test program.
 */
#ifndef SM_STUB_TABLES_H
#define SM_STUB_TABLES_H

#include "tables.h"

const struct sm_op sm_ops[] = {
	{ .name = "munmap" },
	{ .name = "mprotect-ro" },
	{ .name = "dontneed" },
	{ .name = NULL }
};

static const struct sm_backend stub_mock = {
	.name = "mock",
	.about = "stand-in",
	.profiled = true,
};

static const struct sm_backend stub_driver = {
	.name = "my driver#1",
	.about = "stand-in",
};

const struct sm_backend *const sm_backends[] = {
	&stub_mock, &stub_driver, NULL
};

#endif /* SM_STUB_TABLES_H */
