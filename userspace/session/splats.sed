# SPDX-License-Identifier: GPL-2.0-only
# The rows of `splats` as C.
/^#/d
s/[\\"]/\\&/g
s/^-	/-1	/
s/^\([^	]*\)	\(.*\)$/	{ \1, "\2" },/
