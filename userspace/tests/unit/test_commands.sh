#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The program as it is, without a module: what each command prints, what it says
# of words that it does not know, and how it ends.

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${0%/*}/tap.sh"

program=userspace/stalemate
json=$work/json

# refuses STATUS TEXT ARGUMENT...: nothing on standard output, and one line says why
refuses() {
	expected=$1 text=$2
	shift 2
	ends "$expected" "$program" "$@" && lines out 0 && lines err 1 &&
		says err "^stalemate: $text"
}

# argp says one line, and then where to look.
usage() {
	text=$1
	shift
	ends 64 "$program" "$@" && lines out 0 && says err "$text" '^Try '
}

# prints TEXT ARGUMENT...
prints() {
	text=$1
	shift
	ends 0 "$program" "$@" && lines err 0 && says out "$text"
}

# --- the program

check version prints '^stalemate [0-9]+\.[0-9]+\.[0-9]+$' --version
check help prints '^  0 pass, 1 fail, 4 skip, 64 usage, 69 broken, 124' --help
check no_command usage 'no command given$'
check unknown_command refuses 64 \
	"unknown command 'nosuch'; known: probe list run matrix bench" nosuch
check unknown_option usage "unrecognized option '--nosuch'" --nosuch
check help_run prints '^ *--seed=N ' run --help
check help_matrix prints '^ *--seeds=N' matrix --help
check help_bench prints '^ *--rounds=N' bench --help
check help_probe prints '^ *-j, --json|^ *--json' probe --help
check help_list prints '^ *backends\|profiles\|ops\|' list --help

# --- list

check list_nothing refuses 64 'list what\?; known: backends, profiles' list
check list_unknown refuses 64 "unknown list 'nosuch'; known: backends" \
	list nosuch
check list_two usage 'list one table at a time' list ops profiles

# rows TABLE NUMBER PATTERN...: it has at least so many, and these lines
rows() {
	table=$1 least=$2
	shift 2
	ends 0 "$program" list "$table" && lines err 0 && says out "$@" &&
		[ "$(grep -c '^[a-z_]' "$work/out")" -ge "$least" ]
}

# A name and what it is about in each row, and as many rows as the text has.
same_json() {
	ends 0 "$program" list "$1" && nr=$(grep -c '^[a-z_]' "$work/out") &&
		ends 0 "$program" list "$1" --json &&
		[ "$(grep -c '^    "name": "[a-z_]' "$work/out")" = "$nr" ] &&
		[ "$(grep -c '^    "about": "' "$work/out")" = "$nr" ]
}

check list_backends rows backends 8 '^mock  *mock secondary MMU' '^template '
check list_profiles rows profiles 13 '^kvm  *start/end' '^npu '
check list_ops rows ops 40 '^munmap  *unmaps$' '^  *class: unmap$' \
	'^  *memory: anon anon-thp shmem shmem-thp file hugetlb hugetlb-shared dax file-private anon-mthp shmem-mthp anon-locked hugetlb-1g$' \
	'^  *emitters: unmap_vmas' '^  *root: true$' '^  *backend: gntdev$'
check list_oracles rows oracles 11 '^pagemap  *wrong or left-over PFN$' \
	'^  *side: kernel$'
check list_defects rows defects 30 '^no-retry ' '^  *profiles: kvm hmm' \
	'^  *oracles: pagemap' '^  *models: '
check list_emitters rows emitters 20 '^unmap_vmas ' '^  *event: unmap$' \
	'^  *place: mm/memory\.c:[0-9]+ \(unmap_vmas, Linux [0-9.]+\)$' \
	'^  *ops: mmap-over munmap' '^  *unreachable: vmwgfx alone'

reached() {
	echo '{"runs": [{"emitters": {"unmap_vmas": 3}, "ops": {"munmap": 5}},
		{"emitters": {"unmap_vmas": 4, "unknown:new_one": 2}, "ops": {"free": 5}}]}' \
		>"$work/runs.json"
	ends 0 "$program" list emitters --reached "$work/runs.json" &&
		says out '^  *reached: 7$' '^unknown:new_one ' '^  *reached: 2$' \
			'^  *why_not: its ops were applied, and it did not fire' \
			'^  *why_not: none of its ops was applied$' &&
		ends 64 "$program" list emitters --reached "$work/none"
}
check list_reached reached
check list_known rows known 5 '^rxe-copy ' '^  *backend: verbs$' \
	'^  *page: docs/found/rxe-copy\.md$'
check list_legal rows legal 19 '^flushed ' '^  *profiles: amd-iommu' \
	'^  *place: arch/x86/mm/tlb\.c:[0-9]+ flush_tlb_mm_range$' \
	'^  *why: ' '^  *judged: ' '^  *memory: dax$' '^  *exact: true$'
for table in backends profiles ops oracles defects emitters known legal; do
	check "list_${table}_json" same_json $table
done

# --- probe: what can run differs, what there is does not

probes() {
	"$program" probe >"$work/out" 2>"$work/err"
	got=$?
	says out '^mock  *(ready|skip) ' '^gntdev  *(ready|skip) ' \
		'^template  *ready  *no driver: process_vm_readv' || return
	if grep -v '^template' "$work/out" | grep -Eq '^[a-z0-9]+ +ready '; then
		[ "$got" = 0 ]
	else
		[ "$got" = 4 ]
	fi
}

probe_json() {
	"$program" probe --json >"$work/out" 2>"$work/err"
	says out '^  "stalemate": "' '^  "kernel": "' '"backend": *"mock"' \
		'"backend": *"template"' '^  "missing": *\['
}

check probe probes
check probe_json probe_json
check probe_word usage "what is 'x'\?" probe x

# --- words and numbers of run, matrix and bench

check run_profile refuses 64 "unknown profile 'nosuch'; known: kvm, hmm" \
	run --profile kvm,nosuch
check run_half_a_profile refuses 64 "unknown profile 'kv'; known: kvm, hmm" \
	run --profile kv
check run_op refuses 64 "unknown op 'nosuch'; known: .*munmap" run --ops nosuch
check run_defect refuses 64 "unknown defect 'nosuch'; known: no-retry" \
	run --defect nosuch
check run_backend refuses 64 "unknown backend 'nosuch'; known: mock, kvm" \
	run --backend nosuch
check run_memory refuses 64 "unknown memory kind 'nosuch'; known: anon" \
	run --memory nosuch
check run_oracle refuses 64 "unknown oracle 'nosuch'; known: pagemap" \
	run --oracles nosuch
check run_known refuses 64 "unknown finding 'nosuch'; known: " run --avoid nosuch
check run_threads refuses 64 '--threads 0: want a number from 1 to 16' \
	run --threads 0
check run_agents refuses 64 '--agents many: want a number from 0 to' \
	run --agents many
check run_duration refuses 64 '--duration x: want seconds' run --duration x
check run_arena refuses 64 '.*arena must be a multiple of 2M' run --arena 5000
check run_count_and_duration refuses 64 '.*exclude each other' \
	run --count 5 --duration 3
check run_foreign_defect refuses 64 'backend kvm does not have defect no-retry' \
	run --backend kvm --defect no-retry
check run_word usage "what is 'x'\?|unexpected|Too many" run x
check matrix_profile refuses 64 "unknown profile 'nosuch'; known: kvm" \
	matrix --profile nosuch
check matrix_defect refuses 64 "unknown defect 'nosuch'; known: no-retry" \
	matrix --defect nosuch
check matrix_seeds refuses 64 '--seeds 0: want a number from 1 to' \
	matrix --seeds 0
check matrix_duration refuses 64 '--duration 0: want seconds' \
	matrix --duration 0
check matrix_word usage "what is 'x'\?" matrix x
check bench_rounds refuses 64 '--rounds 0: want a number from 1 to' \
	bench --rounds 0
check bench_word usage "what is 'x'\?" bench x

# --- run, with the one backend that needs nothing

storm="run --backend template --arena 4M --count 40"

# shellcheck disable=SC2086 # words
text() {
	ends 0 "$program" $storm --seed 7 --threads 1 --agents 1 &&
		says out '^stalemate .*, seed 7$' \
			'^1 threads?, 1 agents?, arena 4M, .* 40 ops per thread' \
			'^pass  *template\.native\.storm  [0-9.]+ s$' \
			'^  ops  *([1-9]|[1-3][0-9]|40), ' \
			'^  device  *[0-9,]+ accesses$' \
			'^  blind  *pagemap: the driver.s table cannot be read'
}

# shellcheck disable=SC2086 # words
ktap() {
	ends 0 "$program" $storm --ops munmap --memory anon --ktap &&
		says out '^KTAP version 1$' '^1\.\.1$' \
			'^ok 1 template\.native\.munmap$' '^# '
}

# shellcheck disable=SC2086 # words
results() {
	ends 0 "$program" $storm --seed 9 --json "$json" &&
		grep -Eq '"seed": *9' "$json" &&
		grep -Eq '"backend": *"template"' "$json" &&
		grep -Eq '"verdict": *"pass"' "$json"
}

# shellcheck disable=SC2086 # words
no_file() {
	ends 69 "$program" $storm --json "$work/nosuch/json" &&
		says err '^stalemate: .*/nosuch/json: No such file or directory'
}

