# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Each room uses only what it may, and no units use each other in a circle: see
# ci/rooms/rules. The check of the module has built it, if it has been run.

# shellcheck disable=SC2154 # tmp is checkstyle's

check_rooms() {
	have gcc || missing gcc gcc || return
	set --
	if [ -e "$tmp/module" ]; then
		set -- --module "$tmp/module"
	fi
	ci/rooms/check "$@" >"$tmp/rooms"
	status=$?
	note "$(sed -n 's/^# //p' "$tmp/rooms" | paste -sd ' ')"
	grep -v '^# ' "$tmp/rooms" | report || return
	return $status
}
