# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Tools of the kernel's own tree: checkpatch and kernel-doc for ci/checkstyle, and
# kunit.py for ci/kunit. They come from Debian's kernel source package, once.

# The one whose rules we know, or else the newest.
source_package() {
	apt-cache search --names-only '^linux-source-[0-9.]*$' 2>/dev/null |
		awk '{ print $1 }' | sort -V |
		awk '/-6\.12$/ { fixed = $0 } { last = $0 }
		     END { print fixed ? fixed : last }'
}

# Has the folder $1 all that is wanted of it? An older copy lacks kunit.
has_tools() {
	[ -e "$1/scripts/checkpatch.pl" ] &&
		[ -e "$1/tools/testing/kunit/kunit.py" ]
}

# Unpack what is needed from the package $1 into $2: about 150 MB, once.
fetch_tools() {
	echo "# fetching $1 for checkpatch, kernel-doc and kunit, once" >&3
	rm -rf "$2.new"
	mkdir -p "$2.new" || return
	(cd "$2.new" && apt-get -qq -o APT::Sandbox::User=root download "$1" &&
	    dpkg-deb --fsys-tarfile "$1"_*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ --strip-components=1 --wildcards \
			'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
			'*/scripts/const_structs.checkpatch' \
			'*/scripts/kernel-doc*' '*/scripts/lib/kdoc/*' \
			'*/tools/docs/kernel-doc*' '*/tools/lib/python/*' \
			'*/tools/testing/kunit/*'
	rm -f -- *.deb) >/dev/null 2>"$2.log"
	# not all of these patterns match in any one version: tar complains
	if has_tools "$2.new"; then
		rm -rf "$2" "$2.log"
		mv "$2.new" "$2"
	fi
	has_tools "$2"
}

# Say where the kernel's tools are; fetch them when nobody has yet.
linux_tools() {
	if [ -n "${LINUX_SCRIPTS:-}" ]; then
		echo "$LINUX_SCRIPTS"
		return
	fi
	cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/stalemate/checkstyle
	package=$(source_package)
	version=$(apt-cache show --no-all-versions "$package" 2>/dev/null |
		sed -n 's/^Version: //p')
	dir=$cache/$package-$version
	if has_tools "$dir" ||
	   { [ -n "$version" ] && fetch_tools "$package" "$dir"; }; then
		echo "$dir"
		return
	fi
	# no package list or no network: an older copy is better than none
	for dir in "$cache"/linux-source-*/; do
		if [ -e "$dir/scripts/checkpatch.pl" ]; then
			echo "$dir"
			return
		fi
	done
	return 69
}

no_scripts() {
	echo "no checkpatch.pl: apt-get update (for linux-source), or set LINUX_SCRIPTS"
	return 69
}
