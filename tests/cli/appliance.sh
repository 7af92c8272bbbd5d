#!/bin/sh
# Guests on XFS and btrfs, cloned through libguestfs: the files of the clones, their UUIDs, and what the filesystems' own
# tools and libguestfs say of them. Nothing is booted. Prints ok:/not ok:/skip: lines.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
vmint=${VMINT:-$root/vmint}
fstool=$(find "$root"/build -path '*/tests/tools/fstool' -newer "$root/tests/tools/fstool.c" 2>/dev/null | head -n 1)
PATH=$PATH:/usr/sbin:/sbin
# its own emulation works everywhere; a KVM that is there may not
export LIBGUESTFS_BACKEND="${LIBGUESTFS_BACKEND:-direct}" LIBGUESTFS_BACKEND_SETTINGS="${LIBGUESTFS_BACKEND_SETTINGS:-force_tcg}"
old=11111111-2222-4333-8444-555555555555
new=22222222-3333-4444-8555-666666666666
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT INT TERM
cd "$dir" || exit 2

for tool in mkfs.xfs xfs_repair mkfs.btrfs btrfs sfdisk qemu-img blkid; do
	command -v $tool >/dev/null || { echo "skip: guests on XFS and btrfs: no $tool"; exit 0; }
done

ok()
{
	echo "ok: $1"
}

bad()
{
	echo "not ok: $1"
}

# is WHAT COMMAND...: ok when the command succeeds
is()
{
	what=$1
	shift
	if "$@" >out.txt 2>err.txt; then
		ok "$what"
	else
		bad "$what"
		tail -n 20 out.txt err.txt
	fi
}

# same WHAT HAVE WANT
same()
{
	if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: '$2', not '$3'"; fi
}

# says WHAT TEXT FILE
says()
{
	if grep -q -e "$2" "$3"; then ok "$1"; else bad "$1"; head -n 40 "$3"; fi
}

# ---- a guest's root, as a folder ----

tree()
{
	rm -rf tree
	mkdir -p tree/etc/ssh tree/etc/network tree/usr/lib tree/usr/lib/modules/6.1.0-9-amd64 tree/boot/grub \
		tree/var/lib/dbus tree/var/lib/systemd tree/var/log/journal tree/sbin tree/root tree/home
	echo 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
ID=debian
VERSION_ID="12"' >tree/usr/lib/os-release
	ln -s ../usr/lib/os-release tree/etc/os-release
	ln -s usr/lib tree/lib
	echo golden >tree/etc/hostname
	printf '127.0.0.1 localhost\n127.0.1.1 golden\n' >tree/etc/hosts
	echo 0123456789abcdef0123456789abcdef >tree/etc/machine-id
	ln -s /etc/machine-id tree/var/lib/dbus/machine-id
	printf 'UUID=%s / %s defaults 0 1\n' $old "$1" >tree/etc/fstab
	printf 'menuentry x {\n search --fs-uuid --set=root %s\n linux /vmlinuz root=UUID=%s ro\n}\n' $old $old \
		>tree/boot/grub/grub.cfg
	head -c 512 /dev/urandom >tree/var/lib/systemd/random-seed
	ssh-keygen -q -t ed25519 -N '' -C root@golden -f tree/etc/ssh/ssh_host_ed25519_key
	chmod 600 tree/etc/ssh/ssh_host_ed25519_key
	touch -d 2020-01-02 tree/etc/hostname
}

# A protofile of a folder: mkfs.xfs fills the filesystem from it.
proto()
(
	cd "$1" && [ -d . ] || exit 1
	for name in *; do
		[ -e "$name" ] || [ -L "$name" ] || continue
		if [ -L "$name" ]; then
			printf '%s l--777 0 0 %s\n' "$name" "$(readlink "$name")"
		elif [ -d "$name" ]; then
			printf '%s d--%s 0 0\n' "$name" "$(stat -c %03a "$name")"
			proto "$name"
			echo '$'
		else
			printf '%s ---%s 0 0 %s/%s\n' "$name" "$(stat -c %03a "$name")" "$PWD" "$name"
		fi
	done
)

make_xfs()
{
	{ printf '/dev/null\n0 0\nd--755 0 0\n'; proto tree; echo '$'; } >proto.txt
	truncate -s 400M fs.img && mkfs.xfs -q -m uuid=$old -L root -p proto.txt fs.img
}

