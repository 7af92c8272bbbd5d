#!/bin/sh
# Builds the guests of guests.sh from Debian's packages, once for each content, under build/lab/guests.
# Prints for each its name, the image and the seconds it took (0 when it was there). Root or a user with subordinate ids.
# usage: build.sh [NAME...]     exit 0, 1 when one failed, 77 when tools are missing (make deps: tests/deps.sh lab)
set -u
here=$(cd "$(dirname "$0")" && pwd)
store=${GUESTS:-$(cd "$here/../../.." && pwd)/build/lab/guests}
suite=bookworm
only=" $* "
status=0

common='systemd-sysv,dbus,udev,kmod,linux-image-cloud-amd64,zstd,e2fsprogs,dosfstools,iproute2,openssh-server'
grub='grub2-common,grub-pc-bin,grub-efi-amd64-bin,grub-efi-amd64-signed,shim-signed'

missing()
{
	for tool in mmdebstrap mke2fs mkfs.xfs mkfs.btrfs debugfs blkid sfdisk mkfs.vfat mcopy mkswap qemu-img ssh-keygen; do
		command -v $tool >/dev/null || printf '%s ' $tool
	done
}

base_packages()
{
	printf '%s,%s' "$common" "$initrd"
	case $loader in systemd-boot) printf ',systemd-boot' ;; *) printf ',%s' "$grub" ;; esac
}

more_packages()
{
	case $net in
	nm) echo network-manager ;;
	netplan) echo netplan.io ;;
	ifupdown) echo ifupdown isc-dhcp-client ;;
	esac
	[ "$cloud_init" = no ] || echo cloud-init
	case $layout in *lvm*) echo lvm2 ;; esac
	case $fs in
	xfs) echo xfsprogs ;;
	btrfs) echo btrfs-progs ;;
	esac
}

digest()
{
	sha256sum | cut -c1-16
}

# One root folder's archive for each set of packages; guests differ in what is done to it.
base_archive()
{
	base=$store/root-$(printf '%s %s' "$suite" "$(base_packages)" | digest).tar
	[ ! -e "$base" ] || return 0
	nice -n 10 timeout 1800 mmdebstrap --variant=minbase --include="$(base_packages)" --aptopt='Acquire::Languages "none"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --skip=download/empty --skip=essential/unlink \
		--setup-hook='mkdir -p "$1/var/cache/apt/archives"; cp "$PACKAGES"/*.deb "$1/var/cache/apt/archives/" 2>/dev/null || :' \
		--customize-hook='cp -n "$1"/var/cache/apt/archives/*.deb "$PACKAGES/"' \
		--customize-hook='echo root:bench | chroot "$1" chpasswd' \
		"$suite" "${base%.tar}.new.tar" $MIRROR >"$base.log" 2>&1 </dev/null &&
		mv "${base%.tar}.new.tar" "$base"
}

root_archive()
{
	archive=$store/root-$(printf '%s %s %s' "$suite" "$(base_packages)" "$(more_packages)" | digest).tar
	[ ! -e "$archive" ] || return 0
	base_archive || { cp "$base.log" "$archive.log"; return 1; }
	if [ -z "$(more_packages)" ]; then
		ln -f "$base" "$archive"
	else
		as_root nice -n 10 timeout 900 sh "$here/extend.sh" "$base" "$archive" $(more_packages) >"$archive.log" 2>&1 </dev/null
	fi
}

# As root, or as root of a user namespace: files then have the owners they must have.
as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		mmdebstrap --unshare-helper "$@"
	fi
}

one_guest()
{
	name=$1 row=$*
	case "${only#  }" in '' | *" $name "*) ;; *) return ;; esac
	shift
	columns "$@"
	began=$(date +%s)
	image=$store/$name-$({ echo "$row" "$(base_packages) $(more_packages)"; cat "$here/image.sh" "$here/loader.sh" "$here/system.sh"; } | digest).raw
	if ! [ -e "$image" ]; then
		# One at a time: rows share archives.
		exec 9>"$store/lock"
		flock 9
	fi
	if ! [ -e "$image" ]; then
		if ! root_archive; then
			echo "$name failed: packages: $(tail -n 1 "$archive.log")"
			status=1
			return
		fi
		if ! as_root nice -n 10 timeout 300 sh "$here/image.sh" "$archive" "$image" >"$image.log" 2>&1 </dev/null; then
			echo "$name failed: image: $(tail -n 1 "$image.log")"
			status=1
			return
		fi
	fi
	exec 9>&-
	# What the row was before is of no more use.
	for old in "$store/$name"-????????????????.raw; do
		[ "$old" = "$image" ] || rm -f "$old" "$old.log"
	done
	echo "$name $image $(($(date +%s) - began))"
}

missing=$(missing)
if [ -n "$missing" ]; then
	echo "skip: guests: missing: $missing(tests/deps.sh lab)" >&2
	exit 77
fi
MIRROR=${MIRROR:-}
PACKAGES=$store/debs
export PACKAGES
mkdir -p "$PACKAGES"
guest()
{
	one_guest "$@"
}
. "$here/guests.sh"
exit $status
