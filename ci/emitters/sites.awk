# SPDX-License-Identifier: GPL-2.0-only
#
# Where a kernel source file sends invalidations: one line for each place, which is
# FUNCTION EVENT FILE LINE CONFIG... CONFIG is what the preprocessor asks for there.
# Variables: file, its name in the tree.

function word(s) {
	sub(/^[ \t(!]*/, "", s)
	sub(/^defined *\(?/, "", s)
	sub(/^IS_ENABLED *\(/, "", s)
	sub(/^IS_BUILTIN *\(/, "", s)
	sub(/[^A-Z0-9a-z_].*/, "", s)
	return s ~ /^CONFIG_/ ? substr(s, 8) : ""
}

function configs(	i, s) {
	for (i = 1; i <= depth; i++)
		if (asked[i] != "")
			s = s " " asked[i]
	return s
}

# A call may go on in the next line; its second argument is the event.
function event(call) {
	if (match(call, /MMU_NOTIFY_[A-Z_]+/))
		return tolower(substr(call, RSTART + 11, RLENGTH - 11))
	return call ~ /range_init_migrate/ ? "migrate" : ""
}

function put(call,	e) {
	e = event(call)
	if (e == "")
		return 0
	gsub(/_/, "-", e)
	print name, e, file, at configs()
	return 1
}

/^#[ \t]*ifdef/ { asked[++depth] = word($2); next }
/^#[ \t]*ifndef/ { asked[++depth] = ""; next }
/^#[ \t]*if/ { s = $0; sub(/^#[ \t]*if/, "", s); asked[++depth] = word(s); next }
/^#[ \t]*el/ { asked[depth] = ""; next }
/^#[ \t]*endif/ { depth--; next }

# The name before the first parenthesis of a line that begins at its start.
/^[a-zA-Z_].*\(/ && !/;[ \t]*$/ && !/^(if|for|while|switch|SYSCALL|EXPORT)/ {
	s = $0
	sub(/\(.*/, "", s)
	sub(/.*[ \t*]/, "", s)
	if (s ~ /^[a-z_0-9]+$/)
		name = s
}

open != "" { open = open $0; if (put(open)) open = ""; next }
/^[ \t].*mmu_notifier_range_init(_owner|_migrate)?\(/ {
	at = FNR
	if (!put($0))
		open = $0
}
/^[ \t]+mmu_notifier_release\(/ { at = FNR; print name, "release", file, at configs() }
