# SPDX-License-Identifier: GPL-2.0-only
#
# The rules as a picture: a house for each tree. A room stands as high as those who
# use it let it, so the rooms of one floor do not know each other.

BEGIN { width = 71 }

# A floor is the longest way down from a room that nobody uses.
function lower(name, floor,    used, n, i) {
	if (floor <= floor_of[name])
		return
	floor_of[name] = floor
	n = split(uses[name], used, /[ \t]+/)
	for (i = 1; i <= n; i++)
		lower(used[i], floor + 1)
}

# The rooms of a floor, from the last in the file on. Returns how many.
function on_floor(which, floor, names,    n, i) {
	for (i = n_rules; i >= 1; i--)
		if (tree[rules[i]] == which && floor_of[rules[i]] == floor)
			names[++n] = rules[i]
	return n
}

function repeat(c, n,    s) {
	while (n-- > 0)
		s = s c
	return s
}

# Where the wall behind room i of n is.
function wall(i, n) {
	return int(i * width / n + .5)
}

function draw_floor(names, n,    beam, line, i, room, space) {
	beam = "+"
	line = "|"
	for (i = 1; i <= n; i++) {
		room = wall(i, n) - wall(i - 1, n) - 1
		space = room - length(names[i])
		beam = beam repeat("-", room) "+"
		line = line repeat(" ", int(space / 2)) names[i] \
			repeat(" ", space - int(space / 2)) "|"
	}
	print beam "\n" line
	return beam
}

function sentence(name,    list) {
	list = uses[name]
	gsub(/[ \t]+/, ", ", list)
	return sprintf("%-11s%s%s", name, purpose[name],
		list == "" ? "" : " (on " list ")")
}

function draw(which,    floor, names, n, i, beam, list) {
	print which "/\n"
	for (floor = 1; floor <= n_rules; floor++) {
		split("", names)
		n = on_floor(which, floor, names)
		if (n)
			beam = draw_floor(names, n)
		for (i = 1; i <= n; i++)
			list = list "\n" sentence(names[i])
	}
	print beam "\n" list
}

END {
	close_rules()
	if (wrong)
		exit 1
	for (i = 1; i <= n_rules; i++)
		lower(rules[i], 1)
	draw("userspace")
	print ""
	draw("kmod")
}
