# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # of selftest, which sources this
#
# What a node that is a machine has to do, for ci/nightly/selftest --guest.

# Slurm knows what kernel it runs a moment after it knows that it is there.
has_a_machine() {
	local tries=0
	"$lab" down
	"$lab" up 1 6.12 6.1 || return
	until "$lab" run sinfo -h -N -o '%N %T %b' >"$work/out" &&
		grep -q '^machine idle .*k6\.12' "$work/out"; do
		[ $((tries += 1)) -lt 60 ] || break
		sleep 0.5
	done
	sed 's/^/# /' "$work/out"
	[ "$tries" -lt 60 ] && ! grep -q 'soft.*k6' "$work/out"
}

# A job runs on it, with its own module and program.
runs_on_the_machine() {
	echo 'native mock kvm - munmap 2 machine' >"$work/plan"
	makes_night && [ "$(cat "$night"/*_1/status)" = 0 ] &&
		grep -q '"host": *"machine"' "$night"/*_1/night.json &&
		grep -q '"kernel": *"6\.12' "$night"/*_1/night.json
}

# The plan's first test is under way; sets $night
begins_night() {
	night=$("$lab" run "$submit" --out "$work/nights" "$work/plan") || return
	until grep -q -s '"record":"begin"' "$night"/*_1/night.jsonl; do
		[ -n "$("$lab" run squeue -h)" ] || return
		sleep 0.5
	done
}

# Its kernel panics in mid-storm. The test is incomplete, and says why; those that follow
# it ran when the machine was back, and Slurm had found that out by itself.
outlives_a_panic() {
	echo 'native mock kvm,hmm,gru - munmap 20 machine' >"$work/plan"
	begins_night || return
	sleep 3
	"$lab" sysrq c
	ends_night || return
	"$STALEMATE" report "$night" >"$work/report"
	"$STALEMATE" report "$night" --junit -o "$work/junit.xml"
	sed 's/^/# /' "$work/report"
	grep -q '^incomplete mock.kvm.munmap' "$work/report" &&
		grep -q 'ended under it: Kernel panic - .*sysrq' "$work/report" &&
		[ "$(grep -c '^pass  *mock' "$work/report")" = 2 ] &&
		grep -q 'Kernel panic - ' "$night"/*_1/pstore-1-* &&
		grep -q 'Kernel panic - .*sysrq' "$night/page.html" &&
		sed -n '/<system-out>/,$p' "$work/junit.xml" |
			grep -q 'sysrq: Trigger a crash' &&
		grep -q 'try 2$' "$night"/*_1.log
}

# Something in it taints its kernel, as a warning would: when the job has ended it goes
# down and comes back, and the next job has a kernel without.
is_rebooted_if_tainted() {
	local job first
	echo 'native mock kvm - munmap 10 machine' >"$work/plan"
	begins_night || return
	job=$(basename "$night"/*_1)
	"$lab" run srun --jobid "${job%_*}" --overlap \
		sh -c 'echo 512 >/proc/sys/kernel/tainted' || return
	ends_night && grep -q 'the kernel is tainted (512): reboots' "$night"/*_1.log ||
		return
	first=$(boot_of "$night"/*_1/night.json)
	makes_night && [ "$(cat "$night"/*_1/status)" = 0 ] &&
		! grep -q tainted "$night"/*_1.log &&
		[ -n "$first" ] && [ "$(boot_of "$night"/*_1/night.json)" != "$first" ]
}

boot_of() {
	sed -n 's/^ *"boot_id": *"\([^"]*\)".*/\1/p' "$1"
}

# A job that asks for its other kernel has the machine go into that, and runs there.
goes_into_the_other_kernel() {
	echo 'native mock kvm - munmap 2 machine&k6.1' >"$work/plan"
	makes_night && [ "$(cat "$night"/*_1/status)" = 0 ] &&
		grep -q '"host": *"machine"' "$night"/*_1/night.json &&
		grep -q '"kernel": *"6\.1\.' "$night"/*_1/night.json &&
		"$lab" run sinfo -h -N -n machine -o %b |
			grep -q -E '(^|,)k6\.1(,|$)'
}

# A row brings it a kernel that is not in its /boot, and the next one has its own again:
# it is not rebooted for the one while the other waits for it.
is_brought_a_kernel() {
	echo 'native:new mock kvm - munmap 2 machine' >"$work/plan"
	echo 'native mock kvm - munmap 2 machine' >>"$work/plan"
	makes_night && [ "$(cat "$night"/*_1/status "$night"/*_2/status)" = $'0\n0' ] &&
		grep -q 'installs 7\.' "$night"/*_1.log &&
		grep -q '"host": *"machine"' "$night"/*_1/night.json &&
		grep -q '"kernel": *"7\.' "$night"/*_1/night.json &&
		grep -q '"label": *"machine/native:new"' "$night"/*_1/night.json &&
		grep -q '"kernel": *"6\.12' "$night"/*_2/night.json &&
		[ "$(cat "$night"/*_*.log | grep -c ': reboots: kernel ')" = 2 ]
}
