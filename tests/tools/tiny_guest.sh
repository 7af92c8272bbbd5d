#!/bin/sh
# Builds the smallest guest that boots as real ones do: MBR, GRUB in the gap, an ext4 root with Debian's cloud kernel, an
# initramfs that finds the root by its UUID, and busybox as its system. Four seconds under TCG on a quiet machine.
# It has a name, a machine-id, a host key, takes a DHCP lease, asks for a login on the serial port, and obeys its power
# button. /etc/fault, a line of shell, is run before the prompt. No root is needed.
# usage: tiny_guest.sh OUT.raw        exit 0, 77 when tools are missing (said on standard error)
set -eu
umask 022
out=$(realpath -m "$1")
PATH=$PATH:/usr/sbin:/sbin
export PATH LC_ALL=C
missing=
for tool in busybox cpio mke2fs grub-mkimage sfdisk depmod ssh-keygen; do
	command -v $tool >/dev/null || missing="$missing $tool"
done
[ -e /usr/lib/grub/i386-pc/boot.img ] || missing="$missing grub-pc-bin"
kernel=$(ls /boot/vmlinuz-*-cloud-amd64 2>/dev/null | sort -V | tail -n 1)
[ -n "$kernel" ] || missing="$missing linux-image-cloud-amd64"
if [ -n "$missing" ]; then
	echo "tiny guest: missing:$missing" >&2
	exit 77
