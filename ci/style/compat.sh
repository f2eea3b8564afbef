# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Every answer that a probe can give is used or explained by compat.h, or by
# its neighbour for DRM.

check_compat() {
	{
		sed -n 's/^#line 1 "\(SM_HAVE_[A-Z0-9_]*\)".*/\1/p' \
			kmod/compat/probes.c
		awk '$1 == "have" { print $2 }' kmod/compat/exports
	} | sort -u | while read -r macro; do
		grep -qw "$macro" kmod/compat/compat.h kmod/compat/drm.h ||
			echo "kmod/compat/: nothing about $macro"
	done | report
}
