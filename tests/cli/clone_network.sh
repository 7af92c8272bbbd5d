#!/bin/sh
# Addresses in the guest's own network files, one stack after the other. Prints ok:/not ok:/skip: lines.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
vmint=${VMINT:-$root/vmint}
# Installed, or borrowed (tests/borrow.sh).
PATH=$PATH:/usr/sbin:/sbin:$root/build/borrowed/bin
for tool in mke2fs debugfs qemu-img e2fsck; do
	if ! command -v $tool >/dev/null; then
		echo "skip: addresses in guests: no $tool"
		exit 0
	fi
done
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT INT TERM
cd "$dir" || exit 2

ok()
{
	echo "ok: $1"
}

bad()
{
	echo "not ok: $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@"
}

# says WHAT TEXT PATTERN
says()
{
	if printf '%s\n' "$2" | grep -q -e "$3"; then
		ok "$1"
	else
		bad "$1" "$2"
	fi
}

begin()
{
	stack=$1
	rm -rf t fleet
	mkdir -p t/etc t/usr/lib/systemd t/var/log
	printf 'ID=debian\nPRETTY_NAME="Debian 12"\n' >t/etc/os-release
	echo tpl >t/etc/hostname
	echo 0123456789abcdef0123456789abcdef >t/etc/machine-id
	echo '/dev/vda / ext4 defaults 0 1' >t/etc/fstab
	echo 'nameserver 10.0.0.254' >t/etc/resolv.conf
	: >t/usr/lib/systemd/systemd
}

# The second of two clones, whose address is 10.0.0.11.
clone()
{
	rm -f "$stack.raw"
	truncate -s 32M "$stack.raw"
	mke2fs -q -t ext4 -d t "$stack.raw"
	cat >spec.yaml <<-E
		template: $stack.raw
		output: fleet
		count: 2
		name: c-{n}
		domain: example.org
		networks:
		  - ${1:-address: 10.0.0.10-10.0.0.99/24}
		    ${2:-gateway: 10.0.0.1}
		    ${3:-dns: [10.0.0.2]}
		targets: [qemu]
	E
	if ! "$vmint" clone --spec spec.yaml -q 2>err.txt; then
		bad "$stack: clones" "$(cat err.txt)"
		return 1
	fi
	qemu-img convert -O raw fleet/c-2/disk0.qcow2 clone.raw
	mac=$(grep -o '0e:[0-9a-f:]*' fleet/c-2/identity.json | head -n 1)
	e2fsck -fn clone.raw >fsck.txt 2>&1 && ok "$stack: the filesystem is sound" || bad "$stack: fsck" "$(cat fsck.txt)"
}

inside()
{
	debugfs -R "cat $1" clone.raw 2>/dev/null
}

begin netplan
mkdir -p t/etc/netplan
cat >t/etc/netplan/01-lan.yaml <<E
network:
  version: 2
  renderer: networkd
  ethernets:
    lan0:
      match: {macaddress: "52:54:00:11:22:33"}
      set-name: lan0
      addresses: [10.0.0.5/24]
E
if clone; then
	text=$(inside /etc/netplan/01-lan.yaml)
	says 'netplan: the address' "$text" '- "10.0.0.11/24"'
	says 'netplan: by MAC' "$text" "macaddress: \"$mac\""
	says 'netplan: under the name it had' "$text" 'set-name: "lan0"'
	says 'netplan: by the renderer it had' "$text" 'renderer: networkd'
	case $text in *10.0.0.5*) bad 'netplan: the old address is gone' ;; *) ok 'netplan: the old address is gone' ;; esac
	if command -v netplan >/dev/null; then
		mkdir -p np/etc/netplan
		inside /etc/netplan/01-lan.yaml >np/etc/netplan/01-lan.yaml
		chmod 600 np/etc/netplan/01-lan.yaml
		if netplan generate --root-dir np 2>err.txt && grep -rq 'Address=10.0.0.11/24' np/run; then
			ok 'netplan itself takes it'
		else
			bad 'netplan itself takes it' "$(cat err.txt)"
		fi
	else
		echo 'skip: netplan itself: not installed'
	fi
fi
sed -i 's/ethernets:/bridges: {br0: {interfaces: [lan0]}}\n  ethernets:/' t/etc/netplan/01-lan.yaml
rm -rf fleet
if clone; then
	says 'netplan with a bridge: left alone' "$(inside /etc/netplan/01-lan.yaml)" 10.0.0.5
	says 'netplan with a bridge: said' "$(cat fleet/c-2/identity.json)" '"refused"'
fi

