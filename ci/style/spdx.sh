# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Each file that somebody wrote says under which licence.

check_spdx() {
	source_files | while read -r file; do
		head -n 2 "$file" |
			grep -q 'SPDX-License-Identifier: GPL-2\.0-only' ||
			echo "$file: no SPDX line"
	done | report
}
