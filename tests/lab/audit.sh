#!/bin/sh
# vmint audit over five copies of one guest by cp, five by virt-sysprep with its defaults, five by vmint: it must find what
# the first two share, and nothing in the third.
# usage: audit.sh [GUEST]    default uefi-swap-networkd; COPIES=N for another number
#                            exit 0, 1 when audit is wrong, 77 when tools are missing (tests/deps.sh lab)
set -u
lab=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$lab/../.." && pwd)
vmint=${VMINT:-$top/vmint}
out=${OUT:-$top/build/lab/audit}
guest=${1:-uefi-swap-networkd}
copies=$(seq "${COPIES:-5}")
LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=${LIBGUESTFS_BACKEND_SETTINGS:-force_tcg}
export LIBGUESTFS_BACKEND LIBGUESTFS_BACKEND_SETTINGS
passed=0 failed=0 skipped=0

image=$(sh "$lab/guests/build.sh" "$guest" 2>&1 | cut -d' ' -f2)
[ -e "$image" ] || {
	echo "skip: audit: the guest $guest is not built"
	exit 77
}
rm -rf "$out"
mkdir -p "$out"

by_cp()
{
	for n in $copies; do
		cp --sparse=always "$image" "$dir/copy-$n.raw" || return
	done
}

by_sysprep()
{
	for n in $copies; do
		qemu-img create -q -f qcow2 -b "$image" -F raw "$dir/copy-$n.qcow2" &&
			timeout 300 virt-sysprep -q --format qcow2 -a "$dir/copy-$n.qcow2" || return
	done
}

by_vmint()
{
	"$vmint" clone -q "$image" -o "$dir/fleet" --name 'copy-{n}' -n "${COPIES:-5}"
}

# row HOW NAME EXPECTED PATH...: EXPECTED is audit's exit status; the kinds it finds shared are the row.
row()
{
	how=$1 name=$2 expected=$3
	dir=$out/$how
	mkdir -p "$dir"
	if ! "by_$how" >"$dir/made" 2>&1; then
		echo "not ok: $name: could not be made: $(tail -n 1 "$dir/made")"
		failed=$((failed + 1))
		return
	fi
	set -- "$dir"/copy-*
	[ -e "$1" ] || set -- "$dir"/fleet/copy-*
	"$vmint" audit --format json "$@" >"$dir/found" 2>"$dir/said"
	status=$?
	kinds=$(jq -r '.shared[].kind' "$dir/found" | sort | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }')
	printf '%s: %s: audit exits %s: shared: %s\n' "$([ $status = "$expected" ] && echo ok || echo 'not ok')" "$name" $status "${kinds:-nothing}"
	if [ $status = "$expected" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		tail -n 2 "$dir/said"
	fi
	rm -f "$dir"/copy-*
}

row cp 'cp' 1
if command -v virt-sysprep >/dev/null; then
	row sysprep 'virt-sysprep, defaults' 1
else
	echo 'skip: virt-sysprep is not here (tests/deps.sh lab)'
	skipped=1
fi
row vmint 'vmint clone' 0
echo "lab: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
