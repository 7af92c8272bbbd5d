#!/bin/sh
# Programs that would take over a machine's network if they were installed (netplan, ifquery, nmcli): their packages are
# unpacked under build/borrowed, and build/borrowed/bin runs them from there. Nothing is installed.
# usage: borrow.sh      quiet and without failure where that cannot be done: the tests then skip what needs them
set -u
cd "$(dirname "$0")/.." || exit 2
out=$PWD/build/borrowed
wanted='netplan.io ifupdown network-manager'
[ ! -e "$out/bin/nmcli" ] || exit 0
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || exit 0

rm -rf "$out"
mkdir -p "$out/packages/partial" "$out/root" "$out/bin"
# What they need and is not installed comes with them; a download asks for no rights, but apt's lock does.
# shellcheck disable=SC2086
apt-get install -y --no-install-recommends --download-only -o Dir::Cache::archives="$out/packages" -o Debug::NoLocking=1 \
	$wanted >"$out/log" 2>&1 || exit 0
for package in "$out"/packages/*.deb; do
	[ ! -e "$package" ] || dpkg-deb -x "$package" "$out/root" || exit 0
done
rm -rf "$out/packages"

# program NAME PATH
program()
{
	[ -e "$out/root$2" ] || return 0
	cat >"$out/bin/$1" <<-END
		#!/bin/sh
		[ "$1" != netplan ] || shift
		LD_LIBRARY_PATH=\$(echo "$out"/root/usr/lib/*-linux-gnu) exec "$out/root$2" "\$@"
	END
	chmod 755 "$out/bin/$1"
}

program ifquery /sbin/ifquery
# Of netplan only "generate" is wanted, which is a program of its own.
program netplan /usr/libexec/netplan/generate
program nmcli /usr/bin/nmcli
