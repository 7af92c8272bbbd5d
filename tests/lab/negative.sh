#!/bin/sh
# The negative control: the proofs of guests/prove.sh over what other ways of copying one guest make, beside vmint's.
# A proof that no copy fails would prove nothing. Prints a table, a row for each way, and what is wrong below it.
# usage: negative.sh [GUEST]   default uefi-swap-networkd; WAYS='cp vmint' for fewer, IMAGE=FILE.raw for one that is built
#                              exit 0, 1 when vmint's copy fails or every other passes, 77 when tools are missing
#
# made     seconds to make the copy            machine  machine-id is new        host   so is the host name
# keys     and SSH host keys                   mac      and the MAC in network files
# disk     and ids of disk and partitions      fs       and UUIDs of filesystems and swap
# seed     and the stored random seed          refs     every UUID that a file names is there in the copy
# fsck     checkers find nothing               old      no id of the template is left in any byte in use
# boots    login prompt; no emergency shell, no time-out, no prompt of a boot loader
# log      the boot changed no id, and its journal is under a machine-id that is not the template's
set -u
lab=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$lab/../.." && pwd)
here=$lab/guests
out=${OUT:-$top/build/lab/negative}
vmint=${VMINT:-$top/vmint}
wanted=${1:-uefi-swap-networkd}
ways=${WAYS:-cp virt-clone sysprep sysprep-fs-uuids tune2fs vmint}
proofs='machine host keys mac disk fs seed refs fsck old boots log'
PATH=$PATH:/usr/sbin:/sbin
LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=${LIBGUESTFS_BACKEND_SETTINGS:-force_tcg}
export PATH LIBGUESTFS_BACKEND LIBGUESTFS_BACKEND_SETTINGS

missing=$(for tool in qemu-system-x86_64 qemu-img debugfs e2fsck e2image tune2fs fsck.fat mcopy sgdisk sfdisk blkid ssh-keygen \
	jq strings python3 cmp; do
	command -v $tool >/dev/null || printf '%s ' $tool
done)
if [ -n "$missing" ]; then
	echo "skip: negative control: missing: $missing(tests/deps.sh lab)"
	exit 77
fi

guest()
{
	if [ "$1" = "$wanted" ]; then
		shift
		columns "$@"
	fi
}
table=
. "$here/guests.sh"
[ -n "$table" ] || {
	echo "negative.sh: there is no guest $wanted" >&2
	exit 2
}
if [ -z "${IMAGE:-}" ]; then
	line=$(sh "$here/build.sh" "$wanted" 2>&1)
	IMAGE=$(echo "$line" | cut -d' ' -f2)
	[ -e "$IMAGE" ] || {
		echo "skip: negative control: $line"
		exit 77
	}
fi
. "$here/checks.sh"
mkdir -p "$out"
out=$(realpath "$out")
template_mac=52:54:00:aa:bb:01

# ---- the ways: each makes $dir/clone.raw, and sets $card where the copy's card has its own ----

copy()
{
	cp --sparse=always "$IMAGE" "$dir/clone.raw"
}

# libvirt's test driver clones by the same code as any other.
by_virt_clone()
{
	cat >"$dir/template.xml" <<-E
		<domain type='qemu'><name>template</name><memory unit='MiB'>1024</memory><vcpu>1</vcpu>
		<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
		<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$IMAGE'/><target dev='vda' bus='virtio'/></disk>
		<interface type='user'><mac address='$template_mac'/><model type='virtio'/></interface></devices></domain>
	E
	virt-clone --connect test:///default --original-xml "$dir/template.xml" --name copy --file "$dir/clone.raw" --print-xml \
		>"$dir/copy.xml" 2>"$dir/make.err" || return
	card=$(sed -n "s/.*mac address=[\"']\([0-9a-f:]*\).*/\1/p" "$dir/copy.xml" | head -n 1)
	rm -f "$dir/clone.raw"
	virt-clone --connect test:///default --original-xml "$dir/template.xml" --name copy --file "$dir/clone.raw" --mac "$card"
}

by_tune2fs()
{
	copy || return
	volumes "$dir/clone.raw" | while read -r type uuid at bytes; do
		case $type in
		ext*)
			e2fsck -fy "$dir/clone.raw?offset=$at" >/dev/null 2>&1
			tune2fs -U random "$dir/clone.raw?offset=$at" </dev/null || exit 1
			;;
		esac
	done
}

by_vmint()
{
	rm -rf "$dir/fleet"
	"$vmint" clone -q "$IMAGE" -o "$dir/fleet" --name clone-1 -n 1 || return
	ledger=$dir/fleet/clone-1/identity.json
	card=$(jq -r '.clone.macs[0]' "$ledger")
	kept >"$dir/kept"
	qemu-img convert -O raw "$dir/fleet/clone-1/disk0.qcow2" "$dir/clone.raw"
}

make_copy()
{
	case $1 in
	cp) copy ;;
	virt-clone) by_virt_clone ;;
	sysprep) copy && virt-sysprep -q --format raw -a "$dir/clone.raw" ;;
	sysprep-fs-uuids) copy && virt-sysprep -q --format raw -a "$dir/clone.raw" --operations fs-uuids ;;
	tune2fs) by_tune2fs ;;
	vmint) by_vmint ;;
	esac
}

tool_of()
{
	case $1 in
	virt-clone) echo virt-clone ;;
	sysprep*) echo virt-sysprep ;;
	*) echo true ;;
	esac
}