fi
version=${kernel#/boot/vmlinuz-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
uuid=$(cat /proc/sys/kernel/random/uuid)
machine=$(tr -d - </proc/sys/kernel/random/uuid)
start=2048
sectors=163840

# put PATH MODE: a file from standard input.
put()
{
	mkdir -p "$root${1%/*}"
	cat >"$root$1"
	chmod "$2" "$root$1"
}

# ---- the initramfs: modules, then the root by its UUID ----

modules_of()
{
	for m in "$@"; do
		modprobe -S "$version" --show-depends "$m" 2>/dev/null | awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++'
}

initramfs()
{
	i=$work/initramfs
	mkdir -p "$i/bin" "$i/proc" "$i/dev" "$i/sys" "$i/root" "$i/modules"
	cp "$(command -v busybox)" "$i/bin/busybox"
	n=10
	for m in $(modules_of virtio_pci virtio_blk virtio_net virtio_rng button evdev ext4); do
		cp "$m" "$i/modules/$n-${m##*/}"
		n=$((n + 1))
	done
	cat >"$i/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		for m in /modules/*; do
			insmod "$m"
		done
		for word in $(cat /proc/cmdline); do
			case $word in root=*) spec=${word#root=} ;; esac
		done
		for try in 1 2 3 4 5 6 7 8; do
			root=$(findfs "$spec") && break
			sleep 0.2
		done
		if [ -z "$root" ]; then
			echo "ALERT!  $spec does not exist.  Dropping to a shell!"
			exec setsid cttyhack env PS1='(initramfs) ' sh
		fi
		mount "$root" /root
		mount --move /dev /root/dev
		mount --move /proc /root/proc
		mount --move /sys /root/sys
		exec switch_root /root /sbin/init
	END
	chmod 755 "$i/init"
	(cd "$i" && find . | sort | cpio -o -H newc --quiet -R 0:0)
}

# ---- the system ----

mkdir -p "$root/boot/grub" "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/tmp" "$root/root" "$root/var/lib" "$root/usr/bin"
put /bin/busybox 755 <"$(command -v busybox)"
ln -s busybox "$root/bin/sh"
put /etc/os-release 644 <<-END
	ID=debian
	VERSION_ID="12"
	PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
END
echo tiny-template | put /etc/hostname 644
printf '127.0.0.1\tlocalhost\n127.0.1.1\ttiny-template\n' | put /etc/hosts 644
echo "$machine" | put /etc/machine-id 444
echo "UUID=$uuid / ext4 errors=remount-ro 0 1" | put /etc/fstab 644
mkdir -p "$root/etc/ssh"
ssh-keygen -q -t ed25519 -N '' -C root@tiny-template -f "$root/etc/ssh/ssh_host_ed25519_key"
# Room for a test to write a fault into.
head -c 200 /dev/zero | tr '\0' '#' | put /etc/fault 644
put /usr/bin/udhcpc.script 755 <<-'END'
	#!/bin/sh
	[ "$1" = bound ] && ip addr add "$ip/24" dev "$interface"
END
put /sbin/init 755 <<-'END'
	#!/bin/sh
	/bin/busybox --install -s /bin
	export PATH=/bin:/sbin:/usr/bin
	exec </dev/ttyS0 >/dev/ttyS0 2>&1
	mount -o remount,rw /
	hostname "$(cat /etc/hostname)"
	ip link set eth0 up 2>/dev/null && udhcpc -q -n -i eth0 -x hostname:"$(hostname)" -s /usr/bin/udhcpc.script >/dev/null 2>&1 &
	. /etc/fault
	printf '\r\n\033[1mtiny guest\033[0m ttyS0\r\n\r\n%s login: ' "$(hostname)"
	for e in /sys/class/input/event*; do
		grep -q 'Power Button' "$e/device/name" && button=/dev/input/${e##*/}
	done
	# An event is 24 bytes.
	dd if="$button" bs=24 count=1 of=/dev/null 2>/dev/null
	printf '\r\nturning off\r\n'
	mount -o remount,ro / || sync
	poweroff -f
END

cp "$kernel" "$root/boot/vmlinuz-$version"
chmod 644 "$root/boot/vmlinuz-$version"
initramfs >"$root/boot/initrd.img-$version"
put /boot/grub/grub.cfg 644 <<-END
	serial --speed=115200
	terminal_output serial
	set timeout=0
	menuentry 'Debian GNU/Linux' {
		search --no-floppy --fs-uuid --set=root $uuid
		linux /boot/vmlinuz-$version root=UUID=$uuid ro console=ttyS0,115200 quiet panic=0
		initrd /boot/initrd.img-$version
	}
END

# ---- the disk ----

le64()
{
	v=$1
	for _ in 1 2 3 4 5 6 7 8; do
		printf "\\$(printf %o $((v & 255)))"
		v=$((v >> 8))
	done
}

# at FILE BYTE: standard input goes there.
at()
{
	dd of="$1" bs=64K oflag=seek_bytes seek="$2" conv=notrunc iflag=fullblock status=none
}

# As grub-install does: the core image behind the MBR, which knows where it is.
loader()
{
	printf 'set prefix=(hd0,msdos1)/boot/grub\nserial --speed=115200\nterminal_output serial\nterminal_input serial\n' >"$work/early.cfg"
	grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -c "$work/early.cfg" -o "$work/core.img" \
		biosdisk part_msdos ext2 normal configfile search search_fs_uuid linux serial terminal echo minicmd
	[ "$(stat -c %s "$work/core.img")" -lt $(((start - 1) * 512)) ]
	le64 2 | at "$work/core.img" 500
	head -c 440 /usr/lib/grub/i386-pc/boot.img | at "$1" 0
	le64 1 | at "$1" 92
	printf '\220\220' | at "$1" 102
	at "$1" 512 <"$work/core.img"
}

disk=$work/disk.raw
truncate -s $(((start + sectors) * 512)) "$disk"
echo "start=$start, size=$sectors, type=83, bootable" | sfdisk -q --label dos "$disk"
loader "$disk"
mke2fs -q -F -t ext4 -U "$uuid" -O metadata_csum,^metadata_csum_seed,^orphan_file -E offset=$((start * 512)),root_owner=0:0 \
	-d "$root" "$disk" $((sectors / 2))k
mkdir -p "${out%/*}"
cp --sparse=always "$disk" "$out.new"
mv "$out.new" "$out"
