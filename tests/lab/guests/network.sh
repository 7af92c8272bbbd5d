# Two guests on one bridge with dnsmasq, in a network of its own. Sourced by life.sh; takes root.

network_missing()
{
	if [ "$(id -u)" != 0 ]; then
		echo 'a bridge takes root'
	elif ! command -v dnsmasq >/dev/null; then
		echo 'no dnsmasq (tests/deps.sh lab)'
	elif ! unshare -n ip link add vmintbr type bridge 2>/dev/null; then
		echo 'this kernel makes no bridges'
	elif ! unshare -n ip tuntap add dev vminttap mode tap 2>/dev/null; then
		echo 'this kernel makes no tap devices'
	fi
}

# boot_both MAC MAC: who was given a lease, dnsmasq's log and consoles are left in $dir. Some clients hand their lease back
# when they are turned off: what was given is noted when it is given.
boot_both()
{
	export here dir firmware
	unshare -n sh -c '. "$here/network.sh"; on_the_bridge "$@"' sh "$1" "$2"
}

on_the_bridge()
{
	ip link set lo up
	ip link add br0 type bridge
	ip addr add 10.77.0.1/24 dev br0
	ip link set br0 up
	for n in 1 2; do
		ip tuntap add dev tap$n mode tap
		ip link set tap$n master br0 up
	done
	cat >"$dir/note" <<-E
		#!/bin/sh
		# A client that sends no id is known by its card.
		case \$1 in add | old) echo "\$2 \$3 \${4:-*} \${DNSMASQ_CLIENT_ID:-\$2}" >>"$dir/given" ;; esac
	E
	chmod 755 "$dir/note"
	: >"$dir/given"
	dnsmasq --conf-file=/dev/null --dhcp-script="$dir/note" --no-daemon --no-resolv --no-hosts --interface=br0 --bind-interfaces --log-dhcp --user=root \
		--dhcp-range=10.77.0.50,10.77.0.150,1h --dhcp-leasefile="$dir/leases" --pid-file="$dir/dnsmasq.pid" >"$dir/dnsmasq.log" 2>&1 &
	dnsmasq=$!
	for n in 1 2; do
		eval "mac=\$$n"
		NETWORK=tap,ifname=tap$n,script=no,downscript=no sh "$here/boot.sh" "$dir/clone-$n.raw" raw "$firmware" "$dir/booted-$n.qcow2" \
			"$dir/console-$n.log" "$mac" 900 >"$dir/boot-$n.out" &
		eval "boot_$n=$!"
	done
	wait "$boot_1" || echo "clone-1: $(grep -v '^login' "$dir/boot-1.out")"
	wait "$boot_2" || echo "clone-2: $(grep -v '^login' "$dir/boot-2.out")"
	kill $dnsmasq
}

# Of each card the last line: card, address, name, client id.
two_leases()
{
	awk '{ last[$1] = $0 } END { for (card in last) print last[card] }' "$dir/given" >"$dir/given.last"
	for part in '1 cards' '2 addresses' '3 names' '4 client-ids'; do
		n=$(awk -v f="${part% *}" '{ print $f }' "$dir/given.last" | sort -u | wc -l)
		[ "$n" = 2 ] || echo "$n ${part#* } were given leases, not 2"
	done
	for n in 1 2; do
		grep -aiE 'duplicate address|address.*(already in use|conflict)|DAD' "$dir/console-$n.log" | head -n 2 | sed "s/^/clone-$n: /"
	done
	grep -iE 'duplicate|declin|NAK' "$dir/dnsmasq.log" | head -n 2
}