begin ifupdown
mkdir -p t/etc/network t/etc/systemd/network
printf 'auto lo ens3\niface lo inet loopback\niface ens3 inet static\n\taddress 10.0.0.5/24\n\tgateway 10.0.0.254\n\tup true\n' \
	>t/etc/network/interfaces
if clone; then
	text=$(inside /etc/network/interfaces)
	says 'ifupdown: the address' "$text" 'address 10.0.0.11/24'
	says 'ifupdown: the gateway' "$text" 'gateway 10.0.0.1$'
	says 'ifupdown: other lines stay' "$text" 'up true'
	case $text in *10.0.0.5* | *254*) bad 'ifupdown: the old address is gone' ;; *) ok 'ifupdown: the old address is gone' ;; esac
	[ "$(inside /etc/resolv.conf)" = 'search example.org
nameserver 10.0.0.2' ] && ok 'ifupdown: name servers' || bad 'ifupdown: name servers' "$(inside /etc/resolv.conf)"
	if command -v ifquery >/dev/null; then
		inside /etc/network/interfaces >interfaces
		ifquery -i interfaces ens3 2>err.txt | grep -q 'address: 10.0.0.11' && ok 'ifquery reads it' ||
			bad 'ifquery reads it' "$(cat err.txt)"
	else
		echo 'skip: ifquery: not installed'
	fi
fi
rm -rf fleet
if clone 'address: dhcp' 'network: default' 'model: virtio'; then
	says 'ifupdown: from fixed to DHCP' "$(inside /etc/network/interfaces)" 'iface ens3 inet dhcp'
fi
printf 'auto lo\niface lo inet loopback\n' >t/etc/network/interfaces
rm -rf fleet
if clone; then
	says 'ifupdown without a card: a stanza' "$(inside /etc/network/interfaces)" 'iface eth0 inet static'
	says 'and the name by MAC' "$(inside /etc/systemd/network/70-vmint-0.link)" "MACAddress=$mac"
fi

begin networkd
mkdir -p t/etc/systemd/network
printf '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n' >t/etc/systemd/network/10-lan.network
if clone; then
	text=$(inside /etc/systemd/network/00-vmint-0.network)
	says 'networkd: by MAC' "$text" "MACAddress=$mac"
	says 'networkd: the address' "$text" 'Address=10.0.0.11/24'
	says 'networkd: the gateway' "$text" 'Gateway=10.0.0.1'
fi

begin manager
mkdir -p t/etc/NetworkManager/system-connections t/usr/sbin
: >t/usr/sbin/NetworkManager
if clone; then
	text=$(inside /etc/NetworkManager/system-connections/vmint-0.nmconnection)
	says 'NetworkManager: by MAC' "$text" "mac-address=$mac"
	says 'NetworkManager: the address' "$text" 'address1=10.0.0.11/24'
	debugfs -R 'stat /etc/NetworkManager/system-connections/vmint-0.nmconnection' clone.raw 2>/dev/null | grep -q 'Mode:  0600' &&
		ok 'NetworkManager: for root only' || bad 'NetworkManager: for root only'
	if command -v nmcli >/dev/null && nmcli --offline connection add type ethernet >/dev/null 2>&1; then
		printf '%s\n' "$text" | nmcli --offline connection modify ipv4.may-fail no >nm.txt 2>&1 && grep -q 10.0.0.11 nm.txt &&
			ok 'nmcli reads it' || bad 'nmcli reads it' "$(cat nm.txt)"
	else
		echo 'skip: nmcli --offline: not installed'
	fi
fi

begin ifcfg
mkdir -p t/etc/sysconfig/network-scripts
printf 'DEVICE=lo\nIPADDR=127.0.0.1\n' >t/etc/sysconfig/network-scripts/ifcfg-lo
printf 'DEVICE=ens192\nBOOTPROTO=static\nIPADDR=10.0.0.5\nPREFIX=24\nZONE=public\n' >t/etc/sysconfig/network-scripts/ifcfg-ens192
if clone; then
	text=$(inside /etc/sysconfig/network-scripts/ifcfg-ens192)
	says 'ifcfg: the address' "$text" 'IPADDR=10.0.0.11'
	says 'ifcfg: other keys stay' "$text" 'ZONE=public'
	says 'ifcfg: lo stays' "$(inside /etc/sysconfig/network-scripts/ifcfg-lo)" 127.0.0.1
fi
says 'the neighbours know the address' "$(cat fleet/hosts fleet/dnsmasq.conf fleet/ssh_config fleet/inventory.yaml)" '10.0.0.11'
