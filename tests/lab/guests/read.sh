#!/bin/sh
# Who an image's guest is, read offline from its files alone: lines "KIND VALUE", sorted, on standard output.
# Knows nothing of vmint: sfdisk, blkid, debugfs and mtools at offsets into a raw file (another format is converted first);
# XFS and btrfs are mounted read-only, which takes root.
# usage: read.sh IMAGE [FOLDER]      (FOLDER: the guest's small files are left there)
set -u
image=$1 keep=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
files=$work/files
trap 'rm -rf "$work"' EXIT
. "$here/volumes.sh"
case $image in
*.raw) raw=$image ;;
*)
	raw=$work/disk.raw
	qemu-img convert -O raw "$image" "$raw" || exit 2
	;;
esac

disk_lines()
{
	sfdisk -J "$raw" 2>/dev/null | tr -d '", ' | awk -F: '
		$1 == "id" { print "disk-id", $2 } $1 == "uuid" { print "partition-id", $2 }' | tr 'A-F' 'a-f'
}

# What is wanted of a root; a filesystem of its own for /boot has the last without /boot.
root_files='/etc/hostname /etc/hosts /etc/machine-id /etc/fstab /var/lib/dbus/machine-id
/etc/udev/rules.d/70-persistent-net.rules /etc/systemd/network/10-lan.network /etc/netplan/50-lan.yaml
/etc/NetworkManager/system-connections/lan.nmconnection /etc/kernel/cmdline
/etc/network/interfaces /etc/initramfs-tools/conf.d/resume /var/lib/systemd/random-seed /boot/grub/grub.cfg'
root_folders='/etc/ssh /var/log/journal /var/lib/dhcp /var/lib/NetworkManager'

flat_name()
{
	echo "${1#/}" | tr / _
}

copy_from_ext()
{
	{
		for f in $root_files; do
			echo "dump $f $files/$(flat_name "$f")"
		done
		[ -e "$files/boot_grub_grub.cfg" ] || echo "dump /grub/grub.cfg $files/boot_grub_grub.cfg"
		for f in $root_folders; do
			echo "rdump $f $files"
		done
	} >"$work/commands"
	debugfs -f "$work/commands" "$raw?offset=$1" >/dev/null 2>&1
	find "$files" -maxdepth 1 -type f -empty -delete
}

# copy_from_mount FOLDER
copy_from_mount()
{
	for f in $root_files; do
		# A link would lead into this machine.
		[ -L "$1$f" ] || [ ! -f "$1$f" ] || cp "$1$f" "$files/$(flat_name "$f")"
	done
	[ ! -f "$1/grub/grub.cfg" ] || cp "$1/grub/grub.cfg" "$files/boot_grub_grub.cfg"
	for f in $root_folders; do
		[ ! -d "$1$f" ] || cp -r "$1$f" "$files/"
	done
}

copy_from_fat()
{
	mkdir -p "$files/esp"
	mcopy -n -s -i "$raw@@$1" ::/loader "$files/esp/" 2>/dev/null
	mcopy -n -i "$raw@@$1" ::/EFI/debian/grub.cfg "$files/esp/grub.cfg" 2>/dev/null
	mdir -b -i "$raw@@$1" ::/ 2>/dev/null | tr -d '\r' | sed -n 's|^::/\([0-9a-f]\{32\}\)/$|bls-folder \1|p'
	for f in "$files"/esp/loader/entries/*.conf; do
		[ ! -e "$f" ] || basename "$f" | sed 's/^\([0-9a-f]\{32\}\)-.*/bls-entry \1/'
	done
	[ ! -s "$files/esp/loader/random-seed" ] || echo "random-seed $(sha256sum <"$files/esp/loader/random-seed" | cut -c1-16)"
}

filesystem_lines()
{
	volumes "$raw" >"$work/volumes"
	while read -r type uuid start size; do
		echo "$type $uuid"
		case $type in
		ext*) copy_from_ext "$start" ;;
		xfs | btrfs) mounted "$raw" "$type" "$start" "$size" copy_from_mount ;;
		vfat) copy_from_fat "$start" ;;
		LVM2_member) volume_ids "$raw" "$start" ;;
		esac
	done <"$work/volumes"
}

system_lines()
{
	echo "hostname $(cat "$files/etc_hostname" 2>/dev/null)"
	echo "machine-id $(cat "$files/etc_machine-id" 2>/dev/null)"
	[ ! -s "$files/var_lib_dbus_machine-id" ] || echo "dbus-machine-id $(cat "$files/var_lib_dbus_machine-id")"
	for f in "$files"/ssh/ssh_host_*_key.pub; do
		[ ! -e "$f" ] || echo "host-key $(ssh-keygen -lf "$f" | awk '{ print $2, $NF }')"
	done
	for f in "$files"/journal/*; do
		[ ! -d "$f" ] || echo "journal ${f##*/}"
	done
	grep -aohiE '([0-9a-f]{2}:){5}[0-9a-f]{2}' "$files"/etc_udev* "$files"/etc_systemd_network* "$files"/etc_netplan* \
		"$files"/etc_NetworkManager* 2>/dev/null | tr A-F a-f | sort -u | sed 's/^/network-mac /'
	sed -n 's/^uuid=/connection-id /p' "$files"/etc_NetworkManager* 2>/dev/null
	[ ! -s "$files/var_lib_systemd_random-seed" ] ||
		echo "random-seed $(sha256sum <"$files/var_lib_systemd_random-seed" | cut -c1-16)"
}

mkdir -p "$files"
{
	disk_lines
	filesystem_lines
	system_lines
} | sort
[ -z "$keep" ] || { mkdir -p "$keep" && cp -r "$files/." "$keep/"; }