# A journal of somebody else: nothing of it reaches a terminal as it is.
foreign_journal() {
	esc='\u001b[2J'
	{
		printf '{"record":"session","stalemate":"%s","kernel":"%s",' \
			"1$esc" "k$esc"
		printf '"arch":"%s","command":"%s","host":"%s","start":"%s"}\n' \
			"a$esc" "c$esc" "h$esc" "s$esc"
		printf '{"record":"begin","test":1,"name":"n%s"}\n' "$esc"
		printf '{"record":"end","test":1,"run":{"verdict":"v%s"}}\n' \
			"$esc"
		echo '{"record":"set","members":{"kernel_log_lost":7}}'
		printf '{"record":"close","verdict":"pass","reason":"r%s"}\n' \
			"$esc"
	} >"$work/foreign"
	ends 0 "$program" report "$work/foreign" &&
		says out '^stalemate 1 \[2J, kernel k \[2J a \[2J, seed 0, c \[2J' \
			'^pass       1 of 0 tests, 7 messages .* lost .*: r \[2J$' &&
		! grep -q "$(printf '\033')" "$work/out"
}

# Neither the results nor the text may take its place.
# shellcheck disable=SC2086 # words
journal_stays() {
	ends 0 "$program" $storm --json "$work/stays.json" &&
		cp "$work/stays.jsonl" "$work/was" &&
		ends 64 "$program" report "$work/stays.jsonl" \
			-o "$work/./stays.jsonl" && lines err 1 &&
		ends 64 "$program" $storm --json "$work/stays.jsonl" \
			--resume "$work/stays.jsonl" && lines err 1 &&
		cmp "$work/stays.jsonl" "$work/was"
}

check report_foreign foreign_journal
check journal_stays journal_stays
check run_text text
check run_ktap ktap
check run_json results
check run_no_file no_file
finish
