#!/bin/sh
# vmint verify --boot with a real QEMU and the smallest real guest: what passes, and that each failure is seen as what it is.
# Prints ok:/not ok:/skip: lines. Nobody's network and no privilege is needed; eight boots of some seconds.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
vmint=${VMINT:-$root/vmint}
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT INT TERM
cd "$dir" || exit 2
mkdir tmp
TMPDIR=$dir/tmp
export TMPDIR

ok()
{
	echo "ok: $1"
}

bad()
{
	echo "not ok: $1"
	[ ! -e out.txt ] || cat out.txt
	[ ! -e err.txt ] || cat err.txt
}

# status WHAT STATUS COMMAND...
status()
{
	what=$1 want=$2
	shift 2
	"$@" >out.txt 2>err.txt
	code=$? starved=
	# On a host that is overloaded this is the right answer, and nothing more can be said.
	if [ $code = 3 ] && [ "$want" != 3 ] && grep -q 'the host had no time for it, twice: it got' out.txt; then
		starved=1
		echo "skip: $what: the host is overloaded"
		return
	fi
	if [ $code = "$want" ]; then ok "$what"; else bad "$what (exit $code, not $want)"; fi
}

# row WHAT VERDICT CHECK TEXT: a line of what the last command printed
row()
{
	[ -z "$starved" ] || return
	if grep -qE "^  $2 +$3 +.*$4" out.txt; then ok "$1"; else bad "$1"; fi
}

if ! command -v qemu-system-x86_64 >/dev/null; then
	echo 'skip: booting: no qemu-system-x86_64'
	exit 77
fi
"$root/tests/tools/tiny_guest.sh" "$dir/tiny.raw" >build.txt 2>&1
case $? in
0) ;;
77)
	echo "skip: booting: $(cat build.txt)"
	exit 77
	;;
*)
	bad "the tiny guest: $(tail -n 1 build.txt)"
	exit 1
	;;
esac

boot='verify --boot --accel tcg --checkers none'
"$vmint" clone tiny.raw -n 1 --name good -o fleet -q && "$vmint" clone tiny.raw -n 1 --name bad -o faulty --disk full \
	--disk-format raw -q || bad 'clones'
