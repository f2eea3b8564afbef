# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A file that no list names is neither built nor in the tarball. A program of
# one file is listed by its own name.

# shellcheck disable=SC2154 # tmp is checkstyle's

check_listed() {
	grep -E '^(kmod|userspace)/' "$tmp/files" >"$tmp/wanted"
	awk '{ for (i = 1; i <= NF; i++) print $i }' Makefile.am \
		userspace/tests/tests.mk >"$tmp/listed"
	{
		while read -r file; do
			grep -qxF -e "$file" -e "${file%.c}" "$tmp/listed" ||
				echo "Makefile.am: $file is not listed"
		done <"$tmp/wanted"
		grep -E '^kmod/([a-z_]+|discipline/.*)\.c$' "$tmp/wanted" |
		while read -r file; do
			grep -qF -- "${file%.c}.o" Kbuild ||
				echo "Kbuild: ${file%.c}.o is not listed"
		done
		grep -E '^(kmod|userspace)/.*\.[ch]$' "$tmp/listed" | sort -u |
		while read -r file; do
			[ -e "$file" ] || [ "${file##*/}" = have.h ] ||
				[ "${file##*/}" = splats.h ] ||
				[ "${file##*/}" = commit.h ] ||
				echo "Makefile.am: $file does not exist"
		done
	} | report
}
