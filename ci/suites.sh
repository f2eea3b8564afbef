# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Sourced by ci/test: what its suites do, on the host and in guests. Each prints KTAP
# or TAP, and its status is 0 if all passed, or 4 if it was skipped. Its name is
# $suite, and what it leaves is in the folder $logs.

# shellcheck disable=SC2154 # variables are ci/test's, and ci/lib.sh's

# From a copy: the checkout stays as it was, and guests are built of it meanwhile. What
# the last run has compiled, with sanitizers as well, is not compiled again.
export CCACHE_DIR=$cache/ccache
host_build() (
	mkdir -p "$logs/tree" "$logs/build" || exit
	tar -C "$top" --exclude=./.git -cf - . | tar -C "$logs/tree" -xf - ||
		exit
	autoreconf -fi "$logs/tree" || exit
	cd "$logs/build" || exit
	"$logs/tree/configure" --enable-werror --without-linux \
		CC='ccache gcc' && make -j2 || exit
	echo "ok 1 - build"
	says_it_takes_no_space
)

# A path that kbuild does not take: configure must say just that, as its last word.
says_it_takes_no_space() {
	local linux
	linux=$(find /usr/src -maxdepth 1 -name 'linux-headers-*-amd64' | tail -n 1)
	mkdir -p "$logs/a path" && cd "$logs/a path" || exit
	"$logs/tree/configure" --with-linux="$linux" 2>&1 | tail -n 1 >said
	cat said
	grep -q -F "error: kbuild takes no path with a space: $PWD " said || exit
	echo "ok 2 - a_path_with_a_space"
}

unit_tests() {
	local log
	make -C "$logs/build" check -j2 >"$logs/check.out" 2>&1
	local status=$?
	# automake's harness: one line a program in each .log, KTAP by cmocka. What is
	# skipped is not ok to that, and why it says in the line before.
	find "$logs/build" -name 'test_*.log' | sort | while read -r log; do
		awk '/^not ok [0-9]+ # SKIP / {
				if (last ~ /^(not )?ok |^1\.\./)
					last = "it says not why"
				$0 = "ok " $3 " - " $6 " # SKIP " last
			}
			{ print; last = $0 }' "$log"
	done
	[ $status = 0 ] || tail -n 40 "$logs/check.out"
	return $status
}

fuzz() {
	make -s --no-print-directory -C "$logs/build" fuzz FUZZ_SECONDS=30 |
		tee "$logs/fuzz.out" || return
	! grep -q '^SKIP: ' "$logs/fuzz.out" || return 4
	echo "ok 1 - fuzz"
}

