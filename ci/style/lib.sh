# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the checks share: which files there are, how a check says what it found,
# and with which flags a userspace file compiles. ci/checkstyle reads it first; it
# is in the tree's top folder then, and removes the folder $tmp at its end.

# shellcheck disable=SC2154 # tmp is checkstyle's

# Files of the tree: tracked, or new and not ignored. A tarball has no git, and
# some files that autotools made.
list_files() {
	if [ -e .git ] && have git; then
		git -c safe.directory="$(pwd)" ls-files -co --exclude-standard
	else
		made='build-aux/|autom4te|configure$|aclocal|config\.|Makefile$'
		find . -type f | sed 's|^\./||' |
			grep -Ev "^($made)|Makefile\.in$|\.deps/|have\.(h$|cache/)"
	fi | sort | while read -r file; do
		if [ -f "$file" ]; then
			echo "$file"
		fi
	done
}

c_files() {
	grep '\.[ch]$' "$tmp/files"
}

shell_files() {
	while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*) head -n 1 "$file" | tr -d '\0' |
			grep -Eq '^#! */(usr/)?bin/(env )?(ba|da)?sh' &&
			echo "$file" ;;
		esac
	done <"$tmp/files"
}

# Everything written by hand in a programming language.
source_files() {
	{
		grep -E '\.([chsS]|py|pl|sh|awk|service)$' "$tmp/files"
		grep -E '(^|/)(Makefile(\.am)?|Kbuild[^/]*|configure\.ac)$' \
			"$tmp/files"
		while read -r file; do
			head -c 2 "$file" | tr -d '\0' | grep -q '^#!' &&
				echo "$file"
		done <"$tmp/files"
	} | sort -u
}

# A note for the check's own line.
note() {
	echo "$*" >"$tmp/note"
}

# missing TOOL PACKAGE: for checks that cannot run.
missing() {
	echo "$1 is missing: apt-get install $2"
	return 69
}

have() {
	command -v "$1" >/dev/null
}

# Findings on stdin: show them, the first 40, and fail if there are any.
report() {
	awk 'NR <= 40 { print }
	     END { if (NR > 40) print "and " NR - 40 " more"; exit NR > 0 }'
}

# Flags with which a userspace file compiles. One header is made by make.
user_flags() {
	mkdir -p "$tmp/session"
	sed -f userspace/session/splats.sed userspace/session/splats \
		>"$tmp/session/splats.h"
	echo '-D_GNU_SOURCE= -DSTALEMATE_VERSION="0" -Ikmod/include' \
		"-Iuserspace -Iuserspace/runner" \
		"-Ikmod -I$tmp" \
		"-Iuserspace/tests/unit $(pkg-config --cflags json-c 2>/dev/null)"
}
