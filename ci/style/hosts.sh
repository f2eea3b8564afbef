# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# No host of packages or images, and nobody's home directory. The first rule
# knows the shape of such names, so as not to hold any itself.

# shellcheck disable=SC2154 # tmp is checkstyle's

check_hosts() {
	kind='deb|apt|registry|mirrors?|proxy|index|packages|archive|repo|snapshot'
	kind="$kind|security|ftp|artifact[a-z]*|nexus|ports|pypi|npm|crates|hub"
	brand='pypi|crates|npm|docker|quay|ghcr'
	tld='org|com|io|net|dev|internal|local|lan'
	grep -v '^COPYING$' "$tmp/files" >"$tmp/texts"
	{
		xargs grep -InE "\\b($kind)\\.([a-z0-9-]+\\.)+($tld)\\b" \
			<"$tmp/texts"
		xargs grep -InE "\\b[a-z]*($brand)[a-z]*\\.($tld)\\b" \
			<"$tmp/texts"
		[ "$(pwd)" = / ] || xargs grep -InF "$(pwd)/" <"$tmp/texts"
	} | report
}
