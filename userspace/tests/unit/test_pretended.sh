#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The program with a module that is pretended (pretend.h): what it says of mirrors
# that are right, of each way to be wrong, and of a module that does not do as asked.

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${0%/*}/tap.sh"

program=userspace/tests/unit/pretending
json=$work/json

if ! grep -q '^0*[1-9a-f].* T ' /proc/kallsyms 2>/dev/null; then
	skip pretended 'needs root: /proc/kallsyms shows no addresses'
	echo "1..$number"
	exit 77
fi

# run STATUS PRETEND ARGUMENT...: a short storm
run() {
	expected=$1 pretend=$2
	shift 2
	ends "$expected" env PRETEND="$pretend" "$program" run --seed 1 \
		--count 60 --arena 8M "$@"
}

# --- mirrors that are right

one_passes() {
	run 0 '' --profile kvm --json "$json" &&
		says out '^pass  *mock\.kvm\.storm ' \
			'^  compared  [1-9].* pages, [1-9].* with permissions; windows [1-9].* quiet' \
			'^  device    [1-9].* accesses, [1-9].* faults' \
			'^  events    clear [1-9]' '^  emitters  .*exit_mmap [12]' &&
		! grep -q violations "$work/out" &&
		grep -Eq '"verdict": *"pass"' "$json"
}

all_pass() {
	nr=$("$program" list profiles | grep -c '^[a-z]')
	run 0 '' --profile all --ktap --count 20 --arena 4M &&
		says out "^1\.\.$nr\$" '^ok 1 mock\.kvm\.storm$' \
			'^ok 13 mock\.npu\.storm$' &&
		[ "$(grep -c '^ok [0-9]* mock' "$work/out")" = "$nr" ]
}

together() {
	run 0 '' --profile kvm+hmm --ops munmap,mprotect-ro &&
		says out '^pass  *mock\.kvm_hmm\.storm '
}

what_the_kernel_lacks_is_skipped() {
	run 4 kvm-alone --profile gntdev &&
		says out '^skip  *mock\.gntdev\.storm' 'this kernel has no gntdev' &&
		run 0 kvm-alone --profile kvm,gntdev &&
		says out '^pass  *mock\.kvm\.storm' '^skip  *mock\.gntdev'
}

# Where others hold pages, it says that it does not count.
not_counted() {
	run 0 others --profile kvm &&
		says out '^  on  *refs: .*references of no mirror are not counted'
}

# Nobody is accused of what a run before has lost.
lost_before() {
	run 0 lost --profile kvm && says out '^pass  *mock\.kvm\.storm' &&
		run 1 lost --profile hfi1 --defect leak-pin &&
		says out '^  refs: [36] page references are left of no mirror'
}

# Where a process can be reaped: not in each kernel.
dying() {
	run 0 '' --profile kvm,hmm --ops exit,reap --keep-going &&
		says out '^pass  *mock\.kvm\.storm' '^pass  *mock\.hmm\.storm' &&
		if "$program" list ops | grep -A 5 '^reap ' | grep -q missing; then
			says out ' exit_mmap 1'
		else
			says out ' exit_mmap 2' ' __oom_reap_task_mm 1'
		fi
}

undead() {
	run 1 undead --profile kvm --ops exit --keep-going &&
		says out '^fail  *mock\.kvm\.exit' \
			'^  pagemap: 1 entries are left of a process that is dead' \
			'^  late: the device of a dead process goes on: access says'
}

check one_passes one_passes
check all_pass all_pass
check together together
check what_the_kernel_lacks_is_skipped what_the_kernel_lacks_is_skipped
check lost_before lost_before
check not_counted not_counted
check dying dying

# --- mirrors that are wrong

# caught ORACLE DEFECT PROFILE TEXT: the first that finds it is the one
caught() {
	run 1 '' --profile "$3" --defect "$2" --json "$json" \
		--ops munmap,dontneed,mprotect-ro &&
		says out "^fail  *mock\\.$3\\.munmap|^fail  *mock\\.$3\\.storm\\.$2 " \
			"^  $1: $4" '^  violations 1, the first after ' \
			"${5-profile $3}" &&
		grep -Eq "\"oracle\": *\"$1\"" "$json"
}

check caught_pagemap caught pagemap no-retry kvm \
	'mirror maps .* to PFN [0-9a-f]+, the page table to [0-9a-f]+$'
check caught_perm caught perm ignore-mprotect hmm \
	'mirror entry .* allows more than the page table'
check caught_late caught late flush-after-end kvm \
	'device read .* by an entry of generation 5, invalidated in 6'
check caught_over caught over long-range kvm \
	'entry of .* dropped by an event for \['
check caught_coverage caught coverage forget kvm \
	'entry of .* is gone after an access, and nothing invalidated it'
check caught_denied caught denied sticky-read-only gru \
	'device may not read .*, again and again, and the page table allows it'
check caught_blocking caught blocking nonblock-sleep umem-odp \
	'slept in a start for .* that must not sleep'
check caught_contract caught contract refuse-nonblock scif \
	'an end without its start: \['
check caught_refs caught refs leak-pin hfi1 \
	'[36] page references are left of no mirror' .

content_is_judged() {
	run 1 oracle=content --profile kvm &&
		says out '^fail  *mock\.kvm\.storm' '^  content: ' ' read .* at '
}

# What it did show is told, and all of it counted.
keep_going_counts() {
	run 1 '' --profile kvm --defect no-retry --keep-going \
		--ops munmap,dontneed &&
		says out '^  violations ([2-9]|[0-9,]{2,}), the first'
}

# Nobody else sees it, and the run says who did not look.
muted_is_silent() {
	run 0 '' --profile kvm --defect no-retry --oracles content &&
		says out '^pass  *mock\.kvm\.storm\.no-retry' \
			'^  off  *pagemap, perm.*: left out by --oracles'
}

the_history_is_shown() {
	run 1 oracle=late --profile kvm --json "$json" &&
		says out '^    page 0x[0-9a-f]+  mirror pfn 0x7 rw order 0' \
			'installed in gen 5, last invalidated in gen 6' &&
		grep -q '"history"' "$json"
}

check undead undead
check content_is_judged content_is_judged

# What is done in processes of their own, before there is a storm.
child_passes() {
	run 0 '' --profile kvm --ops "$1" &&
		says out '^pass  *mock\.kvm\.'"$1 "
}

a_heap_is_judged() {
	run 1 oracle=content --profile kvm --ops brk &&
		says out '^  content: a device read .* of a heap, where .* was' \
			', op brk,'
}

check exec_passes child_passes exec
check brk_passes child_passes brk
check a_heap_is_judged a_heap_is_judged
check keep_going_counts keep_going_counts
check muted_is_silent muted_is_silent
check the_history_is_shown the_history_is_shown

# --- a module that does not do as asked

# broken PRETEND TEXT ARGUMENT...
broken() {
	pretend=$1 text=$2
	shift 2
	run 69 "$pretend" --profile kvm --ops munmap,dontneed "$@" &&
		says out '^broken  *mock\.kvm\.storm' "^  $text"
}

other_version() {
	run 69 api --profile kvm &&
		cat "$work/out" "$work/err" >"$work/both" &&
		says both 'install the module and this program from one version'
}

check other_version other_version
check no_snapshot broken no-snapshot 'snapshot failed: Bad address'
check no_agent broken no-agent \
	'cannot start an agent: No space left on device'
check no_witness broken no-witness \
	'cannot set up the witness: Protocol error'
check unarmed run 69 unarmed --profile kvm --defect no-retry --ops munmap
check the_child_fails run 69 no-snapshot --profile kvm --ops exit

# --- what can run here

probe_is_ready() {
	ends 0 "$program" probe && says out '^mock  *ready  *mock secondary MMU' \
		'^kvm  *skip .*no /dev/kvm'
}

lists_say_what_is_missing() {
	ends 0 env PRETEND=kvm-alone "$program" list profiles &&
		says out '^hmm ' '^  *missing: this kernel has no hmm' &&
		ends 0 env PRETEND=unarmed "$program" list defects &&
		says out '^  *missing: defects arm in a virtual machine only' &&
		ends 0 "$program" list defects &&
		! grep -q 'arm in a virtual' "$work/out"
}

check probe_is_ready probe_is_ready
check lists_say_what_is_missing lists_say_what_is_missing

# --- matrix

# matrix STATUS PRETEND ARGUMENT...
matrix() {
	expected=$1 pretend=$2
	shift 2
	ends "$expected" env PRETEND="$pretend" "$program" matrix --seed 1 \
		--duration 0.2 --limit 0.2 "$@"
}

all_caught() {
	matrix 0 '' --profile kvm,hfi1 --defect no-retry,long-range \
		--seeds 2 --json "$json" &&
		says out '^defect  *kvm  *hfi1 *$' \
			'^\(correct\)  *silent [0-9]+s  *silent [0-9]+s' \
			'^no-retry  *pagemap [0-9.]+s  *- *$' \
			'^long-range  *over [0-9.]+s  *over [0-9.]+s' \
			'^kvm  *no-retry .* caught 2/2 by pagemap after .*; median' \
			'^hfi1  *\(correct\) .* 0  silent$' \
			'^long-range  *4/4 ' &&
		[ "$(grep -c '"outcome": *"caught"' "$json")" = 3 ] &&
		[ "$(grep -c '"outcome": *"silent"' "$json")" = 2 ]
}

missed() {
	matrix 1 '' --profile kvm --defect drop-dirty --json "$json" &&
		says out '^drop-dirty  *MISSED [0-9]+s' '^kvm  *drop-dirty .* missed$' &&
		grep -q '"outcome": *"missed"' "$json"
}

false_alarm() {
	matrix 1 oracle=late --profile kvm --defect no-retry &&
		says out '^\(correct\)  *FALSE ALARM' \
			'^\(correct\) in kvm: late: device read ' &&
		matrix 1 oracle=content --profile kvm --defect long-range &&
		says out '^long-range  *\*content ' \
			'^\* long-range in kvm was found by content, not one of its'
}

matrix_is_broken() {
	matrix 69 no-agent --profile kvm --defect no-retry &&
		says out '^\(correct\)  *broken' '^no-retry  *broken' \
			'^no-retry in kvm: .*: No space left on device'
}

matrix_skips() {
	matrix 4 kvm-alone --profile gntdev --defect split-ignored &&
		says out '^\(correct\)  *skip' \
			'^\(correct\) in gntdev: this kernel has no gntdev' &&
		matrix 0 kvm-alone --profile all --defect long-range &&
		says out '^defect  *kvm *$'
}

matrix_ktap() {
	matrix 1 '' --profile kvm --defect long-range,drop-dirty --ktap &&
		says out '^KTAP version 1' '^1\.\.3$' \
			'^ok 1 matrix\.mock\.kvm\.storm$' \
			'^ok 2 matrix\.mock\.kvm\.storm\.long-range$' \
			'^not ok 3 matrix\.mock\.kvm\.storm\.drop-dirty$' \
			'^# kvm  *drop-dirty .* missed$'
}

# Only another kernel shows it: told, and not run.
unseen_is_told() {
	matrix 0 '' --profile kvm,hmm --defect mmput,long-range \
		--json "$json" && says out '^\(correct\)  *silent' &&
		{ [ -e /proc/lockdep ] ||
			grep -q '"outcome": *"debug-only"' "$json"; }
}

check matrix_all_caught all_caught
check matrix_missed missed
check matrix_false_alarm false_alarm
check matrix_is_broken matrix_is_broken
check matrix_skips matrix_skips
check matrix_ktap matrix_ktap
check matrix_unseen_is_told unseen_is_told

# --- bench

bench_measures() {
	ends 0 env PRETEND=kvm-alone "$program" bench --rounds 1 \
		--json "$json" &&
		says out '^bench  *profile  *cost  *base  *ratio  *target  *met' \
			'^(compare|fault|invalidate|idle)  *kvm  *[0-9.]+  *[0-9.]+  *[0-9.]+  *1\.[0-9]+  *(yes|no)  ns/' \
			'^access  *kvm  *[0-9.]+  *-  *-  *-  *-  ns/page: device read' \
			'^vcpu  *kvm  *skip: no /dev/kvm' &&
		[ "$(grep -c '"verdict": *"(pass|skip)"' -E "$json")" -ge 6 ]
}

bench_breaks() {
	ends 69 env PRETEND=no-witness "$program" bench --rounds 1 &&
		says out '^compare  *kvm  *broken: Protocol error' \
			'^idle  *npu  *broken: Protocol error'
}

check bench_measures bench_measures
check bench_breaks bench_breaks

# --- on a terminal

a_terminal_sees_progress() {
	script -qec "$program run --profile kvm --duration 1 --arena 8M" \
		"$work/tty" >/dev/null </dev/null
	says tty 'mock\.kvm\.storm  [0-9.]+ s  .* ops/s  .* pages compared  0 violations'
}

if command -v script >/dev/null; then
	check a_terminal_sees_progress a_terminal_sees_progress
else
	skip a_terminal_sees_progress 'no script(1)'
fi
finish
