# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What tests share that are scripts: they print TAP, as cmocka does. They start at
# the top of the build tree, and $work is theirs.
set -u
export LC_ALL=C

number=0 bad=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' INT TERM HUP

# pass NAME, fail NAME [FILE...]: one result, and what there is to see of it.
pass() {
	number=$((number + 1))
	echo "ok $number - $1"
}

fail() {
	number=$((number + 1)) bad=1
	echo "not ok $number - $1"
	shift
	[ $# = 0 ] || sed 's/^/# /' "$@"
}

skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# ends STATUS COMMAND...: does it, as it should? What it prints is in $work/out and
# $work/err.
ends() {
	expected=$1
	shift
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" != "$expected" ] || return 0
	echo "# $*: status $got (expected $expected)"
	return 1
}

# says FILE PATTERN...: is each (extended) in a line of out or err?
says() {
	file=$work/$1
	shift
	for pattern; do
		grep -Eq -e "$pattern" "$file" && continue
		echo "# ${file##*/}: no line is like: $pattern"
		return 1
	done
}

# lines FILE NUMBER: has out or err as many?
lines() {
	[ "$(wc -l <"$work/$1")" = "$2" ] && return
	echo "# $1: not $2 lines"
	return 1
}

# check NAME COMMAND...: a result for what the command says, mostly a function
check() {
	name=$1
	shift
	: >"$work/out"
	: >"$work/err"
	if "$@"; then
		pass "$name"
	else
		fail "$name" "$work/out" "$work/err"
	fi
}

# Last: the plan; 77 and 99 are automake's.
finish() {
	echo "1..$number"
	exit $bad
}
