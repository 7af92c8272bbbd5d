#!/bin/sh
# What clones do when they live: two on one network, one with the other's disk, and one that makes its boot files anew.
# Prints a row a proof; a failed one has its reasons below it.
# usage: life.sh [PROOF:GUEST...]     exit 0, 1 when a proof failed, 77 when all were skipped
#
# network   two clones boot on one bridge with dnsmasq: two leases, by their own MACs and client ids, under their own names
# copies    the same of two plain copies of the template: they must be found out, or "network" proves nothing
# attach    one clone boots with the other's disk: every filesystem of it is mounted beside the own ones
# inside    in a clone boot menu and initial ramdisk are made anew and the kernel is installed again; nothing of the template
#           comes back, and it boots again as the same machine; a clone of what it has become is another machine again
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
store=${GUESTS:-$top/build/lab/guests}
vmint=${VMINT:-$top/vmint}
passed=0 failed=0 skipped=0
only=" $* "
GUESTS=$store
export GUESTS

. "$here/checks.sh"
. "$here/network.sh"

# The row of a guest into its columns, its image built when it is not there.
guest()
{
	[ "$1" = "$wanted" ] || return 0
	shift
	columns "$@"
	known=yes
}

find_guest()
{
	wanted=$1 known=no
	. "$here/guests.sh"
	image=$(sh "$here/build.sh" "$1" | cut -d' ' -f2)
	[ "$known" = yes ] && [ -e "$image" ]
}

# clone-1 and clone-2 as files of their own, and who they are.
make_pair()
{
	rm -rf "$dir"
	mkdir -p "$dir"
	timeout 300 nice "$vmint" clone -q "$image" -o "$dir/fleet" --name 'clone-{n}' -n 2 2>"$dir/clone.err" || return
	for n in 1 2; do
		ledger=$dir/fleet/clone-$n/identity.json
		qemu-img convert -O raw "$dir/fleet/$(jq -r '.clone.name + "/" + .clone.disks[0].file' "$ledger")" "$dir/clone-$n.raw" || return
		eval "mac_$n=$(jq -r '.clone.macs[0]' "$ledger")"
	done
}


# ---- proofs: each prints what is wrong ----

network_proof()
{
	make_pair || { tail -n 1 "$dir/clone.err"; return; }
	boot_both "$mac_1" "$mac_2"
	two_leases
}

# The copies keep the template's card, as a cloned file does when nobody asks for another.
copies_proof()
{
	mkdir -p "$dir"
	cp --sparse=always "$image" "$dir/clone-1.raw"
	cp --sparse=always "$image" "$dir/clone-2.raw"
	boot_both 52:54:00:aa:bb:01 52:54:00:aa:bb:01
	grep -q 52:54:00:aa:bb:01 "$dir/given" || echo 'no copy has a lease'
	[ -n "$(two_leases)" ] || echo 'two plain copies were not found out'
}

attach_proof()
{
	make_pair || { tail -n 1 "$dir/clone.err"; return; }
	# Of the own disk nothing is mounted twice; of the other's, all that can be.
	cat >"$dir/commands" <<-'E'
		findmnt -rno SOURCE / | grep '^/dev/vda'
		! swapon --show=NAME --noheadings | grep '^/dev/vdb'
		for d in $(lsblk -rno NAME,FSTYPE /dev/vdb | awk '$2 != "" && $2 != "swap" { print $1 }'); do mkdir -p /mnt/$d && mount /dev/$d /mnt/$d || exit 1; done
		cat /mnt/vdb*/etc/hostname /mnt/vdb*/@rootfs/etc/hostname 2>/dev/null | grep -x clone-2
		test "$(lsblk -rno UUID | grep . | sort | uniq -d)" = "" && test "$(lsblk -rno PARTUUID | grep . | sort -u | wc -l)" -gt 1
		umount /mnt/vdb*
	E
	COMMANDS=$dir/commands sh "$here/boot.sh" "$dir/clone-1.raw" raw "$firmware" "$dir/booted.qcow2" "$dir/console.log" "$mac_1" 600 \
		-drive "file=$dir/clone-2.raw,format=raw,if=virtio,snapshot=on" >"$dir/boot.out" || grep -v '^login' "$dir/boot.out" | tail -n 4
}

# What a row's own tools are, for its initial ramdisk and its boot menu.
renewing_commands()
{
	case $loader in systemd-boot) ;; *) echo update-grub ;; esac
	case $initrd in
	dracut) echo 'dracut -q --force --hostonly /boot/initrd.img-$(uname -r) $(uname -r)' ;;
	*)
		echo 'echo COMPRESSLEVEL=1 >/etc/initramfs-tools/conf.d/level'
		echo 'update-initramfs -u -k all'
		;;
	esac
	echo 'dpkg-reconfigure linux-image-$(uname -r)'
	case $loader in systemd-boot) echo 'ls /boot/efi/loader/entries' ;; esac
	echo sync
}

