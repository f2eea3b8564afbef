# SPDX-License-Identifier: GPL-2.0-only
#
# The results in a log of KTAP, one a line: "pass", "fail" or "skip", a tab and
# what it is called. Lines that are not KTAP are left out.
#
# A log may hold any number of streams, at any depth: what is indented further
# than a result and comes before it are its children. A result that has children
# only sums them up, and is counted if it says "not ok" when all of them say "ok".
#
# A stream ends where one begins that is not deeper: with a header, with a second
# plan, with a result of number 1 after all that was planned, or at the end of the
# log. It is a failure, beside those that it tells of, if it has not each number
# of its plan once, or no plan though it is outermost and has a header: what makes
# those plans, if only at their end. One without either may be of any length.

# They are on a stack, deepest last. Each has: depth, titled (it has a header),
# plan ("" if none), seen (how many results), top (the highest number), last (the
# name of the last), failed, and of the children since its last result: how many
# streams, and how many of them failed.

function say(what, name) {
	print what "\t" name
	if (what == "fail")
		failed[nr] = 1
}

# Two streams at the same place of the stack must not share their numbers.
function push(d) {
	nr++
	depth[nr] = d
	titled[nr] = seen[nr] = top[nr] = failed[nr] = 0
	children[nr] = bad_children[nr] = 0
	plan[nr] = ""
	last[nr] = "nothing"
	id[nr] = ++streams
}

# The innermost ends. Its parent is a result at depth d, if any.
function pop(d) {
	if (plan[nr] == "" && titled[nr] && nr == 1)
		say("fail", "cut off: no plan; the last is " last[nr])
	else if (plan[nr] != "" && (seen[nr] != plan[nr] || top[nr] > plan[nr]))
		say("fail", plan[nr] " planned, " seen[nr] " seen; the last is " \
			last[nr])
	nr--
	if (nr && depth[nr] >= d) {
		children[nr]++
		bad_children[nr] += failed[nr + 1]
	} else {
		orphans++
		bad_orphans += failed[nr + 1]
	}
}

# A stream begins at this depth, and what was there ends.
function begin(d) {
	while (nr && depth[nr] >= d)
		pop(0)
	push(d)
}

# The stream at this depth goes on, or begins. A result at its beginning can have
# children as well.
function resume(d) {
	orphans = bad_orphans = 0
	while (nr && depth[nr] > d)
		pop(d)
	if (nr && depth[nr] == d)
		return
	push(d)
	children[nr] = orphans
	bad_children[nr] = bad_orphans
}

# The next begins without a word; the children that came first are its own.
function begin_with_result(d,   c, b) {
	c = children[nr]
	b = bad_children[nr]
	begin(d)
	children[nr] = c
	bad_children[nr] = b
}

{
	d = match($0, /[^ ]/)
}

/^ *K?TAP version [0-9]/ {
	begin(d)
	titled[nr] = 1
}

# At the end of a stream that has none yet, or at the beginning of the next.
match($0, /^ *1\.\.[0-9]+/) {
	n = substr($0, RSTART, RLENGTH)
	sub(/^ *1\.\./, "", n)
	resume(d)
	if (plan[nr] != "" || (!titled[nr] && seen[nr] && seen[nr] != n + 0))
		begin(d)
	plan[nr] = n + 0
	if (!plan[nr])
		say(tolower($0) ~ /# *skip/ ? "skip" : "fail",
		    "nothing planned" substr($0, RLENGTH + 1))
}

match($0, /^ *(not )?ok [0-9]+/) {
	name = $0
	sub(/^ *(not )?ok [0-9]+ *(- )?/, "", name)
	n = substr($0, RSTART, RLENGTH)
	sub(/^ *(not )?ok /, "", n)
	n += 0
	bad = $0 ~ /^ *not/
	resume(d)
	if (n == 1 && seen[nr] && (plan[nr] == "" || seen[nr] == plan[nr]))
		begin_with_result(d)
	if ((id[nr], n) in had)
		say("fail", "number " n " is there twice: " name)
	else
		seen[nr]++
	had[id[nr], n] = 1
	last[nr] = name
	if (n > top[nr])
		top[nr] = n
	if (bad && !bad_children[nr])
		say("fail", name)
	else if (!children[nr] && tolower($0) ~ /# *skip/)
		say("skip", name)
	else if (!children[nr])
		say("pass", name)
	failed[nr] = failed[nr] || bad || bad_children[nr]
	children[nr] = bad_children[nr] = 0
}

/^ *Bail out!/ {
	resume(d)
	sub(/^ */, "")
	say("fail", $0)
}

END {
	while (nr)
		pop(0)
}
