# SPDX-License-Identifier: GPL-2.0-only
#
# Which file includes which of a list: the list first, and then the files. Prints
# FROM TO NAME, the name as it is written. Folders are searched as the compiler is
# told to, see AM_CPPFLAGS and Kbuild.

BEGIN {
	n_user = split("userspace/ userspace/runner/ kmod/include/ kmod/" \
		" userspace/tests/unit/", user, " ")
	n_kernel = split("kmod/ kmod/include/ kmod/include/uapi/", kernel, " ")
}

# Without "dir/../".
function plain(path) {
	sub(/^\.\//, "", path)
	gsub(/\/\.\//, "/", path)
	while (sub(/[^\/.]+\/\.\.\//, "", path))
		;
	return path
}

function try(folder, name) {
	folder = plain(folder name)
	return folder in listed ? folder : ""
}

function resolve(file, name, quoted,    own, to, i) {
	own = file
	sub(/[^\/]*$/, "", own)
	to = quoted ? try(own, name) : ""
	if (file ~ /^kmod\//)
		for (i = 1; i <= n_kernel && to == ""; i++)
			to = try(kernel[i], name)
	else
		for (i = 1; i <= n_user && to == ""; i++)
			to = try(user[i], name)
	return to
}

FNR == NR { listed[$0] = 1; next }
/^[ \t]*#[ \t]*include[ \t]*["<]/ {
	name = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
	quoted = name ~ /^"/
	name = substr(name, 2)
	sub(/[">].*/, "", name)
	to = resolve(FILENAME, name, quoted)
	if (to != "")
		print FILENAME, to, name
}