# All that says it is KTAP, if it ended well: what was cut off has been told.
kunit() {
	local ended file=()
	for ended in "$logs"/*.ended; do
		ended=${ended%.ended}
		if grep -q '^0 ' "$ended.ended" &&
			grep -q '^KTAP version' "$ended.log"; then
			file+=("$ended.log")
		fi
	done
	ci/kunit "$logs/build" "${file[@]}"
}

# guest OPTION... -- COMMAND...: what it leaves is in a folder named as the suite.
# Its time limit is for one that hangs: many times what a busy machine takes.
guest() {
	mkdir -p "$logs/$suite.out"
	fixtures/guest/run --share ci/guest --out "$logs/$suite.out" "$@"
}

# in_guest KERNEL SECONDS COMMAND...
in_guest() {
	guest --kernel "$1" --timeout "$2" "${seeded[@]}" -- "${@:3}"
}

# A kernel like another that is tested, but for a few fixes: no defect is tried but
# the one that such a fix takes the harm from, and the kernel may complain of nothing.
correct_in_guest() {
	guest --kernel "$1" --timeout 1800 -- sh /share/correct
}

# With hugetlb pages, some of its memory persistent, and some that it can do without.
kinds_in_guest() {
	guest --kernel "$1" --timeout 1800 --dimm 128M \
		--append 'hugepages=96 memmap=160M!1G' "${seeded[@]}" \
		-- sh /share/kinds
}

# covered KERNEL LEAST: so many percent of the emitters that can fire there are reached,
# in ten minutes.
covered() {
	guest --kernel "$1" --mem 3G --dimm 128M --timeout 3600 \
		--append 'hugepages=96 memmap=160M!1G' -- sh /share/coverage || return
	ci/reached "$1=$logs/$suite.out/emitters" | sed 's/^/# /' |
		awk -v least="$2" '
		{ print }
		/^# \| reached, of those there are/ { reached = $9; there = $11 }
		END {
			bad = !there || 100 * reached < least * there
			print (bad ? "not ok" : "ok") " 2 - covered"
			exit bad
		}'
}

# With pages of 1 GiB.
giants_in_guest() {
	guest --kernel "$1" --mem 6G --timeout 7200 \
		--append 'hugepagesz=1G hugepages=3' "${seeded[@]}" \
		-- sh /share/giants
}

# Tables of places in the kernel, against the sources of all that guests boot: the
# newest of the last suite is "new".
places() {
	local package tree=$logs/$suite.tree version
	for package in bullseye/5.10 bookworm/6.1 bookworm/6.12 'trixie/[0-9.]+'; do
		rm -rf "$tree"
		mkdir -p "$tree"
		version=$(unpack_source "${package%/*}" "${package#*/}" "$tree") ||
			return
		echo "# Linux $version"
		ci/emitters/make --check-places "$version=$tree" || return
		[ "$version" != 6.12 ] || ci/emitters/legal "$tree" || return
	done
	rm -rf "$tree"
	echo "ok 1 - places"
}

