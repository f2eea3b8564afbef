#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The whole program with gcc's address, leak and undefined behaviour sanitizers:
# storms of the template backend, which needs neither the module nor root, and what
# the other commands do without them. A report of a sanitizer goes to a file, so
# that one of a child is seen, too, whatever becomes of the child; any is a failure.

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${0%/*}/tap.sh"

program=userspace/tests/unit/sanitized

if [ "${SANITIZERS-yes}" != yes ]; then
	skip sanitized "$SANITIZERS"
	echo "1..$number"
	exit 77
fi

common="log_path=$work/report:exitcode=99"

# A process that a signal kills dies of it: who waits for it is under test.
signals=handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0
options="$common:$signals:detect_stack_use_after_return=1:strict_string_checks=1"
export ASAN_OPTIONS="$options:detect_leaks=1"
export UBSAN_OPTIONS="$common:print_stacktrace=1"

# clean STATUS ARGUMENT...: it ends so, and no sanitizer has anything to say.
clean() {
	expected=$1
	shift
	ends "$expected" "$program" "$@" && ended=0 || ended=1
	for report in "$work"/report.*; do
		[ -e "$report" ] || return "$ended"
	done
	sed 's/^/# /' "$work"/report.*
	rm -f "$work"/report.*
	return 1
}

# storm NAME ARGUMENT...: one that passes
storm() {
	name=$1
	shift
	check "$name" clean 0 run --backend template --arena 8M "$@"
}

# By what it says of itself.
is_sanitized() {
	ASAN_OPTIONS=help=1 "$program" --version >"$work/out" 2>&1
	says out 'flags for AddressSanitizer'
}

# The search for leaks stops the process as a debugger does, which can be forbidden.
may_find_leaks() {
	"$program" --version >"$work/out" 2>&1
	! grep -q 'LeakSanitizer has encountered' "$work/out" "$work"/report.*
}

check it_is_sanitized is_sanitized
if may_find_leaks 2>/dev/null; then
	pass leaks
else
	skip leaks 'no ptrace() here'
	ASAN_OPTIONS="$options:detect_leaks=0"
	rm -f "$work"/report.*
fi

storm storm_default --count 500 --seed 1
storm storm_one_thread --count 500 --seed 2 --threads 1 --agents 1 \
	--memory anon --json "$work/a.json"
storm storm_many_threads --arena 16M --count 200 --seed 3 --threads 8 --agents 4 \
	--memory anon,shmem,file --keep-going --ktap
storm storm_file --count 250 --seed 4 --memory file,shmem \
	--ops munmap,dontneed,remove,msync,dirty
storm storm_moves --count 300 --seed 5 --threads 3 --memory anon-thp,shmem \
	--ops mremap-out,mremap-over,mremap-dontunmap,fork-cow,thp-fault --json "$work/b.json" --ktap
storm storm_no_agents --duration 0.5 --seed 6 --agents 0 --amplify 0

# What it finds is this machine's own.
probes() {
	clean 0 probe "$@" || [ "$got" = 4 ]
}
check probe probes
check probe_json probes --json
for table in backends profiles ops oracles defects emitters known; do
	check "list_$table" clean 0 list "$table"
	check "list_${table}_json" clean 0 list "$table" --json
done
check list_nothing clean 64 list
check list_unknown clean 64 list nosuch
for command in '' probe list run matrix bench; do
	# shellcheck disable=SC2086 # none is no argument
	check "help${command:+_$command}" clean 0 $command --help
done
check version clean 0 --version
check no_command clean 64
check unknown_command clean 64 nosuch
check unknown_profile clean 64 run --profile kvm+hmm,nosuch
check unknown_op clean 64 run --ops munmap,nosuch
check unknown_defect clean 64 run --defect nosuch
check odd_arena clean 64 run --arena 5000
check odd_number clean 64 run --threads many
check odd_matrix clean 64 matrix --profile nosuch
check odd_bench clean 64 bench nosuch
finish
