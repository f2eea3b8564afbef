# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Who draws random numbers does so by a name of its own, see rng.h: two files that
# shared one would do the same.

# shellcheck disable=SC2154 # tmp is checkstyle's

check_streams() {
	grep -E '^userspace/(base|runner|session|backends|cli)/.*\.c$' "$tmp/files" >"$tmp/users"
	{
		xargs grep -n 'sm_rng_seed(' <"$tmp/users" |
			grep -v 'SM_STREAM_' | sed 's/$/ (no SM_STREAM_)/'
		xargs grep -oE 'SM_STREAM_[A-Z]+' <"$tmp/users" | sort -u |
			awk -F : 'seen[$2]++ { print $1 ": " $2 " is another file'"'"'s" }'
	} | report
}
