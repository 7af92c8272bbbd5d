#!/bin/sh
# Three clones of a Debian guest together on one network, in a network namespace of their own: a bridge, a real dnsmasq with
# the file vmint wrote, the clones under a real libvirtd from their domain.xml (defined and started by vmint), then under the
# qemu scripts. Each gets a lease of its own, and ssh reaches each by its name with the known_hosts vmint wrote; no question
# is asked. Root; QEMU's TCG. usage: fleet.sh [TEMPLATE.raw] [libvirt|qemu]...
# Prints ok:/not ok:/skip: lines. Exit 0, 1, or 77 when something is missing here.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
vmint=${VMINT:-$root/vmint}
guests=${GUESTS:-$root/build/lab/guests}
limit=${BOOT_LIMIT:-900}

skip()
{
	echo "skip: fleet: $1"
	exit 77
}

template=${1:-$(ls -t "$guests"/bios-plain-ifupdown-*.raw 2>/dev/null | head -n 1)}
[ $# -eq 0 ] || shift
[ "$(id -u)" = 0 ] || skip 'a network namespace and tap devices need root'
[ -n "$template" ] && [ -e "$template" ] || skip 'no guest is built (tests/lab/guests/build.sh bios-plain-ifupdown)'
for tool in ip dnsmasq libvirtd virsh qemu-system-x86_64 ssh ssh-keygen debugfs sfdisk unshare; do
	command -v $tool >/dev/null || skip "no $tool (tests/deps.sh lab)"
done
template=$(realpath "$template")
[ $# -gt 0 ] || set -- libvirt qemu
# Names of the network, of /run and of libvirt's folders are this script's own.
if [ "${VMINT_NETNS:-}" != 1 ]; then
	VMINT_NETNS=1 exec unshare -n -m sh "$0" "$template" "$@"
fi

work=$(mktemp -d /var/tmp/vmint-network-XXXXXX) || exit 2
pids=
passed=0 failed=0
finish()
{
	for d in $(virsh -q list --name 2>/dev/null); do
		virsh -q destroy "$d" >/dev/null 2>&1
	done
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill $pids 2>/dev/null
	wait
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

ok()
{
	echo "ok: $1"
	passed=$((passed + 1))
}

bad()
{
	echo "not ok: $1"
	failed=$((failed + 1))
}

# ---- the network ----

for folder in /run /etc/qemu /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
	[ -d "$folder" ] || case $folder in /etc/qemu) mkdir -p "$folder" ;; *) continue ;; esac
	mkdir -p "$work/old$folder"
	case $folder in /etc/*) cp -a "$folder/." "$work/old$folder" ;; esac
	mount -t tmpfs tmpfs "$folder" || skip "no tmpfs over $folder"
	cp -a "$work/old$folder/." "$folder"
done
mkdir -p /etc/qemu
echo 'allow vmbr0' >/etc/qemu/bridge.conf
ip link set lo up
ip link add vmbr0 type bridge || skip 'no bridge device'
ip addr add 10.77.0.1/24 dev vmbr0
ip link set vmbr0 up

# ---- the template, with a key that may log in ----

ssh-keygen -q -t ed25519 -N '' -C test -f "$work/id"
cp --sparse=always "$template" "$work/debian.raw"
offset=$(sfdisk -d "$work/debian.raw" 2>/dev/null | tr -d ' ' |
	sed -n 's/.*start=\([0-9]*\),size=\([0-9]*\),type=\(83\|0FC63DAF\).*/\2 \1/p' | sort -n | awk 'END { print $2 * 512 }')
debugfs -w -f - "$work/debian.raw?offset=$offset" >/dev/null 2>&1 <<END
mkdir /root/.ssh
sif /root/.ssh mode 040700
write $work/id.pub /root/.ssh/authorized_keys
sif /root/.ssh/authorized_keys mode 0100600
sif /root/.ssh/authorized_keys uid 0
sif /root/.ssh/authorized_keys gid 0
END
# Addresses given by hand on a network without a range: dnsmasq.conf hands them out by MAC.
cat >"$work/spec.yaml" <<'END'
names:
  - {name: ant, addresses: [10.77.0.21]}
  - {name: bee, addresses: [10.77.0.22]}
  - {name: cat, addresses: [10.77.0.23]}
hardware: {memory: 768M, accel: tcg}
networks:
  - bridge: vmbr0
targets: [libvirt, qemu]
identity: {ssh-keys: modern}
END

# fleet NAME: clones, and a dnsmasq that knows them
fleet()
{
	dir=$work/$1
	"$vmint" clone "$work/debian.raw" --spec "$work/spec.yaml" -o "$dir" -q || {
		bad 'three clones'
		exit 1
	}
	: >"$work/leases"
	dnsmasq --keep-in-foreground --conf-file="$dir/dnsmasq.conf" --interface=vmbr0 --bind-interfaces --no-resolv --no-hosts \
		--dhcp-range=10.77.0.20,10.77.0.30,1h --dhcp-leasefile="$work/leases" --user=root --pid-file= \
		>"$work/dnsmasq.log" 2>&1 &
	dnsmasq=$!
	pids="$pids $dnsmasq"
	echo 'nameserver 10.77.0.1' >"$work/resolv.conf"
	mount --bind "$work/resolv.conf" "$(realpath /etc/resolv.conf)"
}

reach()
{
	ssh -n -F "$dir/ssh_config" -i "$work/id" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes \
		-o ConnectTimeout=10 "root@$1" "$2" 2>>"$work/ssh.log"
}

# judge HOW: waits for all three
judge()
{
	end=$(($(date +%s) + limit))
	for name in ant bee cat; do
		said=
		while :; do
			said=$(reach $name 'hostname; cat /etc/machine-id; cat /sys/class/dmi/id/product_uuid') && break
			said=
			[ "$(date +%s)" -lt "$end" ] || break
			sleep 5
		done
		id=$(sed -n 's/.*"machine_id": "\(.*\)".*/\1/p' "$dir/$name/identity.json" | head -n 1)
		uuid=$(sed -n 's/.*"smbios_uuid": "\(.*\)".*/\1/p' "$dir/$name/identity.json" | head -n 1)
		if [ "$(echo "$said" | tr '\n' ' ' | tr A-Z a-z)" = "$name $id $uuid " ]; then
			ok "$1: ssh $name asks nothing and finds its host name, machine-id and SMBIOS UUID"
		else
			bad "$1: ssh $name: '$said'; $(tail -n 1 "$work/ssh.log")"
		fi
	done
	[ "$(cut -d' ' -f2 "$work/leases" | sort -u | wc -l)" = 3 ] && [ "$(cut -d' ' -f3 "$work/leases" | sort -u | wc -l)" = 3 ] &&
		[ "$(cut -d' ' -f4 "$work/leases" | sort | tr '\n' ' ')" = 'ant bee cat ' ] && ok "$1: three leases for three machines" ||
		bad "$1: three leases for three machines: $(cut -d' ' -f2-4 "$work/leases" | tr '\n' ',')"
}

under_libvirt()
{
	fleet libvirt
	sed -i '/^#*user *=/d; /^#*group *=/d; /^#*security_driver/d' /etc/libvirt/qemu.conf 2>/dev/null
	printf 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\ncgroup_controllers = []\n' >>/etc/libvirt/qemu.conf
	mkdir -p /run/libvirt
	virtlogd >"$work/virtlogd.log" 2>&1 &
	pids="$pids $!"
	libvirtd >"$work/libvirtd.log" 2>&1 &
	pids="$pids $!"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		virsh -q -c qemu:///system version >/dev/null 2>&1 && break
		sleep 1
	done
	export LIBVIRT_DEFAULT_URI=qemu:///system
	if "$vmint" clone "$work/debian.raw" --spec "$work/spec.yaml" -o "$dir" --define "$LIBVIRT_DEFAULT_URI" --start \
		>"$work/define.log" 2>&1 && [ "$(virsh -q list --name | grep . | sort | tr '\n' ' ')" = 'ant bee cat ' ]; then
		ok 'libvirt: --define --start: three domains run'
	else
		bad "libvirt: --define --start: $(tail -n 2 "$work/define.log" | tr '\n' ' ')"
	fi
	judge libvirt
	for name in ant bee cat; do
		virsh -q shutdown $name
	done
	end=$(($(date +%s) + 240))
	while [ -n "$(virsh -q list --name)" ] && [ "$(date +%s)" -lt $end ]; do
		sleep 3
	done
	[ -z "$(virsh -q list --name)" ] && ok 'libvirt: virsh shutdown turns them off' || bad 'libvirt: virsh shutdown turns them off'
	for name in ant bee cat; do
		virsh -q destroy $name >/dev/null 2>&1
		virsh -q undefine $name >/dev/null
	done
}

under_qemu()
{
	fleet qemu
	for name in ant bee cat; do
		ACCEL=tcg "$dir/$name/run.sh" </dev/null >"$work/$name.log" 2>&1 &
		pids="$pids $!"
	done
	judge qemu
}

for how; do
	under_"$how"
	kill "$dnsmasq"
	wait "$dnsmasq" 2>/dev/null
	umount "$(realpath /etc/resolv.conf)" 2>/dev/null
done
echo "lab: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