before=$(sha256sum fleet/good/* fleet/base/*)

status 'a good clone boots' 0 "$vmint" $boot --compare-template --format json --console-log logs fleet
cp out.txt good.json
# said TEXT: in the JSON of the good clone
said()
{
	tr -d '\n' <good.json | grep -qE -e "$1"
}
for check in login console name network units off identity storage time; do
	if said "\"id\": \"boot.$check\", +\"verdict\": \"pass\""; then ok "boot.$check passes"; else bad "boot.$check passes"; fi
done
if said 'boot.journal", +"verdict": "skip", +"note": "the guest keeps no journal'; then
	ok 'a journal that is not there is a skip'
else
	bad 'a journal that is not there is a skip'
fi
said '192.0.2.101 leased to [0-9a-f:]* as good' && ok 'the lease is told' || bad 'the lease is told'
[ "$(sha256sum fleet/good/* fleet/base/*)" = "$before" ] && ok 'clone and base are as they were' ||
	bad 'clone and base are as they were'
[ -z "$(ls tmp)" ] && ok 'nothing is left over' || bad 'nothing is left over'
[ ! -e logs ] && ok 'no console is kept of what passes' || bad 'no console is kept of what passes'

# A line of shell that the guest runs before its prompt, written over the file's room.
place=$(grep -abo '##########' faulty/bad/disk0.raw | head -n 1 | cut -d: -f1)
fault()
{
	head -c 200 /dev/zero | tr '\0' '#' >room
	printf '%s\n' "$1" | dd of=room conv=notrunc status=none
	dd if=room of=faulty/bad/disk0.raw bs=1 seek="$place" conv=notrunc status=none
}

fault 'echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger'
status 'a kernel panic' 1 "$vmint" $boot --console-log logs faulty
row 'is called so' fail boot.login 'kernel panic after .*sysrq triggered crash'
grep -q 'Kernel panic' logs/bad.log && ok 'its console is kept' || bad 'its console is kept'

# A host without time for it, by the kernel's words: tried again, then no answer.
fault 'echo "Kernel panic - not syncing: IO-APIC + timer doesn'\''t work!"; sleep 1000'
status 'a starved guest is no answer' 3 "$vmint" $boot --console-log logs faulty
row 'and said to be one' skip boot.login 'the host had no time for it, twice: its kernel missed its timer'
[ "$(grep -c 'GRUB\|IO-APIC' logs/bad.log)" -gt 0 ] && ok 'its console is kept, too' || bad 'its console is kept, too'

fault "echo 'You are in emergency mode. After logging in, type this'; sleep 1000"
status 'an emergency shell' 1 "$vmint" $boot faulty
row 'is called so' fail boot.login 'emergency shell after .*You are in emergency mode'

fault 'sleep 1000'
status 'no prompt in time' 1 "$vmint" $boot --timeout 8 --format junit faulty
cp out.txt junit.xml
[ -n "$starved" ] || grep -q 'name="boot.login"><failure message="no login prompt in 8 s' junit.xml && ok 'is called so, in JUnit' ||
	bad 'is called so, in JUnit'
if command -v xmllint >/dev/null; then
	status 'which is XML' 0 xmllint --noout junit.xml
else
	echo 'skip: JUnit: no xmllint'
fi

fault 'hostname other; echo 0123456789abcdef0123456789abcdef >/etc/machine-id; rm /etc/ssh/*_key.pub
echo "Timed out waiting for device /dev/x."; echo "Failed to start y.service."'
status 'a guest that is not what it was' 1 "$vmint" $boot --net none -v faulty
row 'its prompt has another name' fail boot.name "as 'other', its name is 'bad'"
row 'its machine-id was changed' fail boot.identity 'changed the machine-id from [0-9a-f]* to 0123456789abcdef'
row 'a device timed out' fail boot.console 'Timed out waiting for device /dev/x'
row 'a unit failed' fail boot.units 'Failed to start y.service'
row 'it started all the same' pass boot.login 'login prompt'
row 'no cable, no lease' skip boot.network 'net none'
[ -n "$starved" ] || grep -q 'took away the host key' out.txt && ok 'a host key is gone' || bad 'a host key is gone'

# An image that no ledger knows is booted, too; a package is not.
cp --sparse=always tiny.raw image.raw
status 'an image without a ledger' 0 "$vmint" $boot -v image.raw
row 'asks for a login' pass boot.login 'login prompt'
row 'stays who it is' pass boot.identity 'as before'

# QEMU, by the folder that its command line names.
running()
{
	grep -lF "$dir" /proc/[0-9]*/cmdline 2>/dev/null | while read -r f; do
		[ -e "$f" ] && tr '\0' ' ' 2>/dev/null <"$f" | grep -q '^[^ ]*qemu-system' && echo "${f%/cmdline}"
	done
}
for signal in INT KILL; do
	"$vmint" $boot fleet >out.txt 2>err.txt &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -n "$(running)" ] && break
		sleep 0.5
	done
	[ -n "$(running)" ] || bad "QEMU runs before SIG$signal"
	kill -$signal $pid
	wait $pid
	code=$?
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -z "$(running)" ] && break
		sleep 0.5
	done
	if [ -z "$(running)" ] && [ -z "$(ls tmp)" ]; then
		ok "SIG$signal leaves no QEMU and no file"
	else
		bad "SIG$signal leaves no QEMU and no file"
	fi
	[ $signal = KILL ] || { [ $code = 130 ] && ok 'an interrupt is told' || bad "an interrupt is told (exit $code)"; }
done

status 'no QEMU' 3 env PATH=/nonexistent "$vmint" $boot fleet
grep -q 'install qemu-system-x86' err.txt && ok 'is told with what to install' || bad 'is told with what to install'
status 'a wrong accelerator' 2 "$vmint" verify --boot --accel xen fleet
status 'a boot option without --boot' 2 "$vmint" verify --timeout 9 fleet
