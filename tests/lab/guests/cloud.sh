#!/bin/sh
# Two clones with seeds of each guest that has cloud-init, booted together by the scripts that vmint wrote, and asked over
# SSH with the known_hosts and ssh_config that it wrote, no question allowed.
# usage: cloud.sh [NAME...]     exit 0, 1 when a proof failed, 77 when tools are missing (make deps: tests/deps.sh lab)
#
# Each guest twice: as it is (cloud-init is kept from the network, so that vmint writes the addresses into the guest), and
# "-net", where cloud-init writes them from the seed's network-config.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
store=${GUESTS:-$top/build/lab/guests}
vmint=${VMINT:-$top/vmint}
results=${RESULTS:-$store/results/cloud}
limit=${LIMIT:-900}
passed=0 failed=0
PATH=$PATH:/usr/sbin:/sbin
GUESTS=$store
export GUESTS

missing=$(for tool in qemu-system-x86_64 qemu-img debugfs sfdisk ssh ssh-keygen jq; do
	command -v $tool >/dev/null || printf '%s ' $tool
done)
if [ -n "$missing" ]; then
	echo "skip: seeds booted: missing: $missing(tests/deps.sh lab)"
	exit 77
fi

say()
{
	case $1 in
	ok) passed=$((passed + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
	echo "$1: $name: $2"
}

# is WHAT EXPECTED FOUND
is()
{
	if [ "$2" = "$3" ]; then
		say ok "$1"
	else
		say 'not ok' "$1: '$3' instead of '$2'"
	fi
}

# Without the file that keeps cloud-init from the network.
with_network()
{
	cp --sparse=always "$1" "$2"
	sfdisk -d "$2" 2>/dev/null | sed -n 's/.*start= *\([0-9]*\), size= *\([0-9]*\),.*/\1/p' | while read -r start; do
		debugfs -w -R 'rm /etc/cloud/cloud.cfg.d/99_network.cfg' "$2?offset=$((start * 512))" >/dev/null 2>&1
	done
}

write_spec()
{
	cat >"$dir/spec.yaml" <<-E
		template: $1
		output: $dir/fleet
		count: 2
		name: c-{n}
		domain: example.org
		hardware: {memory: 768M}
		networks:
		  - address: 10.0.2.20-10.0.2.99/24
		    gateway: 10.0.2.2
		    dns: [10.0.2.3]
		cloud-init:
		  # The one locale that a small guest has.
		  user-data: |
		    #cloud-config
		    locale: C.UTF-8
		  users:
		    - {name: alice, sudo: true, groups: [adm]}
		  ssh-keys: [$dir/id.pub]
		  write-files:
		    - {path: /etc/vmint-was-here, content: "\${fqdn} \${ip0} \${mac0} \${index}"}
		  runcmd: ["echo \${name} >/var/tmp/ran"]
		targets: [qemu]
	E
}

# The clone's own script; its network leads from a port of this host to its address.
start()
{
	clone=$1 port=$2 address=$3
	ACCEL=tcg NET="user,hostfwd=tcp:127.0.0.1:$port-$address:22" nice timeout $((limit + 60)) \
		"$dir/fleet/$clone/run.sh" -cpu max,-la57 -no-reboot <"$dir/$clone.in" >"$dir/$clone.log" 2>&1 &
	echo $! >"$dir/$clone.pid"
}

ask()
{
	clone=$1 port=$2
	shift 2
	timeout "${patience:-90}" ssh -F "$dir/fleet/ssh_config" -o HostName=127.0.0.1 -p "$port" -i "$dir/id" -o BatchMode=yes \
		-o StrictHostKeyChecking=yes -o ConnectTimeout=20 -o LogLevel=ERROR "alice@$clone" "$@" </dev/null
}

# Until it answers as it should, or time is up. A wrong host key will not become right.
wait_for()
{
	while [ $(($(date +%s) - began)) -lt "$limit" ]; do
		ask "$1" "$2" true 2>"$dir/$1.err" && return 0
		grep -q 'Host key verification failed' "$dir/$1.err" && break
		kill -0 "$(cat "$dir/$1.pid")" 2>/dev/null || break
		sleep 3
	done
	say 'not ok' "$1: no login by SSH: $(tail -n 1 "$dir/$1.err") (console: $dir/$1.log)"
	return 1
}

record()
{
	jq -r "$2" "$dir/fleet/$1/identity.json"
}

prove()
{
	clone=$1 port=$2 address=$3 number=$4
	wait_for "$clone" "$port" || return
	seconds=$(($(date +%s) - began))
	say ok "$clone: a login by SSH with vmint's known_hosts after $seconds s"
	# done, degraded done, or error; 22.x says no more than that, the log says the rest
	is "$clone: cloud-init" 'status: done' "$(patience=$limit ask "$clone" "$port" cloud-init status --wait | tail -n 1)"
	# adm may read it
	is "$clone: its log has no warning" '' \
		"$(ask "$clone" "$port" 'grep -hE "WARNING|ERROR|Traceback" /var/log/cloud-init.log' 2>&1 | head -n 3)"
	is "$clone: the data source" DataSourceNoCloud \
		"$(ask "$clone" "$port" cloud-init status --long | grep -o 'DataSource[A-Za-z]*' | head -n 1)"
	is "$clone: host name" "$clone.example.org" "$(ask "$clone" "$port" hostname -f)"
	is "$clone: instance-id" "$(record "$clone" .clone.instance_id)" "$(ask "$clone" "$port" cat /var/lib/cloud/data/instance-id)"
	is "$clone: machine-id" "$(record "$clone" .clone.machine_id)" "$(ask "$clone" "$port" cat /etc/machine-id)"
	is "$clone: its address, and no other" "$address/24" \
		"$(ask "$clone" "$port" 'ip -4 -o addr show scope global' | awk '{ print $4 }' | tr '\n' ' ' | sed 's/ $//')"
	is "$clone: the gateway" 10.0.2.2 "$(ask "$clone" "$port" ip route show default | awk '{ print $3; exit }')"
	is "$clone: its name server" 10.0.2.3 \
		"$(ask "$clone" "$port" 'cat /run/systemd/resolve/resolv.conf /run/systemd/netif/links/* /etc/resolv.conf 2>/dev/null' |
			sed -n 's/^nameserver \(10.*\)/\1/p; s/^DNS=\(10.*\)/\1/p' | sort -u | head -n 1)"
	is "$clone: host keys of known_hosts" "$(record "$clone" '.clone.ssh_host_keys[]' | sort)" \
		"$(for kind in ecdsa ed25519 rsa; do
			timeout 90 ssh-keyscan -T 60 -t $kind -p "$port" 127.0.0.1 2>/dev/null
		done | cut -d' ' -f2,3 | sort)"
	is "$clone: a file with its values" \
		"$clone.example.org $address $(record "$clone" '.clone.macs[0]') $number" "$(ask "$clone" "$port" cat /etc/vmint-was-here)"
	is "$clone: a command that ran" "$clone" "$(ask "$clone" "$port" cat /var/tmp/ran)"
	is "$clone: no unit failed" '' "$(ask "$clone" "$port" systemctl --failed --plain --no-legend)"
}

