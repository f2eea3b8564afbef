# SPDX-License-Identifier: GPL-2.0-only
#
# RULES FILES ARROWS: says of each arrow that a rule forbids, and of each circle of
# units. An arrow is a line FROM TO WHAT, WHAT being a header or a symbol.

part == 3 && unit($1) != unit($2) { arrow($1, $2, $3) }

function arrow(from, to, what,    a, b) {
	a = unit(from)
	b = unit(to)
	if (!((a, b) in reason)) {
		next_of[a] = next_of[a] " " b
		reason[a, b] = what
		n_arrows[program(from)]++
	} else if (!index(", " reason[a, b] ", ", ", " what ", "))
		reason[a, b] = reason[a, b] ", " what
	if (!(from in room_of) || !(to in room_of) ||
	    may_use(room_of[from], room_of[to]) || (from, to, what) in said)
		return
	said[from, to, what] = 1
	n_back[program(from)]++
	complain(from ": uses " what " of room " room_of[to] ", which room " \
		room_of[from] " may not")
}

# Tarjan's: units that can reach each other.
function connect(v,    next_units, n, i, w) {
	low[v] = number[v] = ++counter
	stack[++depth] = v
	on_stack[v] = 1
	n = split(next_of[v], next_units, " ")
	for (i = 1; i <= n; i++) {
		w = next_units[i]
		if (!(w in number)) {
			connect(w)
			if (low[w] < low[v])
				low[v] = low[w]
		} else if (on_stack[w] && number[w] < low[v])
			low[v] = number[w]
	}
	if (low[v] == number[v])
		pop_circle(v)
}

function pop_circle(v,    n, member, w) {
	do {
		w = stack[depth--]
		on_stack[w] = 0
		member[++n] = w
		circle_of[w] = v
	} while (w != v)
	if (n < 2)
		return
	n_circles[program(v)]++
	tell_circle(member, n, v)
}

# All that are in it, and the shortest way around that begins at its first.
function tell_circle(member, n, v,    text, i) {
	sort(member, n)
	for (i = 1; i <= n; i++)
		text = text " " member[i]
	complain("a circle of " n ":" text)
	way_around(member[1], v)
}

function sort(list, n,    i, j, x) {
	for (i = 2; i <= n; i++) {
		x = list[i]
		for (j = i; j > 1 && list[j - 1] > x; j--)
			list[j] = list[j - 1]
		list[j] = x
	}
}

function way_around(start, circle,    queue, head, tail, from, next_units, n, i, v) {
	queue[++tail] = start
	while (head < tail) {
		v = queue[++head]
		n = split(next_of[v], next_units, " ")
		for (i = 1; i <= n; i++) {
			if (next_units[i] == start) {
				tell_way(v, start, from)
				return
			}
			if (circle_of[next_units[i]] != circle ||
			    next_units[i] in from)
				continue
			from[next_units[i]] = v
			queue[++tail] = next_units[i]
		}
	}
}

function tell_way(v, to, from) {
	if (v in from)
		tell_way(from[v], v, from)
	print "    " v " uses " to ": " reason[v, to]
}

function sum_up(which,    i) {
	for (i = 1; i <= n_rules; i++)
		if (tree[rules[i]] == which)
			n_rooms[which]++
	printf "# %s: %d rooms, %d units, %d arrows between them; " \
		"%d arrows back, %d circles\n", which, n_rooms[which],
		n_units[which], n_arrows[which], n_back[which], n_circles[which]
}

END {
	close_places()
	for (i = 1; i <= n_files; i++) {
		u = unit(files[i])
		if (!(u in units))
			n_units[program(u)]++
		units[u] = 1
	}
	for (i = 1; i <= n_files; i++)
		if (!(unit(files[i]) in number))
			connect(unit(files[i]))
	sum_up("userspace")
	sum_up("kmod")
	exit wrong > 0
}