# ---- the proofs ----

# shared KIND...: ids of these kinds that are the template's.
shared()
{
	for kind; do
		grep "^$kind " "$dir/shared.ids" | while read -r k value rest; do
			grep -qiF -e "$value" "$dir/kept" || echo "$k $value $rest is the template's"
		done
	done
}

machine_wrong()
{
	shared machine-id dbus-machine-id
}

host_wrong()
{
	shared hostname
}

keys_wrong()
{
	shared host-key
}

mac_wrong()
{
	shared network-mac
}

disk_wrong()
{
	shared disk-id partition-id
}

fs_wrong()
{
	shared ext4 ext3 ext2 xfs btrfs vfat swap LVM2_member lvm-id
}

seed_wrong()
{
	shared random-seed
}

refs_wrong()
{
	references_wrong
}

fsck_wrong()
{
	filesystems_wrong
}

old_wrong()
{
	leftovers_wrong | sed "s|$dir/||"
}

boots_wrong()
{
	timeout 900 sh "$here/boot.sh" "$dir/clone.raw" raw "$firmware" "$dir/booted.qcow2" "$dir/console.log" "$card" 600 >"$dir/boot.out"
	outcome=$?
	booted=$(awk '$1 == "login" { print $2 }' "$dir/boot.out")
	echo "${booted:-}" >"$dir/seconds"
	[ $outcome = 0 ] || grep -v '^login' "$dir/boot.out" | sed 's/^/after /'
}

# A copy that had no machine-id, or no keys, may make them; what it had stays.
log_wrong()
{
	sh "$here/read.sh" "$dir/booted.qcow2" "$dir/booted" >"$dir/booted.ids"
	while read -r kind value rest; do
		case $kind in journal | random-seed) continue ;; esac
		[ -z "$value" ] || [ "$value" = uninitialized ] || grep -qF "$kind $value" "$dir/booted.ids" ||
			echo "the boot changed $kind $value $rest"
	done <"$dir/clone.ids"
	old=$(sed -n 's/^machine-id //p' "$dir/template.ids")
	new=$(sed -n 's/^machine-id //p' "$dir/booted.ids")
	[ "$new" != "$old" ] || echo "the machine-id is the template's after the boot, too"
	ls "$dir/booted/journal/$new"/*.journal >/dev/null 2>&1 || echo "no journal under $new"
}

# check PROOF: its function prints what is wrong, one line each; nothing is a pass.
check()
{
	"${1}_wrong" >"$dir/$1.wrong" 2>&1
	if [ -s "$dir/$1.wrong" ]; then
		eval "p_$1=FAIL"
		sed "s/^/  $way: $1: /" "$dir/$1.wrong" | head -n 4 >>"$out/reasons"
		failures=$((failures + 1))
	else
		eval "p_$1=pass"
	fi
}

prove()
{
	rm -rf "$dir"
	mkdir -p "$dir"
	: >"$dir/kept"
	cp "$out/template.ids" "$dir/template.ids"
	card=$template_mac
	from=$(date +%s)
	if ! make_copy "$way" >"$dir/make.log" 2>&1; then
		echo "  $way: could not be made: $(tail -n 1 "$dir/make.log")" >>"$out/reasons"
		return
	fi
	made=$(($(date +%s) - from))
	sh "$here/read.sh" "$dir/clone.raw" "$dir/clone" >"$dir/clone.ids"
	comm -12 "$dir/template.ids" "$dir/clone.ids" >"$dir/shared.ids"
	for proof in machine host keys mac disk fs seed refs fsck old boots; do
		check $proof
	done
	boot=$(cat "$dir/seconds")
	[ -z "$boot" ] || check log
	boot=${boot:--}
	rm -f "$dir/booted.qcow2" "$dir/clone.raw"
}

line()
{
	printf '%-17s %6s %6s' "$way" "$made" "$boot"
	for proof in $proofs; do
		eval "printf ' %-7s' \"\$p_$proof\""
	done
	echo
}

sh "$here/read.sh" "$IMAGE" "$out/template" >"$out/template.ids"
: >"$out/reasons"
printf '%-17s %6s %6s' "$wanted" 'made s' 'boot s'
printf ' %-7s' $proofs
echo
others=0 ours=0 bad=0 skipped=0
for way in $ways; do
	dir=$out/$way made=- boot=- failures=0
	for proof in $proofs; do
		eval "p_$proof=-"
	done
	if command -v "$(tool_of "$way")" >/dev/null; then
		prove
	else
		echo "  $way: not installed" >>"$out/reasons"
		skipped=$((skipped + 1))
	fi
	line
	if [ "$way" = vmint ]; then
		[ $failures = 0 ] && [ "$p_log" = pass ] || ours=1
	elif [ "$made" != - ]; then
		others=$((others + 1))
		[ $failures -gt 0 ] || bad=$((bad + 1))
	fi
done
cat "$out/reasons"
[ $bad = 0 ] || echo "  $bad of $others other ways pass every proof: the proofs are too weak"
# A way passes here when the proofs say of it what they must: vmint's holds, every other fails somewhere.
case " $ways " in *' vmint '*) ours_right=$((1 - ours)) ;; *) ours_right=0 ;; esac
echo "lab: $((others - bad + ours_right)) passed, $((bad + ours)) failed, $skipped skipped"
[ $ours = 0 ] && [ $bad = 0 ]