inside_proof()
{
	make_pair || { tail -n 1 "$dir/clone.err"; return; }
	sh "$here/read.sh" "$image" "$dir/template" >"$dir/template.ids"
	ledger=$dir/fleet/clone-1/identity.json
	kept >"$dir/kept"
	renewing_commands >"$dir/commands"
	COMMANDS=$dir/commands sh "$here/boot.sh" "$dir/clone-1.raw" raw "$firmware" "$dir/booted-1.qcow2" "$dir/console-1.log" "$mac_1" 600 \
		>"$dir/boot-1.out" || { grep -v '^login' "$dir/boot-1.out" | tail -n 4; return; }
	sh "$here/boot.sh" "$dir/booted-1.qcow2" qcow2 "$firmware" "$dir/booted-2.qcow2" "$dir/console-2.log" "$mac_1" 600 >"$dir/boot-2.out" ||
		{ echo "second boot: $(grep -v '^login' "$dir/boot-2.out")"; return; }
	sh "$here/read.sh" "$dir/clone-1.raw" "$dir/first" >"$dir/clone.ids"
	qemu-img convert -O raw "$dir/booted-2.qcow2" "$dir/clone.raw"
	sh "$here/read.sh" "$dir/clone.raw" "$dir/booted" >"$dir/booted.ids"
	change_wrong
	cp "$dir/booted.ids" "$dir/clone.ids"
	rm -rf "$dir/clone"
	cp -r "$dir/booted" "$dir/clone"
	references_wrong
	leftovers_wrong
	next_generation
}

# What has run for a while is a better template than any that was only built: leases, journals, a ramdisk for this host.
next_generation()
{
	old=$dir
	dir=$old/next
	mkdir -p "$dir"
	cp "$old/booted.ids" "$dir/template.ids"
	if timeout 300 nice "$vmint" clone -q "$old/clone.raw" -o "$dir/fleet" --name next -n 1 2>"$dir/clone.err" &&
		ledger=$dir/fleet/next/identity.json && mac=$(jq -r '.clone.macs[0]' "$ledger") &&
		qemu-img convert -O raw "$dir/fleet/$(jq -r '.clone.name + "/" + .clone.disks[0].file' "$ledger")" "$dir/clone.raw"; then
		sh "$here/read.sh" "$dir/clone.raw" "$dir/clone" >"$dir/clone.ids"
		{
			identity_wrong
			references_wrong
			filesystems_wrong
			leftovers_wrong
			sh "$here/boot.sh" "$dir/clone.raw" raw "$firmware" "$dir/booted.qcow2" "$dir/console.log" "$mac" 600 >"$dir/boot.out" ||
				grep -v '^login' "$dir/boot.out"
		} | sed 's/^/its clone: /'
	else
		echo "its clone: $(tail -n 1 "$dir/clone.err")"
	fi
	dir=$old
}

proof()
{
	name=$1:$2
	case "$only" in '  ' | *" $name "* | *" $1 "*) ;; *) return ;; esac
	dir=$store/results/$1-$2
	why=
	case $1 in network | copies) why=$(network_missing) ;; esac
	if [ -n "$why" ]; then
		echo "skip: $name: $why"
		skipped=$((skipped + 1))
		return
	fi
	began=$(date +%s)
	if find_guest "$2"; then
		key=$({ echo "$image"; cat "$vmint" "$here"/*.sh "$here"/*.py; } | sha256sum)
		if [ "$(cat "$dir/key" 2>/dev/null)" = "$key" ]; then
			cat "$dir/line"
			passed=$((passed + 1))
			return
		fi
		rm -rf "$dir"
		mkdir -p "$dir"
		"$1_proof" >"$dir.wrong" 2>&1
		mv "$dir.wrong" "$dir/wrong"
	else
		mkdir -p "$dir"
		echo 'the guest could not be built' >"$dir/wrong"
	fi
	if [ -s "$dir/wrong" ]; then
		outcome=FAIL failed=$((failed + 1))
	else
		outcome=pass passed=$((passed + 1))
	fi
	printf '%-9s %-20s %5s  %s\n' "$1" "$2" $(($(date +%s) - began)) $outcome | tee "$dir/line"
	sed 's/^/  /' "$dir/wrong"
	[ $outcome = FAIL ] || echo "$key" >"$dir/key"
	rm -f "$dir"/*.raw "$dir"/*.qcow2 "$dir"/next/*.raw "$dir"/next/*.qcow2
	rm -rf "$dir/fleet" "$dir/next/fleet"
}

proof attach uefi-bls-networkd
proof attach bios-xfs-ifupdown
proof attach uefi-btrfs-netplan
proof inside uefi-swap-networkd
proof inside bios-dracut-nm
proof inside uefi-bls-networkd
proof inside uefi-lvm-networkd
proof network uefi-bls-networkd
proof network bios-plain-ifupdown
proof copies uefi-bls-networkd
echo "lab: $passed passed, $failed failed, $skipped skipped"
[ $((passed + failed)) -gt 0 ] || exit 77
[ $failed = 0 ]
