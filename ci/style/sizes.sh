# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Files and functions stay small. In this style a function's braces, and no
# others, stand alone in the first column; in shell the first one follows ().
# Makefile.am may be longer: most of it is lists, a line for each file of the tree,
# and they have to grow with it.

# shellcheck disable=SC2154 # tmp is checkstyle's

max_file=500
max_function=60

check_sizes() {
	# shellcheck disable=SC2016  # awk's own dollars
	source_files | xargs awk -v max_file="$max_file" -v max="$max_function" '
	function end_of_file() {
		if (lines > max_file && file != "Makefile.am")
			printf "%s: %d lines, at most %d\n", file, lines, max_file
	}
	FNR == 1 { end_of_file(); file = FILENAME; start = 0 }
	{ lines = FNR }
	/^[a-z_A-Z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\{$/ || /^[a-z_A-Z0-9]+\(\) *\{$/ { start = FNR }
	/^\}$/ && start {
		print FNR - start + 1 >sizes
		if (FNR - start + 1 > max)
			printf "%s:%d: %s() has %d lines, at most %d\n",
				file, start, name, FNR - start + 1, max
		start = 0
	}
	END { end_of_file() }' sizes="$tmp/sizes" >"$tmp/large"
	note "$(sort -n "$tmp/sizes" | awk '{ n[NR] = $1 }
		END { printf "%d functions: median %d, 90 %% <= %d, longest %d",
		      NR, n[int((NR + 1) / 2)], n[int(NR * .9) + (NR > 0)], n[NR] }')"
	report <"$tmp/large"
}