# unpack_source SUITE VERSION DIR: what is read of it; prints which version it is. (A *
# matches arch/x86, too.)
unpack_source() {
	local deb
	deb=$(fixtures/suite/source "$1" "linux-source-$2" "$3") &&
		dpkg-deb --fsys-tarfile "$deb" |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
			tar -xJ -C "$3" --strip-components=1 --wildcards '*/mm' \
				'*/fs' '*/kernel' '*/drivers' \
				'*/include/linux/mm.h' || return
	deb=${deb##*/linux-source-}
	echo "${deb%%_*}"
}

# A kernel that lets no unsigned module in: ARGUMENT PATTERN.
refused() {
	guest --kernel 6.12 --timeout 600 --append "$1" \
		-- sh /share/refused "$2"
}

# allow PATTERN...: complaints that were seeded, and are judged in the guest.
allow() {
	local pattern
	allowed=()
	for pattern; do
		allowed+=(--allow-splat "$pattern")
	done
}

# A session with a kernel that oopses, and one that takes the OOM killer to task.
endings() {
	local allowed
	allow 'NULL pointer dereference' '^Oops' 'blocked for more than' \
		"${seeded[1]}"
	guest --kernel 6.12 --timeout 3600 "${allowed[@]}" \
		-- sh /share/endings ${full:+200}
}

# The guest dies, and its journal tells which test ran, and what that had found.
panic() {
	local journal=$logs/$suite.out/panic.jsonl
	guest --kernel 6.12 --timeout 900 -- sh /share/panic
	[ $? = 71 ] || return 1
	cut -c 1-200 "$journal"
	grep -q '"record": *"begin".*"mock.kvm.storm.no-retry"' "$journal" &&
		grep -q '"seed": *7' "$journal" &&
		grep -q '"record": *"finding"' "$journal" &&
		! grep -q '"record": *"end"' "$journal" || return
	echo "ok 1 - the_journal_says_what_ran"
	panic_is_reported "$journal"
}

panic_is_reported() {
	"$logs/build/userspace/stalemate" report "$1" >"$logs/$suite.report"
	local status=$?
	cat "$logs/$suite.report"
	[ $status = 1 ] &&
		grep -q 'the session ended under it' "$logs/$suite.report" ||
		return
	echo "ok 2 - the_report_says_so"
}

# in_built_guest KERNEL SCRIPT ALLOWED...: a kernel of our own making
in_built_guest() {
	local allowed cpus=2
	if [ -z "$debug$full" ] && ! fixtures/kernel/build --is-cached "$1"; then
		echo "the $1 kernel is not built; ci/test --debug does it"
		return 4
	fi
	allow "${@:3}"
	# KVM under the storm: see kvm_in_guest().
	[ "$2" != debug ] || cpus=3
	guest --kernel "$1" --cpus $cpus --mem 3G --timeout 7200 "${allowed[@]}" \
		-- sh "/share/$2"
}

# A driver that was broken on purpose leaves pages behind that are not quite
# free; the run without a defect comes first, and judges its own kernel log. Three
# processors: "KVM in an emulated guest" in docs/run.md.
kvm_in_guest() {
	local allowed
	allow 'BUG: Bad page state' mmu_spte_clear_track_bits kvm/mmu \
		'invalid opcode'
	guest --kernel "$1" --cpus 3 --timeout 3600 "${allowed[@]}" \
		-- sh /share/kvm "$2" "$3"
}

radeon_in_guest() {
	guest --kernel "$1" --card radeon --timeout 1800 \
		--allow-splat 'BUG: Bad page state' -- sh /share/radeon all "$2"
}

# Test gib has the IOMMU refuse a descriptor; in a storm that is a finding of its own.
sva_in_guest() {
	guest --kernel new --iommu intel-sva --timeout 900 \
		--allow-splat 'BUG: Bad page state' \
		--allow-splat 'Invalidation Queue Error: Reason 0' \
		-- sh /share/sva all "$1"
}

# Cards of a driver that Debian builds no kernel with, where apt has its source.
sva_by_uio() {
	local share=$logs/$suite.share
	mkdir -p "$share" && cp ci/guest/sva "$share/" || return
	fixtures/suite/uio-sva new >"$share/where" || {
		local status=$?
		cat "$share/where"
		return $status
	}
	cp -r "$(cat "$share/where")" "$share/uio" || return
	guest --kernel new --iommu intel-sva --share "$share" --timeout 900 \
		--allow-splat 'BUG: Bad page state' -- sh /share/sva uio "$1"
}

# Programs of libdrm's, where apt has them.
strangers() {
	local share=$logs/$suite.share
	mkdir -p "$share" && cp ci/guest/amdgpu-tests "$share/" || return
	fixtures/suite/strangers >"$share/where" || {
		local status=$?
		cat "$share/where"
		return $status
	}
	cp -r "$(cat "$share/where")" "$share/strangers" || return
	guest --kernel "$1" --card amdgpu --share "$share" --timeout 900 -- \
		sh /share/amdgpu-tests
}

# One generation is stormed, for a short time.
amdgpu_in_guest() {
	guest --kernel "$1" --card amdgpu --timeout 1800 "${seeded[@]}" \
		--allow-splat 'BUG: Bad page state' -- \
		env AMDGPU_SECONDS=5 AMDGPU_GENERATIONS=NV \
		sh /share/amdgpu all "$2"
}

verbs_in_guest() {
	guest --kernel new --timeout 1800 --allow-splat 'BUG: Bad page state' \
		-- sh /share/verbs all "$1"
}

# drm_in_guest KERNEL SEED: a driver that refuses what it may not makes the kernel
# say so, and one that frees too early may make it say anything.
drm_in_guest() {
	local allowed
	allow "${seeded[1]}" "${seeded[3]}" "${seeded[5]}" mn_itree_invalidate
	guest --kernel "$1" --timeout 1800 "${allowed[@]}" -- sh /share/drm "$2"
}

# gntdev_in_guest KERNEL MODE SEED ALLOWED...
gntdev_in_guest() {
	local allowed
	allow "${@:4}"
	guest --kernel "$1" --xen --timeout 1800 "${allowed[@]}" \
		-- sh /share/gntdev "$2" "$3"
}
