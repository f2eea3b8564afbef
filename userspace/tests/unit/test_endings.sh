#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The program, interrupted and killed at different moments: its exit status, its
# results and its journal say what happened.

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${0%/*}/tap.sh"

program=userspace/stalemate
json=$work/r.json
journal=$work/r.jsonl

if ! "$program" probe | grep -q '^template  *ready'; then
	skip endings 'template cannot run here'
	echo "1..$number"
	exit 77
fi

# A storm without an end, in the background, that has threads already.
begin() {
	rm -f "$json" "$journal"
	"$program" run --backend template --arena 4M --count 1000000000 --seed 5 \
		--json "$json" >"$work/out" 2>"$work/err" &
	session=$!
	until [ -n "$(runner)" ] && threads 2; do
		kill -0 "$session" || return
		sleep 0.02
	done
}

# What is ignored above stays so below: the program goes on then, for ever.
nohup_above() {
	ignored=$(sed -n 's/^SigIgn:[[:space:]]*/0x/p' "/proc/$$/status")
	[ $((ignored & 1)) = 1 ]
}

runner() {
	cut -d ' ' -f 1 "/proc/$session/task/$session/children" 2>/dev/null
}

# threads NUMBER: has the runner more than that?
threads() {
	[ "$(find "/proc/$(runner)/task" -mindepth 1 -maxdepth 1 2>/dev/null |
		wc -l)" -gt "$1" ]
}

# ended STATUS: did the session end so?
ended() {
	wait "$session"
	got=$?
	[ "$got" = "$1" ] && return
	echo "# status $got (expected $1)"
	return 1
}

# gone PID...: a process that was killed is, in a moment
gone() {
	for pid; do
		for try in 1 2 3 4 5 6 7 8 9 10; do
			grep -q '^State:	[^ZX]' "/proc/$pid/status" 2>/dev/null ||
				continue 2
			sleep "0.$try"
		done
		echo "# process $pid is still there"
		return 1
	done
}

# verdict WORD: of the whole, and of the one run
verdict() {
	[ "$(grep -c "\"verdict\": *\"$1\"" "$json")" = 2 ] && return
	cp "$json" "$work/out"
	return 1
}

# begun NUMBER: so often, says the journal, did a run begin
begun() {
	got=$(grep -c '"record": *"begin"' "$journal")
	[ "$got" = "$1" ] && return
	echo "# begun $got times (expected $1)"
	return 1
}

# signalled NAME STATUS
signalled() {
	begin && kill -s "$1" "$session" && ended "$2" && verdict incomplete &&
		says out "^incomplete template.native.storm" "stopped by SIG$1" &&
		ends "$2" "$program" report "$journal"
}

signalled_twice() {
	begin && kill -s STOP "$(runner)" && kill -s INT "$session" &&
		sleep 0.2 && kill -s INT "$session" && ended 130 &&
		verdict incomplete && says out 'stopped by SIGINT'
}

the_runner_is_killed() {
	begin && kill -s KILL "$(runner)" && ended 69 && verdict broken &&
		says out '^broken  *template.native.storm' SIGKILL &&
		says r.jsonl '"record": *"end"'
}

the_session_is_killed() {
	begin && victim=$(runner) && kill -s KILL "$session" && ended 137 &&
		gone "$victim" &&
		says r.jsonl '"record": *"begin".*template.native.storm' &&
		begun 1 && ! grep -q '"record": *"end"' "$journal" &&
		ends 69 "$program" report "$journal" &&
		says out '^incomplete template.native.storm' &&
		ends 69 "$program" report "$journal" --json -o "$json" &&
		verdict incomplete
}

# It may have taken the machine down, so it is not begun again.
what_was_interrupted_stays_so() {
	ends 69 "$program" run --backend template --arena 4M \
		--count 1000000000 --json "$json" --resume "$journal" &&
		verdict incomplete && begun 1
}

# files_end STATUS PATTERN ARGUMENT...: files have a limit of 64 KiB
files_end() {
	expected=$1 pattern=$2
	shift 2
	ends "$expected" sh -c 'ulimit -f 64; exec "$@"' sh "$program" run \
		--backend template --arena 4M --count 200 "$@" &&
		says out "$pattern"
}

check SIGINT signalled INT 130
check SIGTERM signalled TERM 143
if nohup_above; then
	skip SIGHUP 'who started this has it ignored, as nohup does'
else
	check SIGHUP signalled HUP 129
fi
check a_second_signal signalled_twice
check the_runner_is_killed the_runner_is_killed
check the_session_is_killed the_session_is_killed
check what_was_interrupted_stays_so what_was_interrupted_stays_so
check a_file_grows_too_large files_end 69 'SIGXFSZ' --memory file
finish
