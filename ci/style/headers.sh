# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A header of ours can be the first one included; the contract, also by C++.

# shellcheck disable=SC2154 # tmp is checkstyle's

check_headers() {
	have gcc || missing gcc gcc || return
	have g++ || missing g++ g++ || return
	strict='-fsyntax-only -Wall -Wextra -Werror'
	grep -E '^(kmod/include/uapi|userspace)/.*\.h$' "$tmp/files" |
	while read -r file; do
		echo "#include \"$file\"" >"$tmp/alone.c"
		# shellcheck disable=SC2046,SC2086  # flags
		case $file in
		kmod/include/uapi/drm/*)
			# drm.h is libdrm's in Debian, and not ours to judge
			pkg-config --exists libdrm || continue
			drm=$(pkg-config --variable=includedir libdrm)/libdrm
			gcc -I. -isystem $drm -std=gnu99 -pedantic $strict \
				"$tmp/alone.c"
			g++ -I. -isystem $drm -std=c++11 -x c++ $strict \
				"$tmp/alone.c" ;;
		kmod/*)
			gcc -I. -std=gnu99 -pedantic $strict "$tmp/alone.c"
			g++ -I. -std=c++11 -x c++ $strict "$tmp/alone.c" ;;
		*)
			gcc -I. $(user_flags) $strict "$tmp/alone.c" ;;
		esac
	done 2>&1 | report
}
