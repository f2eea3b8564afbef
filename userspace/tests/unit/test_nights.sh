#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# stalemate history, as it is used: journals in, what got worse out, and one line
# and the right status for what is cut, newer, full or no journal.

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${0%/*}/tap.sh"

program=userspace/stalemate
db=$work/history.db
nights=$work/nights
mkdir "$nights"

if "$program" history query 2>&1 | grep -q 'built without SQLite'; then
	says_so() {
		ends 69 "$program" history query && lines err 1 &&
			says err 'apt-get install libsqlite3-dev'
	}
	check history_without_sqlite says_so
	finish
fi

# night DAY VERDICT: a journal of one test
night() {
	cat >"$nights/$1.jsonl" <<-END
	{"record":"session","stalemate":"0.1.0","kernel":"6.12.95","host":"n1","boot_id":"b$1","start":"2026-01-$1T22:00:00.000Z","command":"run","argv":["stalemate","run"],"seed":7,"tests":1}
	{"record":"begin","test":1,"name":"mock.kvm.storm","backend":"mock","profile":"kvm","defect":null,"seed":7,"options":{"ops":["munmap"],"threads":2,"duration":3.000},"start":"2026-01-$1T22:00:01.000Z"}
	END
	[ "$2" = pass ] || cat >>"$nights/$1.jsonl" <<-END
	{"record":"finding","test":1,"violation":{"oracle":"late","signature":"8a6782fe6c0756c3","kind":"stale","title":"late: kvm: an entry outlived an invalidation","t_ns":123,"va":"0x1000","text":"page used"}}
	END
	cat >>"$nights/$1.jsonl" <<-END
	{"record":"end","test":1,"run":{"name":"mock.kvm.storm","seed":7,"options":{},"verdict":"$2","seconds":3.000,"ops":{"munmap":9},"violations":[]}}
	{"record":"close","verdict":"$2","end":"2026-01-$1T22:00:05.000Z"}
	END
}

history() {
	verb=$1
	shift
	"$program" history "$verb" --db "$db" "$@"
}

imports() {
	night 01 pass && night 02 pass && night 03 fail &&
		ends 0 history import "$nights" && lines err 0 && lines out 1 &&
		says out '^3 sessions with 3 tests, 0 were there already' &&
		ends 0 history import "$nights" &&
		says out '^0 sessions with 0 tests, 3 were there already'
}

# chance, regression, mended
compares() {
	ends 0 history compare && says out '^once    late: kvm: an entry' \
		'^2026-01-02 to 2026-01-03: 0 new, 1 once, 0 flaky, 0 gone,' &&
	night 04 fail && ends 0 history import "$nights/04.jsonl" &&
		ends 1 history compare --hook "cat >$work/mail;
			echo \$STALEMATE_NIGHT_B \$STALEMATE_NEW >>$work/mail" &&
		says out '^new     late: kvm: an entry' \
		'^        6.12 mock.kvm.storm on n1, signature 8a6782fe6c0756c3$' \
		'first seen 2026-01-03 .*last good 2026-01-02 \(6.12.95\); 2 of 4' \
		'^        stalemate run --backend mock --profile kvm --seed 7 --duration 3' &&
		says mail '^new     late' '^2026-01-04 1$' &&
	night 05 pass && ends 0 history import "$nights/05.jsonl" &&
		ends 0 history compare --hook "rm $work/mail" &&
		says out '^gone    late: kvm' && [ -e "$work/mail" ] &&
		ends 1 history compare 2026-01-02 2026-01-04 --json &&
		says out '"state": "new"'
}

# The nights are what they are, whatever becomes of who is told of them.
hook_fails() {
	ends 1 history compare 2026-01-02 2026-01-04 --hook 'exit 3' &&
		lines err 1 && says err '^stalemate: exit 3: the hook has failed$' &&
		says out '^new     late' &&
		# Text that nobody reads.
		ends 1 history compare 2026-01-02 2026-01-04 --hook 'exec <&-' &&
		lines err 0
}

# gone FILE: is the process of that number, or will it be in a moment?
gone() {
	tries=0
	while grep -q '^State:	[^ZX]' "/proc/$(cat "$1")/status" 2>/dev/null; do
		[ $((tries += 1)) -lt 100 ] || return
		sleep 0.1
	done
}

# With all that it has started.
hook_hangs() {
	ends 1 timeout 60 "$program" history compare 2026-01-02 2026-01-04 \
		--db "$db" --hook-seconds 1 \
		--hook "sleep 1000 & echo \$! >$work/pid; wait" &&
		lines err 1 &&
		says err ': the hook has not ended in 1 s, and was killed$' &&
		says out '^new     late' && gone "$work/pid"
}

# Who ends us ends it, and what it has started: what it traps, it may do.
hook_is_ended_with_us() {
	rm -f "$work/pid"
	"$program" history compare 2026-01-02 2026-01-04 --db "$db" --hook "
		trap 'echo trapped >$work/trapped; exit' TERM
		sleep 1000 & echo \$! >$work/pid.new
		mv $work/pid.new $work/pid; wait" >"$work/out" &
	session=$!
	until [ -e "$work/pid" ]; do
		kill -0 "$session" || return
		sleep 0.02
	done
	kill -TERM "$session"
	wait "$session"
	got=$?
	[ "$got" = 143 ] && [ -e "$work/trapped" ] && gone "$work/pid" && return
	echo "# status $got (expected 143)"
	kill "$(cat "$work/pid")" 2>/dev/null
	return 1
}

# "previous" is the night before the one that is named.
compares_the_night_before() {
	ends 0 history compare previous 2026-01-03 &&
		says out '^2026-01-02 to 2026-01-03: ' &&
		ends 64 history compare previous 2026-01-01 && lines err 1 &&
		says err '^stalemate: 2026-01-01: there is no night before it'
}

queries() {
	ends 0 history query && says out '^late: kvm: an entry' &&
		ends 0 history query findings 8a6782fe6c0756c3 && lines out 4 &&
		ends 0 history query findings 'verbs.*' && lines out 0 &&
		ends 0 history query tests && lines out 1 &&
		ends 0 history query nights && lines out 5 &&
		ends 0 history query nights --json && says out '"night": "2026-01-01"'
}

cut() {
	night 06 fail && head -n 2 "$nights/06.jsonl" >"$work/cut" &&
		printf '{"record":"fin' >>"$work/cut" &&
		ends 0 history import "$work/cut" && lines err 1 &&
		says err "^stalemate: $work/cut: lines are cut or damaged: 1 of 1 tests" &&
		says out '^1 sessions with 1 tests' &&
		ends 0 history compare && says out '^once    incomplete: ' &&
		ends 0 history import "$nights/06.jsonl" &&
		ends 0 history import "$work/cut" && lines err 1 &&
		says err 'more is known of this session already' &&
		ends 0 history compare && says out '^flaky   late: kvm'
}

no_journal() {
	echo 'no journal' >"$nights/07.jsonl"
	# Nobody writes to it.
	mkfifo "$nights/08.jsonl"
	ends 64 timeout 60 "$program" history import --db "$db" "$nights" &&
		lines err 1 &&
		says err '07.jsonl: is no journal$' &&
		says out '^0 sessions with 0 tests, 6 were there already'
	got=$?
	rm "$nights/07.jsonl" "$nights/08.jsonl"
	return "$got"
}

forgets() {
	night 07 pass && ends 0 history import --keep 1 "$nights/07.jsonl" &&
		says out ' 7 nights forgotten$' &&
		ends 0 history query nights && lines out 0 &&
		ends 64 history compare && lines err 1 &&
		says err 'latest: there is no such night in the history'
}

# A file that must not grow is a disk that is full: what was there is there, and what
# did not fit can be imported when there is room.
full() {
	rm -f "$db"
	night 01 fail && night 06 fail &&
		ends 0 history import "$nights/01.jsonl" || return
	sed -i "s/page used/&$(printf '%0100000d' 0)/" "$nights/06.jsonl"
	# As small as the history is, in the units of POSIX.
	# shellcheck disable=SC2016 # the inner shell expands
	ends 69 sh -c 'ulimit -f "$1" && shift && exec "$@"' sh \
		$(($(wc -c <"$db") / 512)) "$program" history import --db "$db" \
		"$nights" && lines err 1 &&
		says err "^stalemate: $db: (disk I/O error|database or disk is full)" &&
		ends 0 history query nights && says out '^2026-01-01 ' &&
		ends 0 history import "$nights" && ends 0 history query nights &&
		says out '^2026-01-01 ' '^2026-01-06 '
}

# One of a program that is to come: nothing is read into it, and nothing written.
newer() {
	cp "$db" "$work/newer" &&
		printf '\000\000\000\143' |
		dd of="$work/newer" bs=1 seek=60 conv=notrunc 2>"$work/dd" &&
		cp "$work/newer" "$work/kept" || return
	set -- "history query" "history compare" "history import $nights" \
		"report $work/newer"
	for words; do
		case $words in
		history*) words="$words --db $work/newer" ;;
		esac
		# shellcheck disable=SC2086 # words
		ends 64 "$program" $words && lines err 1 && lines out 0 &&
			says err "^stalemate: $work/newer: is a history of version 99, newer than 2$" &&
			cmp "$work/newer" "$work/kept" || return
	done
}

# A node's clock is a day ahead, and nobody has asked for the time: it is said, and
# the night is no night of tomorrow. By what is known of it, nothing is.
clock() {
	rm -f "$db"
	night 01 pass
	tomorrow=$(date -u -d '1 day' +%FT%TZ) || return 0
	sed "s/2026-01-01T22:00:0[05]/${tomorrow%Z}/" "$nights/01.jsonl" >"$work/ahead"
	ends 0 history import "$work/ahead" && lines err 1 &&
		says err "^stalemate: $work/ahead: 2[34]\.[0-9] hours ahead of time: put at now" &&
		says out '^1 sessions with 1 tests' && rm "$db" &&
		sed -i 's/"host":"n1"/&,"clock_offset":86400/' "$work/ahead" &&
		ends 0 history import "$work/ahead" && lines err 0 &&
		says out '^1 sessions with 1 tests' && rm "$db" &&
		sed 's/"host":"n1"/&,"clock_offset":86400/' "$nights/01.jsonl" \
			>"$work/ahead" &&
		ends 0 history import "$work/ahead" && ends 0 history query nights &&
		says out '^2025-12-31 '
}

other() {
	echo 'some text, and no database at all' >"$work/text"
	ends 64 "$program" history query --db "$work/text" && lines err 1 &&
		says err 'text: is no history$' &&
		ends 64 "$program" history query --db "$work/nosuch" &&
		lines err 1 && says err 'nosuch: No such file' &&
		ends 64 history compare 2026-01-01 nosuch && lines err 1 &&
		says err '^stalemate: nosuch: there is no such night'
}

check history_imports imports
check history_compares compares
check history_hook_fails hook_fails
check history_hook_hangs hook_hangs
check history_hook_is_ended_with_us hook_is_ended_with_us
check history_compares_before compares_the_night_before
check history_queries queries
check history_cut cut
check history_no_journal no_journal
check history_forgets forgets
check history_full full
check history_newer newer
check history_clock clock
check history_other other
check history_words ends 64 "$program" history nosuch
finish