make_btrfs()
{
	# as Debian's installer does it: the system is in a subvolume, here a folder stands for it
	mkdir -p top && rm -rf top/@rootfs && mv tree top/@rootfs
	# small files enough beside the keys that leaves are split: halves of them stay in the gaps of others
	mkdir top/@rootfs/etc/ssh/ssh_config.d
	for i in $(seq 100); do printf '#%01200d\n' "$i" >"top/@rootfs/etc/ssh/ssh_config.d/$i.conf"; done
	truncate -s 400M fs.img && mkfs.btrfs -q -U $old -L root --rootdir top fs.img >/dev/null 2>&1
	rm -rf top
}

# One partition that holds fs.img.
disk()
{
	truncate -s 404M "$1" && printf 'label: gpt\nstart=2048, size=819200, type=linux\n' | sfdisk -q "$1" >/dev/null 2>&1 &&
		dd if=fs.img of="$1" bs=1M seek=1 conv=notrunc,sparse status=none && rm -f fs.img
}

check_xfs()
{
	xfs_repair -n "$1"
}

check_btrfs()
{
	btrfs check "$1"
}

# ---- without an appliance ----

make_one()
{
	rm -f fs.img
	tree "$1" && "make_$1" && disk "$1.raw"
}

# What a kernel made: the names are in XFS's log, too, and those of the full folder once stood in its inode.
lived()
{
	command -v guestfish >/dev/null || return 0
	at=
	[ "$1" = xfs ] || at=/@rootfs
	id=0123456789abcdef0123456789abcdef
	{
		echo run
		echo mount /dev/sda1 /
		echo mkdir $at/var/log/journal/$id
		echo mkdir-p $at/boot/loader/entries
		for n in 1 2 3 4 5 6 7 8; do
			printf 'write %s "%s"\n' "$at/boot/loader/entries/$id-6.1.0-$n-amd64.conf" \
				"title Debian\\nmachine-id $id\\noptions root=UUID=$old ro\\n"
		done
		echo chown 7 8 $at/boot/loader/entries
	} | timeout 600 guestfish --format=raw -a "$1.raw" && grep -aq $id "$1.raw"
}

