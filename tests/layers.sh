#!/bin/sh
# The architecture, held: no include climbs, headers form no cycle, nothing below cli/ prints or exits.
# usage: layers.sh   (quiet and 0 when all hold)
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0

# What each folder may include, besides itself.
rules='
base:
probe:base
templates:base
cloud-init:base
provision:base templates cloud-init
cli:base probe templates cloud-init provision
'

folders=
for rule in $(printf '%s' "$rules" | cut -d: -f1); do
	[ -d "$rule" ] && folders="$folders $rule"
done

includes()
{
	grep -HEo '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]+"' "$@" |
		sed -E 's/^([^:]+):.*"([^"]+)"$/\1 \2/'
}

for folder in $folders; do
	set -- "$folder"/*.[ch]
	[ -e "$1" ] || continue
	may=$(printf '%s' "$rules" | sed -n "s/^$folder://p")
	climbing=$(includes "$@" | awk -v may="$folder $may" '
		BEGIN { n = split(may, m); for (i = 1; i <= n; i++) ok[m[i]] = 1 }
		{ split($2, part, "/")
		  if ($2 !~ "/") print $1 ": include \"" $2 "\" by its folder"
		  else if (!ok[part[1]]) print $1 ": includes " $2 ", which is above it" }')
	if [ -n "$climbing" ]; then
		printf '%s\n' "$climbing"
		bad=1
	fi
done

headers=
for folder in $folders; do
	for h in "$folder"/*.h; do
		[ -e "$h" ] && headers="$headers $h"
	done
done
# shellcheck disable=SC2086
if ! loop=$(includes $headers | grep '\.h$' | tsort 2>&1 >/dev/null); then
	printf 'headers include each other:\n%s\n' "$loop"
	bad=1
fi

# Comments and strings gone, then the words that print or end the program.
# _exit is for a forked child and allowed; streams a caller handed over are, too.
speaks()
{
	awk '
	FNR == 1 { inside = 0 }
	{
		line = $0
		gsub(/\\./, "", line)
		gsub(/"[^"]*"/, "\"\"", line)
		gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
		sub(/\/\/.*/, "", line)
		if (inside) { if (!sub(/^.*\*\//, "", line)) next; inside = 0 }
		if (sub(/\/\*.*/, "", line)) inside = 1
		if (line ~ /(^|[^A-Za-z0-9_.>])(printf|vprintf|puts|putchar|perror|exit|quick_exit|abort|errx?|warnx?|error)[ ]*\(/ ||
		    line ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/)
			printf "%s:%d: prints or exits below cli/: %s\n", FILENAME, FNR, $0
	}' "$@"
}

for folder in $folders; do
	[ "$folder" = cli ] && continue
	set -- "$folder"/*.[ch]
	[ -e "$1" ] || continue
	# base/arena.c says "out of memory" and ends the program: the one exception, by design.
	loud=$(speaks "$@" | grep -v '^base/arena\.c:')
	if [ -n "$loud" ]; then
		printf '%s\n' "$loud"
		bad=1
	fi
done

exit $bad
