#!/bin/sh
# Who an image's guest is, read offline from its files alone: lines "KIND VALUE", sorted, on standard output.
# Knows nothing of vmint: sfdisk, blkid, debugfs and mtools at offsets into a raw file (another format is converted first).
# usage: read.sh IMAGE [FOLDER]      (FOLDER: the guest's small files are left there)
set -u
image=$1 keep=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
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

# START SIZE in sectors, one partition a line.
partitions()
{
	sfdisk -d "$raw" 2>/dev/null | sed -n 's/.*start= *\([0-9]*\), size= *\([0-9]*\).*/\1 \2/p'
}

root_files='/etc/hostname /etc/hosts /etc/machine-id /etc/fstab /var/lib/dbus/machine-id /boot/grub/grub.cfg
/etc/udev/rules.d/70-persistent-net.rules /etc/systemd/network/10-lan.network /etc/netplan/50-lan.yaml
/etc/network/interfaces /etc/initramfs-tools/conf.d/resume /var/lib/systemd/random-seed'

root_lines()
{
	at=$1
	files=$work/files
	mkdir -p "$files"
	{
		for f in $root_files; do
			echo "dump $f $files/$(echo "${f#/}" | tr / _)"
		done
		echo "rdump /etc/ssh $files"
		echo "rdump /var/log/journal $files"
		echo "rdump /var/lib/dhcp $files"
	} >"$work/commands"
	debugfs -f "$work/commands" "$raw?offset=$at" >/dev/null 2>&1
	echo "hostname $(cat "$files/etc_hostname" 2>/dev/null)"
	echo "machine-id $(cat "$files/etc_machine-id" 2>/dev/null)"
	[ ! -s "$files/var_lib_dbus_machine-id" ] || echo "dbus-machine-id $(cat "$files/var_lib_dbus_machine-id")"
	for f in "$files"/ssh/ssh_host_*_key.pub; do
		[ ! -e "$f" ] || echo "host-key $(ssh-keygen -lf "$f" | awk '{ print $2, $NF }')"
	done
	for f in "$files"/journal/*; do
		[ ! -d "$f" ] || echo "journal ${f##*/}"
	done
	grep -aohE '([0-9a-f]{2}:){5}[0-9a-f]{2}' "$files"/etc_udev* "$files"/etc_systemd_network* "$files"/etc_netplan* \
		2>/dev/null | sort -u | sed 's/^/network-mac /'
	[ ! -s "$files/var_lib_systemd_random-seed" ] ||
		echo "random-seed $(sha256sum <"$files/var_lib_systemd_random-seed" | cut -c1-16)"
	[ -z "$keep" ] || { mkdir -p "$keep" && cp -r "$files/." "$keep/"; }
}

filesystem_lines()
{
	partitions | while read -r start size; do
		eval "$(blkid -p -o export -O $((start * 512)) -S $((size * 512)) "$raw" 2>/dev/null | grep -E '^(TYPE|UUID)=')"
		[ -z "${TYPE:-}" ] || echo "$TYPE $UUID"
		case ${TYPE:-} in
		ext*)
			if debugfs -R 'stat /etc/machine-id' "$raw?offset=$((start * 512))" 2>/dev/null | grep -q '^Inode'; then
				root_lines $((start * 512))
			fi
			;;
		LVM2_member) volume_lines "$start" ;;
		esac
		TYPE='' UUID=''
	done
}

# Two logical volumes in a row, root first, extents of 4 MiB from 1 MiB on: what lvm.sh makes.
volume_lines()
{
	dd if="$raw" iflag=skip_bytes,count_bytes skip=$(($1 * 512)) count=1048576 bs=64K status=none |
		strings -n 8 >"$work/metadata"
	awk '$1 == "id" && $2 == "=" { gsub("\"", "", $3); print "lvm-id", $3 }' "$work/metadata" | sort -u
	at=$((($1 + 2048) * 512))
	count=$(awk '$1 == "extent_count" { print $3; exit }' "$work/metadata")
	for volume in $at $((at + count * 4194304)); do
		blkid -p -o export -O "$volume" "$raw" 2>/dev/null |
			awk -F= '$1 == "UUID" { u = $2 } $1 == "TYPE" { t = $2 } END { if (t) print t, u }'
	done
	root_lines $at
}

{
	disk_lines
	filesystem_lines
} | sort
