# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The kernel's checkpatch finds nothing. What is not asked of any file is in
# .checkpatch.conf.

# shellcheck disable=SC2154 # tmp is checkstyle's

# What checkpatch is not asked about a file, and why.
checkpatch_ignores() {
	case $1 in
	kmod/trace.h)
		# TRACE_EVENT() is laid out as all of the kernel's are
		echo OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT ;;
	kmod/compat/*)
		# a spelling for two kernels can leave an argument to one of
		# them, and an old kernel has only what is deprecated by now
		echo MACRO_ARG_UNUSED,DEPRECATED_API ;;
	kmod/include/uapi/*)
		# a uapi header cannot use BIT(): the macro is the kernel's own
		echo BIT_MACRO ;;
	userspace/base/set.h)
		# a loop names its variable more than once, as for_each_set_bit()
		echo MACRO_ARG_REUSE,PREFER_KERNEL_TYPES,BIT_MACRO ;;
	userspace/history/* | userspace/tests/unit/test_history.c | \
	userspace/tests/unit/test_import.c | \
	userspace/tests/unit/history_bed.h | \
	userspace/tests/unit/test_export.c | \
	userspace/tests/unit/test_html.c)
		# SQL and JSON have lines; and what else is below, of userspace
		echo "SPLIT_STRING,PARENTHESIS_ALIGNMENT,$(checkpatch_ignores \
			userspace/)" ;;
	userspace/*)
		# the kernel's u64, BIT(), kstrto*() and __printf() are not here,
		# and the names of C11 and of libraries have capitals
		ignore=PREFER_KERNEL_TYPES,BIT_MACRO,SSCANF_TO_KSTRTO
		ignore=$ignore,NAKED_SSCANF,PREFER_DEFINED_ATTRIBUTE_MACRO
		echo "$ignore,CAMELCASE" ;;
	*)
		echo FILE_PATH_CHANGES ;;
	esac
}

# Of which files, as they are, the same checkpatch has found nothing, asked the same.
checkpatch_clean() {
	echo "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/stalemate/checkstyle/clean-$(
		cat "$scripts"/scripts/checkpatch.pl "$scripts"/scripts/spelling.txt \
			"$scripts"/scripts/const_structs.checkpatch \
			.checkpatch.conf ci/style/checkpatch.sh |
			sha256sum | cut -c 1-12)"
}

check_checkpatch() {
	have perl || missing perl perl || return
	scripts=$(linux_tools) || no_scripts || return
	clean=$(checkpatch_clean)
	c_files | xargs -d '\n' sha256sum | while read -r sum file; do
		echo "$(checkpatch_ignores "$file") $file $sum"
	done | sort >"$tmp/all"
	cat "$clean" 2>/dev/null >"$tmp/clean"
	grep -v -x -F -f "$tmp/clean" "$tmp/all" >"$tmp/patches"
	note "$(wc -l <"$tmp/all") files, $(wc -l <"$tmp/patches") of them for the first time, ${scripts##*/}"
	cut -d ' ' -f 1 "$tmp/patches" | uniq | while read -r ignore; do
		awk -v i="$ignore" '$1 == i { print $2 }' "$tmp/patches" |
			xargs -P "$(nproc)" -n 8 perl \
				"$scripts/scripts/checkpatch.pl" --terse -q \
				--root=kmod --ignore "$ignore" --file 2>&1 |
			grep -v '^total: '
	done | sort >"$tmp/found"
	rm -f .checkpatch-camelcase.*	# its own cache
	report <"$tmp/found" || return
	# That much is kept only if the folder is there: it came with the scripts.
	cp "$tmp/all" "$clean.$$" 2>/dev/null && mv "$clean.$$" "$clean"
	return 0
}
