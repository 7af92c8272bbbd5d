#!/bin/sh
# A root folder's archive with more packages in it. Runs as root or as root of a user namespace.
# usage: extend.sh ARCHIVE OUT.tar PACKAGE...     PACKAGES names a folder of packages already here
set -eu
archive=$1 out=$2
if [ "${EXTEND_NAMESPACE:-}" = "" ]; then
	EXTEND_NAMESPACE=1 exec unshare -m --propagation private sh "$0" "$@"
fi
shift 2
root=$out.root
rm -rf "$root"
mkdir -p "$root"
trap 'umount -l "$root/dev" "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$root" "$out.new"' EXIT

tar -C "$root" -xpf "$archive" --numeric-owner --xattrs --exclude='./dev/*'
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mv "$root/etc/resolv.conf" "$root/etc/resolv.conf.kept" 2>/dev/null || true
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
mkdir -p "$root/var/cache/apt/archives/partial"
cp "$PACKAGES"/*.deb "$root/var/cache/apt/archives/" 2>/dev/null || true
export DEBIAN_FRONTEND=noninteractive
chroot "$root" apt-get update -q
chroot "$root" apt-get install -q -y --no-install-recommends "$@"
cp -n "$root"/var/cache/apt/archives/*.deb "$PACKAGES/"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* "$root/usr/sbin/policy-rc.d" \
	"$root/etc/resolv.conf"
mv "$root/etc/resolv.conf.kept" "$root/etc/resolv.conf" 2>/dev/null || true
umount -l "$root/dev" "$root/proc"
tar -C "$root" -cf "$out.new" --numeric-owner --xattrs .
mv "$out.new" "$out"
