#!/bin/sh
# Boots a throw-away overlay of a disk image under QEMU's TCG until it asks for a login or fails, and turns it off by ACPI.
# Prints "login SECONDS" or "failed SECONDS REASON"; what the guest wrote stays in OVERLAY, its serial console in LOG.
# COMMANDS in the environment names a file of commands to be run there by root, a line each (console.py), before the end;
# NETWORK replaces QEMU's own network. A guest that the host starved is booted once more, which is said on standard error.
# usage: boot.sh IMAGE FORMAT bios|ovmf OVERLAY LOG [MAC] [SECONDS] [QEMU-ARGUMENT...]
set -u
here=$(cd "$(dirname "$0")" && pwd)
image=$(realpath "$1") format=$2 firmware=$3 overlay=$4 log=$5 mac=${6:-52:54:00:aa:bb:01} limit=${7:-300}
shift $(($# < 7 ? $# : 7))
given=$#
work=$(mktemp -d)
qemu=
trap '[ -z "$qemu" ] || kill "$qemu" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# What a console says when something went wrong, and how that is called; the first row that matches is the reason.
failure()
{
	while IFS='|' read -r words reason; do
		[ -n "$words" ] && grep -aqE -- "$(echo "$words" | tr ';' '|')" "$log" && echo "$reason" && return
	done <<-E
		Kernel panic|kernel panic
		grub rescue>|GRUB's rescue prompt
		error: no such device|GRUB found no such device
		grub>|GRUB's prompt
		Give root password for maintenance;emergency mode|emergency shell
		\(initramfs\)|initramfs shell
		Timed out waiting for device|device time-out
		Dependency failed for|a unit's dependency failed
		BdsDxe: No bootable;No bootable device|firmware found nothing to boot
	E
	return 1
}

passed()
{
	echo $(($(date +%s) - began))
}

# Waits until $1 seconds have passed since the start for the console to say "login:", to fail, or for QEMU to end.
watch()
{
	while [ "$(passed)" -lt "$1" ] && kill -0 "$qemu" 2>/dev/null; do
		if reason=$(failure); then
			echo "failed $(passed) $reason"
			return 1
		fi
		if grep -aqE '^[^ ]+ login: ' "$log"; then
			echo "login $(passed)"
			return 0
		fi
		sleep 1
	done
	if kill -0 "$qemu" 2>/dev/null; then
		echo "failed $(passed) neither a login prompt nor a failure in $1 s"
	else
		echo "failed $(passed) QEMU ended: $(tail -n 1 "$work/qemu.err")"
	fi
	return 1
}

# Its kernel missed its timer, or QEMU waited longer for processors than it had them, while something came too late.
starved()
{
	grep -aqE "Kernel panic.*(IO-APIC . timer doesn't work|softlockup: hung tasks|hung_task|RCU Stall|hard LOCKUP)" "$log" && return 0
	case $1 in
	*time-out | *'emergency shell' | *'initramfs shell' | *dependency\ failed | *'neither a login'*) ;;
	*) return 1 ;;
	esac
	# It is timeout's child.
	for pid in $(cat /proc/"$qemu"/task/"$qemu"/children 2>/dev/null); do
		cat /proc/"$pid"/task/*/schedstat 2>/dev/null
	done | awk '{ had += $1; missed += $2 } END { exit !(missed > had) }'
}

# again REASON QEMU-ARGUMENT...: once more from the beginning, unless this is that.
again()
{
	said=$1
	shift $(($# - given))
	if [ -n "${AGAIN:-}" ] || ! starved "$said"; then
		echo "$said"
		exit 1
	fi
	echo "boot.sh: the host had no time for it ($said); once more" >&2
	kill "$qemu" 2>/dev/null
	wait "$qemu" 2>/dev/null
	rm -rf "$work"
	AGAIN=1
	export AGAIN
	exec "$0" "$image" "$format" "$firmware" "$overlay" "$log" "$mac" "$limit" "$@"
}

# The power button, pressed again when the guest was not ready for it.
power_off()
{
	for _ in 1 2 3 4; do
		echo system_powerdown >&3
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
			kill -0 "$qemu" 2>/dev/null || return 0
			sleep 1
		done
	done
	return 1
}

rm -f "$overlay" "$log"
: >"$log"
qemu-img create -q -f qcow2 -b "$image" -F "$format" "$overlay" || exit 2
set -- -drive "file=$overlay,format=qcow2,if=virtio,cache=unsafe" "$@"
if [ "$firmware" = ovmf ]; then
	for pair in _4M ''; do
		[ -e "/usr/share/OVMF/OVMF_CODE$pair.fd" ] && break
	done
	cp "/usr/share/OVMF/OVMF_VARS$pair.fd" "$work/vars.fd" || exit 2
	set -- -drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE$pair.fd" \
		-drive "if=pflash,format=raw,file=$work/vars.fd" "$@"
fi
mkfifo "$work/monitor"
began=$(date +%s)
# graphics=off: SeaBIOS and GRUB speak on the serial port too.
nice -n 10 timeout $((limit + 90 + ${COMMANDS:+3600} + 0)) qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-la57 -M q35,graphics=off -smp 2 -m 1024 \
	-nodefaults -display none -no-reboot -chardev "socket,id=console,path=$work/console,server=on,wait=off,logfile=$log" -serial chardev:console -monitor stdio -device virtio-rng-pci \
	-nic "${NETWORK:-user,restrict=on},model=virtio-net-pci,mac=$mac" "$@" <"$work/monitor" >/dev/null 2>"$work/qemu.err" &
qemu=$!
exec 3>"$work/monitor"
# No $(...): the shell that waits for one does not notice that QEMU ended.
watch "$limit" >"$work/said" || again "$(cat "$work/said")" "$@"
cat "$work/said"
# Units that start beside the prompt: the network's lease, the keys' and seeds' first writes.
sleep 15
reason=$(failure) && echo "then $reason" && exit 1
[ -z "${COMMANDS:-}" ] || timeout 3600 python3 "$here/console.py" "$work/console" "$COMMANDS" || exit 1
power_off || {
	echo 'then it did not turn off'
	exit 1
}
