/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of somebody else's in XML or HTML. */
#ifndef SM_MARKUP_H
#define SM_MARKUP_H

#include <stdio.h>

/**
 * sm_markup_text() - print text, in an element or in a quoted attribute
 * @f: where to
 * @text: whatever it holds: what XML cannot have at all, control characters and
 *	what is no UTF-8, becomes a question mark
 */
void sm_markup_text(FILE *f, const char *text);

#endif /* SM_MARKUP_H */
