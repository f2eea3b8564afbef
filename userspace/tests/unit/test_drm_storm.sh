#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The drm backends under a storm, whole, on a GPU that is pretended (pretend_gpu.c):
# one that is right passes in each mode, and one that reads old pages is caught.

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${0%/*}/tap.sh"

program=userspace/tests/unit/gpu_pretending

# storm NAME STATUS PATTERN OPTION...
storm() {
	name=$1 status=$2 pattern=$3
	shift 3
	if ends "$status" "$program" run --arena 8M --seed 1 "$@" &&
		grep -Eq "$pattern" "$work/out"; then
		pass "$name"
	else
		fail "$name" "$work/out"
	fi
}

if ! "$program" probe 2>/dev/null | grep -q '^drm  *ready'; then
	skip pretended 'built without libdrm'
	echo "1..$number"
	exit 77
fi
for mode in drm drm-lr drm-svm; do
	storm "$mode" 0 '[1-9][0-9]* jobs, [1-9][0-9]* raced' \
		--backend "$mode" --count 150
done
STALEMATE_PRETEND=stale
export STALEMATE_PRETEND
storm stale 1 '^  (content|perm): ' --backend drm --duration 30
echo "1..$number"
exit "$bad"
