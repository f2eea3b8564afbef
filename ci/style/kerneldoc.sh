# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Headers whose comments are documentation have to be right and complete.

# shellcheck disable=SC2154 # tmp is checkstyle's

check_kerneldoc() {
	have perl || missing perl perl || return
	scripts=$(linux_tools) || no_scripts || return
	for tool in scripts/kernel-doc tools/docs/kernel-doc; do
		[ -e "$scripts/$tool" ] && break
	done
	headers=$(grep -E '^(kmod/include|userspace)/.*\.h$' "$tmp/files" |
		xargs grep -l '^/\*\*$')
	# shellcheck disable=SC2086  # a list
	"$scripts/$tool" -none -Wall -Werror $headers 2>&1 | report
}
