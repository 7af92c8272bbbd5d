#!/bin/sh
# The laboratory: hosts (run.sh), guests (guests/prove.sh), clones that live (guests/life.sh) and with
# seeds (guests/cloud.sh), a fleet on one network (guests/fleet.sh); other ways of copying under the same proofs (negative.sh)
# and under vmint audit (audit.sh). Ends with one line for all.
# quick: each host situation once, and one guest; full: hosts three times over, every guest, and all the rest.
# Guests, packages and proofs are kept by content under build/lab: a second run does what has changed.
# usage: lab.sh [quick|full]     exit 0, 1 when something failed
set -u
cd "$(dirname "$0")" || exit 2
out=../../build/lab/parts
status=0

# Each part ends with "lab: N passed, N failed, N skipped", or was skipped as a whole.
part()
{
	name=$1
	shift
	{
		"$@" 2>&1
		echo "exit $?"
	} | tee "$out/$name.log" | grep -v '^exit ' | sed "s/^lab: /$name: /"
	case $(tail -n 1 "$out/$name.log") in 'exit 0' | 'exit 77') ;; *) status=1 ;; esac
}

mkdir -p "$out"
rm -f "$out"/*.log
case ${1:-quick} in
quick)
	part hosts ./run.sh quick
	part guests guests/prove.sh uefi-swap-networkd
	;;
full)
	part hosts ./run.sh full
	part guests guests/prove.sh
	part life guests/life.sh
	part seeds guests/cloud.sh
	part fleet guests/fleet.sh
	part negative ./negative.sh
	part audit ./audit.sh
	;;
*)
	echo 'usage: lab.sh [quick|full]' >&2
	exit 2
	;;
esac
sed -n 's/^lab: //p' "$out"/*.log |
	awk -v bad=$status '{ p += $1; f += $3; s += $5 } END { printf "lab: %d passed, %d failed, %d skipped\n", p, f + (bad && !f), s }'
exit $status
