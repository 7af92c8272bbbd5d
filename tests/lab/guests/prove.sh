#!/bin/sh
# Each guest of guests.sh cloned by vmint, checked from its files alone, booted for real, and read again after its boot.
# Prints a row a guest; a cell is pass, FAIL or "-" (not reached), and every FAIL has its reason below the table.
# usage: prove.sh [--static] [NAME...]     exit 0, 1 when a proof failed, 77 when tools are missing (tests/deps.sh lab)
# --static: nothing is booted
#
# built   seconds to build the template; 0: it was there        cloned  milliseconds for one more clone beside a first
# new     no identity is the template's, save those that the plan keeps with a reason, and all are the ledger's
# refs    every UUID= of fstab, GRUB's files, boot entries, command line and resume setting is there in the clone
# fsck    e2fsck, xfs_repair, btrfs check, fsck.fat, sgdisk, swaplabel and vgck find nothing
# old     no id of the template is left in any byte in use      verify  vmint verify says so, too
# boots   login prompt; no emergency shell, no time-out
# stays   the boot changed no identity, and logged under it     lease   the card named by its MAC took a lease
# units   no unit failed
#
# A row that was proved with these scripts, this vmint and this image is not proved again.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
store=${GUESTS:-$top/build/lab/guests}
vmint=${VMINT:-$top/vmint}
results=${RESULTS:-$store/results}
proofs='new refs fsck old verify boots stays lease units'
status=0
GUESTS=$store
export GUESTS

. "$here/checks.sh"

missing=$(for tool in qemu-system-x86_64 qemu-img debugfs e2fsck e2image xfs_repair btrfs vgck fsck.fat mcopy sgdisk sfdisk blkid \
	ssh-keygen jq strings python3; do
	command -v $tool >/dev/null || printf '%s ' $tool
done)
ls /usr/share/OVMF/OVMF_VARS*.fd >/dev/null 2>&1 || missing="${missing}ovmf "
if [ -n "$missing" ]; then
	echo "skip: guests: missing: $missing(tests/deps.sh lab)"
	exit 77
fi

# Two clones: the first pays for the base, the second is what one more costs.
make_clones()
{
	rm -rf "$dir/fleet"
	timeout 300 nice "$vmint" clone -q "$image" -o "$dir/fleet" --name 'clone-{n}' -n 1 2>"$dir/clone.err" || return
	from=$(date +%s%N)
	timeout 300 nice "$vmint" clone -q "$image" -o "$dir/fleet" --name 'clone-{n}' -n 2 2>>"$dir/clone.err" || return
	cloned=$((($(date +%s%N) - from) / 1000000))
}

# The image that is examined: the second clone, made one file.
flatten()
{
	ledger=$dir/fleet/clone-2/identity.json
	disk=$dir/fleet/$(jq -r '.clone.name + "/" + .clone.disks[0].file' "$ledger")
	mac=$(jq -r '.clone.macs[0]' "$ledger")
	qemu-img convert -O raw "$disk" "$dir/clone.raw" 2>"$dir/clone.err"
}

fail()
{
	eval "$1=FAIL"
	echo "  $name: $1: $2" >>"$results/reasons"
	status=1
}

# check COLUMN FUNCTION: the function prints what is wrong, one line each; nothing is a pass.
check()
{
	eval "$1=pass"
	$2 >"$dir/$1.wrong" 2>&1
	while read -r reason; do
		fail "$1" "$reason"
	done <"$dir/$1.wrong"
}

boot_clone()
{
	timeout 600 sh "$here/boot.sh" "$dir/clone.raw" raw "$firmware" "$dir/booted.qcow2" "$dir/console.log" "$mac" >"$dir/boot.out"
	outcome=$?
	booted=$(awk '$1 == "login" { print $2 }' "$dir/boot.out")
	[ $outcome = 0 ] || grep -v '^login' "$dir/boot.out" | sed 's/^/after /'
}

prove()
{
	prove_row
	rm -f "$dir/booted.qcow2" "$dir/clone.raw"
}

prove_row()
{
	rm -rf "$dir"
	mkdir -p "$dir"
	sh "$here/read.sh" "$image" "$dir/template" >"$dir/template.ids"
	if ! make_clones || ! flatten; then
		fail new "vmint clone: $(tail -n 1 "$dir/clone.err")"
		return
	fi
	sh "$here/read.sh" "$dir/clone.raw" "$dir/clone" >"$dir/clone.ids"
	check new identity_wrong
	check refs references_wrong
	check fsck filesystems_wrong
	check old leftovers_wrong
	check verify verify_wrong
	[ "$static" = no ] || return
	check boots boot_clone
	[ -n "$booted" ] || return
	sh "$here/read.sh" "$dir/booted.qcow2" "$dir/booted" >"$dir/booted.ids"
	check stays change_wrong
	check lease network_wrong
	check units units_wrong
}

line()
{
	printf '%-20s %6s %7s %7s' "$name" "$built" "$cloned" "$booted"
	for column in $proofs; do
		eval "printf ' %-5s' \"\$$column\""
	done
	echo
}

guest()
{
	name=$1
	case " $only " in '  ' | *" $name "*) ;; *) return ;; esac
	shift
	columns "$@"
	dir=$results/$name cloned=- booted=
	for column in $proofs; do
		eval "$column=-"
	done
	line=$(sh "$here/build.sh" "$name" 2>&1)
	image=$(echo "$line" | cut -d' ' -f2) built=$(echo "$line" | cut -d' ' -f3)
	if ! [ -e "$image" ]; then
		built=-
		case $line in
		*failed:\ packages:*) echo "  skip: $line" >>"$results/reasons" ;;
		*) fail new "$line" ;;
		esac
		mkdir -p "$dir"
	elif is_known; then
		tee -a "$results/table" <"$dir/line"
		return
	else
		prove
	fi
	booted=${booted:--}
	line >"$dir/line"
	tee -a "$results/table" <"$dir/line"
	case $(cat "$dir/line") in *FAIL* | *' - '*) ;; *) echo "$key" >"$dir/key" ;; esac
}

# What a row's proof depends on.
is_known()
{
	key=$({ echo "$image"; cat "$vmint" "$here"/prove.sh "$here"/checks.sh "$here"/read.sh "$here"/volumes.sh "$here"/boot.sh \
		"$here"/leftovers.py; } | sha256sum)
	[ "$(cat "$dir/key" 2>/dev/null)" = "$key" ]
}

static=no
if [ "${1:-}" = --static ]; then
	static=yes
	shift
fi
only="$*"
mkdir -p "$results"
: >"$results/reasons"
printf '%-20s %6s %7s %7s' guest 'built s' 'clone ms' 'boot s'
printf ' %-5s' $proofs
echo
: >"$results/table"
. "$here/guests.sh"
cat "$results/reasons"
cells()
{
	cut -c45- "$results/table" | tr -s ' ' '\n' | grep -cxe "$1"
}
echo "lab: $(cells pass) passed, $(cells FAIL) failed, $(cells -) skipped"
exit $status