stop()
{
	# The power button, by QEMU's monitor on the console.
	printf '\001csystem_powerdown\n' >"$dir/$1.in"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		kill -0 "$(cat "$dir/$1.pid")" 2>/dev/null || return
		sleep 1
	done
	kill "$(cat "$dir/$1.pid")" 2>/dev/null
}

boot_both()
{
	base_port=$((20000 + $$ % 20000))
	for n in 1 2; do
		mkfifo "$dir/c-$n.in"
	done
	# A writer that keeps the consoles' input open.
	sleep $((limit + 60)) >"$dir/c-1.in" &
	keep1=$!
	sleep $((limit + 60)) >"$dir/c-2.in" &
	keep2=$!
	began=$(date +%s)
	start c-1 "$base_port" 10.0.2.20
	start c-2 "$((base_port + 1))" 10.0.2.21
	prove c-1 "$base_port" 10.0.2.20 1
	prove c-2 "$((base_port + 1))" 10.0.2.21 2
	stop c-1
	stop c-2
	kill $keep1 $keep2 2>/dev/null
}

one()
{
	name=$1 image=$2
	dir=$results/$name
	rm -rf "$dir"
	mkdir -p "$dir"
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$dir/id"
	case $name in
	*-net)
		with_network "$image" "$dir/template.raw"
		image=$dir/template.raw
		;;
	esac
	write_spec "$image"
	if ! timeout 300 nice "$vmint" clone --spec "$dir/spec.yaml" >"$dir/clone.out" 2>&1; then
		say 'not ok' "vmint clone: $(tail -n 1 "$dir/clone.out")"
		return
	fi
	boot_both
	rm -f "$dir/template.raw"
}

guest()
{
	row=" $* "
	case $row in *' cloud-init=yes '*) ;; *) return ;; esac
	for variant in "$1" "$1-net"; do
		case " $only " in '  ' | *" $variant "*) ;; *) continue ;; esac
		line=$(sh "$here/build.sh" "$1" 2>&1)
		image=$(echo "$line" | cut -d' ' -f2)
		if [ -e "$image" ]; then
			one "$variant" "$image"
		else
			name=$variant
			say 'not ok' "$line"
		fi
	done
}

only="$*"
mkdir -p "$results"
. "$here/guests.sh"
echo "lab: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
