#!/bin/sh
# The whole laboratory: hosts three times over, every guest of guests/guests.sh proved, and clones that live.
# Guests, packages and proofs are kept by content under build/lab: a second run does what has changed.
# usage: full.sh     exit 0, 1 when something failed
set -u
cd "$(dirname "$0")" || exit 2
out=../../build/lab/full
mkdir -p "$out"
status=0

part()
{
	name=$1
	shift
	echo "== $name"
	"$@" 2>&1 | tee "$out/$name.log"
	grep -q '^lab: .* 0 failed' "$out/$name.log" || grep -q '^skip: ' "$out/$name.log" || status=1
	! grep -q '^lab: .* [1-9][0-9]* failed' "$out/$name.log" || status=1
}

rm -f "$out"/*.log
part hosts ./run.sh full
part guests guests/prove.sh
part life guests/life.sh
sed -n 's/^lab: //p' "$out"/*.log |
	awk '{ p += $1; f += $3; s += $5 } END { printf "lab: %d passed, %d failed, %d skipped\n", p, f, s }'
exit $status
