# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Scripts, and what they source: shellcheck finds nothing.

check_shellcheck() {
	have shellcheck || missing shellcheck shellcheck || return
	note "$(shell_files | wc -l) scripts"
	shell_files | xargs shellcheck -x -P SCRIPTDIR -f gcc | report
}
