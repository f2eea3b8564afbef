# SPDX-License-Identifier: GPL-2.0-only
#
# The rules, and which file is in which room: what the other scripts here begin
# with. They read RULES, a list of files, and then what is theirs.
#
#	rules[1..n_rules]  the names of rooms, in the order of the file
#	may[A, B]          rule A may use rule B, by itself or by another's leave
#	room_of[FILE]      unset if none
#	wrong              complaints so far

function trim(s) {
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return s
}

function complain(text) {
	print text
	wrong++
}

function read_rule(line,    field, name) {
	if (split(line, field, "|") != 4) {
		complain("rules: want room | where | may use | what for: " line)
		return
	}
	name = trim(field[1])
	if (name in purpose)
		complain("rules: " name " is there twice")
	rules[++n_rules] = name
	uses[name] = trim(field[3])
	purpose[name] = trim(field[4])
	read_places(name, trim(field[2]))
}

function read_places(name, text,    prefix, n, i) {
	n = split(text, prefix, /[ \t]+/)
	for (i = 1; i <= n; i++) {
		each[name] = sub(/\*$/, "", prefix[i])
		if (prefix[i] in where)
			complain("rules: " prefix[i] " is of " where[prefix[i]] \
				" and of " name)
		where[prefix[i]] = name
		places[++n_places] = prefix[i]
		tree[name] = program(prefix[i])
	}
}

# Depth first: what a room may use is known before the room is. The path is what
# has been entered and not left.
function visit(name, path,    used, n, i) {
	if (state[name] == "entered")
		complain("rules: a circle:" \
			substr(path, index(path, " " name " ")) name)
	if (state[name] != "")
		return
	state[name] = "entered"
	n = split(uses[name], used, /[ \t]+/)
	for (i = 1; i <= n; i++)
		if (used[i] in purpose) {
			visit(used[i], path name " ")
			inherit(name, used[i])
		} else
			complain("rules: " name " may use " used[i] \
				", and there is no such room")
	state[name] = "left"
}

function inherit(name, used,    i) {
	may[name, used] = 1
	for (i = 1; i <= n_rules; i++)
		if ((used, rules[i]) in may)
			may[name, rules[i]] = 1
}

function close_rules(    i) {
	for (i = 1; i <= n_rules; i++)
		visit(rules[i], " ")
}

# The longest beginning of a path that is in the rules.
function place_of(file,    n) {
	for (n = length(file); n > 0; n--)
		if (substr(file, 1, n) in where)
			return substr(file, 1, n)
	return ""
}

function place(file,    prefix, rest) {
	files[++n_files] = file
	prefix = place_of(file)
	if (prefix == "") {
		complain(file ": in no room")
		return
	}
	used_place[prefix] = 1
	room_of[file] = where[prefix]
	if (each[where[prefix]]) {
		rest = substr(file, length(prefix) + 1)
		sub(/[\/.].*/, "", rest)
		sub(/\*$/, rest, room_of[file])
	}
	rule_of[room_of[file]] = where[prefix]
}

function close_places(    i) {
	for (i = 1; i <= n_places; i++)
		if (!(places[i] in used_place))
			complain("rules: " where[places[i]] ": no file is in " places[i])
}

function may_use(room, other) {
	return room == other || (rule_of[room], rule_of[other]) in may
}

# A file and its header are one unit.
function unit(file) {
	sub(/\.[chS]$/, "", file)
	return file
}

# The folder that a program has for itself.
function program(path) {
	sub(/\/.*/, "", path)
	return path
}

FNR == 1 { part++ }
part == 1 && !/^#/ && NF { read_rule($0) }
part == 2 && FNR == 1 { close_rules() }
part == 2 { place($0) }
