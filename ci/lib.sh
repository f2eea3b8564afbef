# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What ci/demo and ci/test share: set-up, and counting results.

set -u -o pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stalemate
cd "$top" || exit 69

die() {
	echo "${0##*/}: $*" >&2
	exit 69
}

need_root() {
	[ "$(id -u)" = 0 ] || die "needs root: it installs packages and makes" \
		"root file systems for guests; run it with sudo"
}

# Install what is missing of the packages named, and only then ask apt.
install_packages() {
	local package missing=()
	for package; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q ' installed$' || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "installing: ${missing[*]}"
	apt-get update -qq >/dev/null || die "apt-get update failed"
	apt-get install -qq -y --no-install-recommends "${missing[@]}" \
		>/dev/null || die "apt-get install failed: ${missing[*]}"
}

# What defects make the kernel say: splat, refuse-with-end; and a test of those who
# listen. Runs without a defect judge its log themselves, so nothing is hidden by
# allowing it in a guest.
# shellcheck disable=SC2034 # used by those who source this
seeded=(--allow-splat 'seeded defect' --allow-splat
	'mmu_notifier.c:[0-9]* .*__mmu_notifier_invalidate_range_start'
	--allow-splat 'callback failed with -11 in blockable context'
	--allow-splat 'a warning on purpose')

# --- results: KTAP in, counts out

logs=$cache/logs	# ci/test and ci/demo have one each below it
passed=0 failed=0 skipped=0
failures=() skips=()

# Count the results of a KTAP file; $1 names the suite, $2 is the file.
count_ktap() {
	local result name
	while IFS=$'\t' read -r result name; do
		case $result in
		pass) passed=$((passed + 1)) ;;
		skip) skipped=$((skipped + 1)) skips+=("$1: $name") ;;
		fail) failed=$((failed + 1)) failures+=("$1: $name") ;;
		esac
	done < <(awk -f "$top/ci/ktap.awk" "$2" || echo fail$'\t'"not read: $2")
}

# What led to each line that says "not ok", and how it ended.
show_failures() {
	awk -v before=25 '
		{ line[NR] = $0 }
		/^ *not ok/ {
			for (i = NR - before; i <= NR; i++)
				if (i > shown && i > 0)
					print line[i]
			shown = NR
		}
		END {
			for (i = NR - before; i <= NR; i++)
				if (i > shown && i > 0)
					print line[i]
		}' "$1"
}

# Run a suite: SUITE COMMAND... It prints KTAP. Its log and how it ended are left for
# count_suite(): its status, the seconds that it took, and those that it had a processor,
# with all that it started.
run_announced() {
	local suite=$1 begun=$SECONDS status busy TIMEFORMAT='%U %S'
	shift
	echo "=== $suite"
	{ time "$@" >"$logs/$suite.log" 2>&1 </dev/null; } 2>"$logs/$suite.busy"
	status=$?
	busy=$(awk '{ printf "%d", $1 + $2 }' "$logs/$suite.busy")
	rm -f "$logs/$suite.busy"
	echo "$status $((SECONDS - begun)) $busy" >"$logs/$suite.ended"
	echo "=== $suite ended after $((SECONDS - begun)) s, busy for $busy s, status $status"
}

# Show a suite that has ended, and count it. One that ends badly without saying
# which test failed is itself a failure, and so is one that ends well and has
# tested nothing.
count_suite() {
	local suite=$1 log=$logs/$1.log status seconds busy all
	local before=$((passed + failed + skipped)) failed_before=$failed
	[ -e "$logs/$suite.ended" ] || echo 70 >"$logs/$suite.ended"
	read -r status seconds busy <"$logs/$suite.ended"
	[ -e "$log" ] || : >"$log"
	count_ktap "$suite" "$log"
	if [ "$status" = 4 ] && [ $((passed + failed + skipped)) = $before ]; then
		skipped=$((skipped + 1))
		skips+=("$suite: $(tail -n 1 "$log")")
	elif [ "$status" != 0 ] &&
		{ [ "$status" != 4 ] || ! grep -q -i '# *SKIP' "$log"; } &&
		[ "$failed" = "$failed_before" ]; then
		failed=$((failed + 1))
		failures+=("$suite: exit status $status")
	elif [ $((passed + failed + skipped)) = $before ]; then
		failed=$((failed + 1))
		failures+=("$suite: ended well without a result")
	fi
	[ "$failed" = "$failed_before" ] || show_failures "$log" | sed 's/^/  | /'
	all=$((passed + failed + skipped - before))
	echo "  $suite: $all results in ${seconds:-?} s, busy for ${busy:-?} s"
}

# One more than there are processors, but for four: a guest beside others does with one,
# and waits for a quarter of its time. And no more than memory is for: most guests take
# 2 or 3 GiB, and one suite has several.
at_once=$(($(nproc) + 1))
[ "$at_once" -le 4 ] || at_once=4
mem_for=$(awk '$1 == "MemAvailable:" { print int($2 / 4194304) }' /proc/meminfo)
[ "$at_once" -le "${mem_for:-1}" ] || at_once=$((mem_for > 1 ? mem_for : 1))

# For a trap: end all that runs, guests included, and then this.
# shellcheck disable=SC2317 # called by a trap
stop_suites() {
	local group tries=100
	trap '' INT TERM HUP
	for group in $(jobs -p); do
		kill -TERM -- "-$group" 2>/dev/null
		kill -CONT -- "-$group" 2>/dev/null	# if a terminal stopped it
	done
	for group in $(jobs -p); do
		while kill -0 -- "-$group" 2>/dev/null &&
			[ $((tries -= 1)) -gt 0 ]; do
			sleep 0.1
		done
	done
	exit 130
}

# Run a suite beside others, in a process group of its own. It is counted, whatever becomes
# of it, and of the folder of logs.
announced=()
run_suite_beside() {
	announced+=("$1")
	while [ "$(jobs -r | wc -l)" -ge "$at_once" ]; do
		wait -n
	done
	set -m
	run_announced "$@" &
	set +m
}

# A suite that has the machine alone. (Not in the foreground: bash would run a
# trap only after its end.)
run_suite() {
	local -x STALEMATE_GUESTS=1
	wait
	run_suite_beside "$@"
	wait
}

# Wait for all that run, and count what was started since the last time.
count_suites() {
	local suite
	wait
	for suite in "${announced[@]}"; do
		count_suite "$suite"
	done
	announced=()
}

# The last words; the exit status is 1 on any failure.
report_results() {
	local line
	if [ ${#skips[@]} -gt 0 ]; then
		echo "skipped:"
		for line in "${skips[@]}"; do echo "  $line"; done
	fi
	if [ ${#failures[@]} -gt 0 ]; then
		echo "failed:"
		for line in "${failures[@]}"; do echo "  $line"; done
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
}
