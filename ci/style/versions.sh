# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The kernel's version decides nothing outside kmod/compat.

check_versions() {
	c_files | grep -v '^kmod/compat/' |
		xargs grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION *\(' | report
}