for fs in xfs btrfs; do
	is "$fs: a template" make_one $fs
	is "$fs: which has lived" lived $fs
	sum=$(sha256sum <$fs.raw)
	"$vmint" inspect --engines native $fs.raw >native.txt 2>&1
	says "$fs: native engines say what they do not read" 'its files cannot be read: only native engines' native.txt
	says "$fs: and find no Linux" 'no Linux was found' native.txt
	is "$fs: its clone is made all the same" "$vmint" clone --engines native $fs.raw -n 1 -o native-$fs -q
	is "$fs: with the old UUID, and the reason" grep -q 'no Linux was found: what refers to it' native-$fs/*/identity.json
	rm -rf native-$fs
	same "$fs: the template is as it was" "$(sha256sum <$fs.raw)" "$sum"
done

if ! ldconfig -p | grep -q libguestfs.so.0; then
	echo 'skip: clones through libguestfs: it is not installed (libguestfs0 and guestfs-tools)'
	exit 0
fi
if ! ls /boot/vmlinuz* >/dev/null 2>&1; then
	echo 'skip: clones through libguestfs: no kernel in /boot for its appliance'
	exit 0
fi

# ---- every call, on one filesystem ----

calls()
{
	tree "$1" && "make_$1" && mv fs.img calls.img
	timeout 600 "$fstool" calls.img "$1" stat /etc/hostname replace /etc/hostname web-1 replace /etc/os-release ID=other \
		create /etc/new hello mkdir /var/lib/made create /var/lib/made/in inside symlink /etc/l ../usr \
		remove /etc/network remove /etc/hosts rename /etc/fstab /etc/fstab.old big /big 5 flush set $new \
		replace /etc/fstab.old after engine stat /etc/hostname cat /etc/hostname cat /usr/lib/os-release \
		stat /etc/new stat /var/lib/made cat /var/lib/made/in link /etc/l cat /etc/fstab.old \
		stat /big list /etc >calls.txt && "check_$1" calls.img
}

if [ -n "$fstool" ]; then
	for fs in xfs btrfs; do
		is "$fs: every call of the engine, a new UUID, and calls after it" calls $fs
		says "$fs: read back" '^libguestfs$' calls.txt
		# the first line, with the new size
		says "$fs: a replaced file keeps its time" "^$(sed -n '1s/0:0 7 /0:0 5 /p' calls.txt)\$" calls.txt
		says "$fs: through a link" 'web-1ID=other' calls.txt
		says "$fs: a new file's mode and owner" '100640 7:8 5 ' calls.txt
		says "$fs: a folder's" '^42755 7:8 ' calls.txt
		says "$fs: in it, a link, and an edit after the new UUID" 'after100644 0:0 5242880' calls.txt
		if grep -q '^hosts$\|^network$\|^fstab$' calls.txt; then bad "$fs: removed and renamed"; else ok "$fs: removed and renamed"; fi
		same "$fs: blkid sees the new UUID" "$(blkid -p -o value -s UUID calls.img)" $new
	done
	rm -f calls.img
else
	echo 'skip: every call of the engine: fstool is not built'
fi

# ---- clones ----

# part FILE CLONE: the clone's partition as a file of its own
part()
{
	qemu-img convert -O raw "$1" whole.raw && dd if=whole.raw of="$2" bs=1M skip=1 count=400 conv=sparse status=none &&
		rm -f whole.raw
}

inside()
{
	timeout 600 guestfish --ro --format=raw -a part.img run : mount-ro /dev/sda / : \
		cat "$1/etc/hostname" : cat "$1/etc/machine-id" : cat "$1/etc/fstab" : cat "$1/boot/grub/grub.cfg" : \
		lstatns "$1/etc/ssh/ssh_host_ed25519_key" : cat "$1/etc/ssh/ssh_host_ed25519_key.pub" : \
		ls "$1/boot/loader/entries" : lstatns "$1/boot/loader/entries"
}

for fs in xfs btrfs; do
	sum=$(sha256sum <$fs.raw)
	start=$(date +%s)
	is "$fs: three clones" timeout 900 "$vmint" clone $fs.raw -n 3 --name "$fs{n}" -o fleet-$fs -q
	echo "$fs: three clones in $(($(date +%s) - start)) s"
	same "$fs: the template is as it was" "$(sha256sum <$fs.raw)" "$sum"
	uuids=
	for c in ${fs}1 ${fs}2 ${fs}3; do
		is "$fs $c: its partition" part fleet-$fs/$c/disk0.qcow2 part.img
		uuids="$uuids$(blkid -p -o value -s UUID part.img)
"
		is "$fs $c: the filesystem is sound" check_$fs part.img
	done
	same "$fs: UUIDs of their own" "$(printf '%s%s\n' "$uuids" $old | sort -u | grep -c .)" 4
	uuid=$(printf '%s' "$uuids" | tail -n 1)
	if ! command -v guestfish >/dev/null; then
		echo "skip: $fs: read back: no guestfish"
		continue
	fi
	at=
	[ $fs = btrfs ] && at=/@rootfs
	is "$fs: read back by guestfish" inside "$at"
	cp out.txt inside.txt
	says "$fs: host name" "^${fs}3\$" inside.txt
	says "$fs: fstab" "^UUID=$uuid / $fs" inside.txt
	says "$fs: boot loader" "root=UUID=$uuid ro" inside.txt
	if grep -q "$old\|0123456789abcdef0123\|golden" inside.txt; then bad "$fs: nothing of the old identity"; else
		ok "$fs: nothing of the old identity"
	fi
	says "$fs: the private key's mode" 'st_mode: 33152' inside.txt
	same "$fs: boot entries, all renamed" "$(grep -c '^[0-9a-f]\{32\}-6.1.0-[1-8]-amd64.conf$' inside.txt)" 8
	says "$fs: the owner of their folder" 'st_uid: 7' inside.txt
done

is 'nothing old is left behind, neither in free blocks nor in a log' timeout 600 "$vmint" verify --checkers none fleet-xfs fleet-btrfs
is 'the clones share nothing' timeout 600 "$vmint" audit fleet-xfs fleet-btrfs
# Those of other tests, which run beside this one, go within a second.
left_sockets()
{
	find /tmp -maxdepth 1 -name 'vmint-disk-*' -newer proto.txt 2>/dev/null
}
for try in 1 2 3 4 5 6 7 8 9 10; do
	[ -n "$(left_sockets)" ] || break
	sleep 1
done
same 'no sockets are left' "$(left_sockets)" ''
