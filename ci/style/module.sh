# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The module with W=1 and sparse, in a copy: objects here stay as they are.

# shellcheck disable=SC2154 # tmp is checkstyle's

newest_build_tree() {
	printf '%s\n' /lib/modules/*/build | sort -V |
	while read -r tree; do
		if [ -e "$tree/Makefile" ]; then
			echo "$tree"
		fi
	done | tail -n 1
}

check_module() {
	have sparse || missing sparse sparse || return
	tree=${LINUX_BUILD:-$(newest_build_tree)}
	if [ -z "$tree" ]; then
		note 'SKIP no kernel build tree: apt-get install linux-headers-amd64'
		return
	fi
	note "$tree"
	mkdir "$tmp/module"
	grep -E '^(kmod/|Kbuild$|META$)' "$tmp/files" | xargs tar -cf - |
		tar -xf - -C "$tmp/module"
	make -k -j"$(nproc)" -C "$tree" M="$tmp/module" W=1 C=2 \
		>"$tmp/make.log" 2>&1 || echo "it does not build" >"$tmp/build"
	{
		grep -E "^($tmp/module/|stalemate[.:]|WARNING).*(warning|WARNING)" \
			"$tmp/make.log"
		grep -E 'error:|^ERROR|^stalemate: |No rule to make' "$tmp/make.log"
		cat "$tmp/build" 2>/dev/null
	} | sed "s|$tmp/module/||g" | report
}
