# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# sparse finds nothing in the programs.
#
# Not asked: a plain 0 for a pointer, as in json-c's own foreach. Not told: what
# does not return; sparse 0.6.4 crashes on a call of such inside an expression.

check_sparse() {
	have sparse || missing sparse sparse || return
	c_files | grep '^userspace/.*\.c$' | while read -r file; do
		# shellcheck disable=SC2046  # flags
		sparse -Wno-non-pointer-null -D_Noreturn= $(user_flags) "$file" 2>&1
		[ $? -lt 128 ] || echo "$file: sparse itself crashed"
	done 2>/dev/null | report
}
