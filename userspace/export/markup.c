// SPDX-License-Identifier: GPL-2.0-only
/* Text of somebody else's in XML or HTML: see markup.h. */
#include <stdbool.h>
#include <stdint.h>

#include "markup.h"

/* How many bytes follow the first one of a character; -1: it begins none. */
static int follow(unsigned char c)
{
	if (c < 0x80)
		return 0;
	if (c >= 0xc2 && c < 0xe0)
		return 1;
	if (c >= 0xe0 && c < 0xf0)
		return 2;
	return c >= 0xf0 && c < 0xf5 ? 3 : -1;
}

/* Length of the character at @s in bytes; 0 if it is none that XML may have. */
static unsigned int length(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	static const unsigned char mask[] = { 0x7f, 0x1f, 0x0f, 0x07 };
	int i, more = follow(*s);
	uint32_t c;

	if (more < 0)
		return 0;
	c = *s & mask[more];
	for (i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[more] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ||
	    c == 0xfffe || c == 0xffff)
		return 0;
	return c < 0x20 && c != '\n' && c != '\t' ? 0 : more + 1;
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	default:
		return NULL;
	}
}

void sm_markup_text(FILE *f, const char *text)
{
	unsigned int len;

	for (; *text; text += len ? len : 1) {
		len = length((const unsigned char *)text);
		if (!len)
			fputc('?', f);
		else if (entity(*text))
			fputs(entity(*text), f);
		else
			fwrite(text, 1, len, f);
	}
}
