#!/bin/sh
# vmint clone as people use it: a fleet made, made again, added to, refused, killed and completed.
# Prints ok:/not ok:/skip: lines. CLONE_KILLS changes how many runs are killed.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	TMPDIR=/dev/shm
	export TMPDIR
fi
. tests/common.sh
enter

# A disk with something on it, and holes.
head -c 300000 /dev/urandom >tpl.raw
truncate -s 64M tpl.raw
printf 'the end' | dd of=tpl.raw bs=1 seek=67000000 conv=notrunc status=none
before=$(sha256sum <tpl.raw)

check 'three clones' "$vmint" clone tpl.raw -n 3 --name 'web-{n:03}' -o fleet -t qemu -t libvirt
for c in web-001 web-002 web-003; do
	[ -s fleet/$c/disk0.qcow2 ] && [ -x fleet/$c/run.sh ] && [ -s fleet/$c/domain.xml ] &&
		[ -s fleet/$c/identity.json ] || bad "the files of $c"
done
[ "$(stat -c %a fleet/fleet.key)" = 600 ] && ok 'the key is its owner'\''s' || bad 'the key is its owner'\''s'
[ -z "$(find fleet -name '.stage-*')" ] && ok 'nothing is left over' || bad 'nothing is left over'
[ "$(sha256sum <tpl.raw)" = "$before" ] && ok 'the template is as it was' || bad 'the template is as it was'
key=$(cat fleet/fleet.key)
if grep -rqF "$key" fleet --include='*.json' --include='*.yaml' --include=hosts; then
	bad 'the key is in no other file'
else
	ok 'the key is in no other file'
fi

if command -v qemu-img >/dev/null; then
	check 'qemu-img: the overlay is sound' qemu-img check -q fleet/web-002/disk0.qcow2
	check 'qemu-img: it shows the template' qemu-img compare -q fleet/web-002/disk0.qcow2 tpl.raw
else
	echo 'skip: overlays: no qemu-img'
fi
if command -v virt-xml-validate >/dev/null; then
	check 'libvirt takes domain.xml' virt-xml-validate fleet/web-001/domain.xml domain
else
	echo 'skip: domain.xml: no virt-xml-validate'
fi
check 'run.sh is a shell script' sh -n fleet/web-001/run.sh
if command -v qemu-system-x86_64 >/dev/null; then
	# Ctrl-A X
	printf '\001x' >quit
	check 'QEMU takes run.sh' sh -c 'ACCEL=tcg timeout 60 fleet/web-001/run.sh -S <quit'
else
	echo 'skip: run.sh: no qemu-system-x86_64'
fi

state()
{
	(cd "$1" && find . -type f ! -name .lock -exec stat -c '%n %s %Y %i' {} + | sort)
}
state fleet >one
check 'the same again' "$vmint" clone tpl.raw -n 3 --name 'web-{n:03}' -o fleet -t qemu -t libvirt
grep -q '^0 steps' out.txt && ok 'is no step' || bad 'is no step'
state fleet >two
cmp -s one two && ok 'and touches no file' || bad 'and touches no file'

check 'two more' "$vmint" clone tpl.raw -n 5 --name 'web-{n:03}' -o fleet -t qemu -t libvirt
grep -q '^made 2 clones' out.txt && ok 'makes only those' || bad 'makes only those'
state fleet | grep web-001 >after
grep web-001 two | cmp -s - after && ok 'and leaves the others' || bad 'and leaves the others'

refuses 'other targets for clones that are there' 3 'targets: .* -> ' \
	"$vmint" clone tpl.raw -n 3 --name 'web-{n:03}' -o fleet -t qemu
check 'unless they are to be replaced' "$vmint" clone tpl.raw -n 1 --name web-001 -o fleet -t qemu --replace
[ ! -e fleet/web-001/domain.xml ] && [ -e fleet/web-002/domain.xml ] && ok 'which replaces those alone' ||
	bad 'which replaces those alone'
uuid()
{
	sed -n 's/.*"smbios_uuid": "\(.*\)".*/\1/p' "$1/identity.json"
}
macs()
{
	grep -ho '0e:[0-9a-f:]*' "$1/identity.json"
}
[ "$(grep -c "$(macs fleet/web-001)" fleet/fleet.json)" = 1 ] && ok 'one ledger row a MAC' || bad 'one ledger row a MAC'

# One key, any host: the same identities.
"$vmint" clone tpl.raw -n 2 --name 'web-{n:03}' -o other --key fleet/fleet.key -q
[ "$(uuid other/web-002)" = "$(uuid fleet/web-002)" ] && [ "$(macs other/web-002)" = "$(macs fleet/web-002)" ] &&
	ok 'one key and name, one identity' || bad 'one key and name, one identity'
[ "$(macs other/web-001)" = "$(macs fleet/web-001)" ] && ok 'also of one that was replaced' ||
	bad 'also of one that was replaced'

# Shares: together they are the whole, and none is made twice. A short prefix makes addresses meet.
for i in 1 2 3 4 5 6 7 8; do
	"$vmint" clone tpl.raw -n 400 --name 's{n}' -o share$i --key fleet/fleet.key --shard $i/8 \
		--mac-prefix 52:54:00:12 -q || bad "share $i" &
done
wait
"$vmint" clone tpl.raw -n 400 --name 's{n}' -o whole --key fleet/fleet.key --mac-prefix 52:54:00:12 -q
# identities FOLDER...: one line a clone
identities()
{
	cat "$@" | tr -d '\n' | sed 's/"name"/\n"name"/g' | grep smbios_uuid | sed 's/"disks.*//' | tr -d ' ' | sort
}
identities share?/fleet.json >parts.txt
identities whole/fleet.json >whole.txt
[ "$(wc -l <whole.txt)" = 400 ] && cmp -s parts.txt whole.txt && ok 'eight shares at once are one whole' ||
	bad 'eight shares at once are one whole'
[ "$(grep -ho '52:54:[0-9a-f:]*' whole.txt | sort -u | wc -l)" = 400 ] && ok 'no address is given twice' ||
	bad 'no address is given twice'

check 'the shares'\'' ledgers share no identity' "$vmint" audit share?/fleet.json
grep -q '^400 machines, no identity is shared' out.txt && ok 'of 400 machines' || bad 'of 400 machines'
"$vmint" audit share1/fleet.json whole/fleet.json >out.txt 2>err.txt
[ $? = 1 ] && grep -q '^[0-9]* identities are shared among 450 machines' out.txt && grep -q '^vmgenid ' out.txt &&
	ok 'ledgers that overlap are found' || bad 'ledgers that overlap are found'
echo '{"schema": "other"}' >other.json
refuses 'a ledger of somebody else' 3 'not a fleet.json' "$vmint" audit other.json
rm -rf share?

# A thousand: whole, different, and done again in no time.
check 'a thousand clones' "$vmint" clone tpl.raw -n 1000 --name 'm{n:04}' -o thousand --sync none -q
[ "$(find thousand -maxdepth 2 -path '*/m*/identity.json' -size +0 | wc -l)" = 1000 ] &&
	[ "$(find thousand -maxdepth 2 -path '*/m*/disk0.qcow2' -size +0 | wc -l)" = 1000 ] && ok 'whole' || bad 'whole'
check 'no identity is shared' "$vmint" audit thousand/fleet.json
grep -q '^1000 machines' out.txt || bad 'a thousand machines were compared'
check 'again' "$vmint" clone tpl.raw -n 1000 --name 'm{n:04}' -o thousand --sync none
grep -q '^0 steps' out.txt && ok 'is no step for a thousand' || bad 'is no step for a thousand'
rm -rf thousand

# Names as long as names can be; one more letter is too long.
l=$(printf 'a%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30)
check 'names of 63 characters' "$vmint" clone tpl.raw -n 3 --name "$l$l-{n:02}" -o long -t qemu -t libvirt -q
refuses 'names of 64' 3 '63 are the limit' "$vmint" clone tpl.raw -n 3 --name "$l${l}b-{n:02}" -o long4 -q

# Where nothing can be written, or not enough.
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=2M tmpfs small 2>/dev/null; then
	refuses 'a disk that fills up' 3 'No space left' "$vmint" clone tpl.raw -n 1000 --name 'f{n}' -o small/f -q
	grep -q 'clones were finished before' err.txt && [ -z "$(find small -name '.stage-*')" ] && ok 'keeps what is whole' ||
		bad 'keeps what is whole'
	mount -o remount,size=200M small
	check 'and goes on with room' "$vmint" clone tpl.raw -n 200 --name 'f{n}' -o small/f -q
	mount -o remount,ro small
	refuses 'a folder that is read-only' 3 'Read-only' "$vmint" clone tpl.raw -n 300 --name 'f{n}' -o small/f -q
	umount small
else
	echo 'skip: full and read-only disks: no mount'
fi
"$vmint" clone tpl.raw -n 1 -o closed >&- 2>err.txt
[ $? = 3 ] && grep -q 'standard output' err.txt && [ -s closed/tpl-001/identity.json ] && ok 'a closed stdout is said' || bad 'a closed stdout is said'

# Two runs at once on one folder: one after the other.
"$vmint" clone tpl.raw -n 200 --name 't{n}' -o both -q 2>wait1.txt &
"$vmint" clone tpl.raw -n 200 --name 't{n}' -o both -q 2>wait2.txt
first=$?
wait $!
[ $first = 0 ] && [ $? = 0 ] && [ "$(ls -d both/t[0-9]* | wc -l)" = 200 ] && ok 'two runs at once follow each other' ||
	bad 'two runs at once follow each other'

mkdir full && : >full/mine
refuses 'a folder of somebody else' 3 'not empty and no fleet' "$vmint" clone tpl.raw -o full
refuses 'no template' 3 'No such file' "$vmint" clone none.raw -o nofleet
[ ! -e nofleet ] && ok 'which leaves no folder' || bad 'which leaves no folder'
refuses 'no output' 2 'where to' "$vmint" clone tpl.raw
refuses 'a wrong option' 2 'did you mean' "$vmint" clone tpl.raw -o x --disk lnked
chmod 644 other/../fleet/fleet.key
refuses 'a key that others can read' 3 'others can read' "$vmint" clone tpl.raw -o x --key fleet/fleet.key
chmod 600 fleet/fleet.key
mkdir fleet/web-009
: >fleet/web-009/mine
refuses 'a folder of a clone'\''s name' 3 'no clone of this fleet' \
	"$vmint" clone tpl.raw -o fleet --name web-009 -t qemu
[ -e fleet/web-009/mine ] && ok 'which stays as it is' || bad 'which stays as it is'

cp -r fleet altered
chmod 644 altered/base/*.qcow2
printf x | dd of="$(ls altered/base/*.qcow2)" bs=1 seek=400000 conv=notrunc status=none
refuses 'a base that was altered' 3 'was altered' "$vmint" clone tpl.raw -o altered --name new -t qemu

check 'a dry run' "$vmint" clone tpl.raw -n 7 --name 'dry-{n}' -o dry --dry-run
[ ! -e dry ] && ok 'writes nothing' || bad 'writes nothing'
check 'the example' sh -c "\"$vmint\" clone --example-spec >spec.yaml && \"$vmint\" clone tpl.raw --spec spec.yaml -o spec -q"
mkfifo spec.queue
cat spec.yaml >spec.queue &
check 'the same from a FIFO' "$vmint" clone tpl.raw --spec spec.queue -o spec -q
[ -d spec/web-020 ] && grep -q 'web-020' spec/dnsmasq.conf && ok 'makes its twenty' || bad 'makes its twenty'
for f in qcow2 raw vmdk; do
	check "full disks: $f" "$vmint" clone tpl.raw -o full-$f --name one --disk full --disk-format $f -q
	command -v qemu-img >/dev/null &&
		check "which are whole: $f" qemu-img compare -q full-$f/one/disk0.$f tpl.raw
done

docs=$root/docs
if python3 -c 'import jsonschema, yaml' 2>/dev/null; then
	cat >valid.py <<'END'
import json, sys, jsonschema, yaml
for pair in range(1, len(sys.argv), 2):
    jsonschema.validate(yaml.safe_load(open(sys.argv[pair + 1])), json.load(open(sys.argv[pair])))
END
	check 'fleet.json and the example keep to their schemas' python3 valid.py "$docs/fleet.schema.json" fleet/fleet.json \
		"$docs/fleet.schema.json" spec/fleet.json "$docs/clone-spec.schema.json" spec.yaml
else
	echo 'skip: schemas: no python3-jsonschema or python3-yaml'
fi

# The guest inside: the sample template, as clones that share nothing.
SAMPLE=$root/build/sample.ova
if [ -e "$SAMPLE" ]; then
	was=$(sha256sum <"$SAMPLE")
	check 'clones of a guest' "$vmint" clone "$SAMPLE" -n 3 --name 'g{n}' -o guests --ssh-keys modern \
		--domain example.org -q
	check 'again' "$vmint" clone "$SAMPLE" -n 3 --name 'g{n}' -o guests --ssh-keys modern --domain example.org
	grep -q '^0 steps' out.txt && ok 'no step' || bad 'no step'
	[ "$(sha256sum <"$SAMPLE")" = "$was" ] && ok 'the template is untouched' || bad 'the template is untouched'
	[ "$(cut -d' ' -f3 guests/known_hosts | sort -u | wc -l)" = 6 ] && grep -q '^g2,g2.example.org ssh-ed25519 ' guests/known_hosts &&
		ok 'known_hosts has six different keys' || bad 'known_hosts has six different keys'
	for kind in machine-id hostname ssh-host-keys mac; do
		grep -q "\"kind\": \"$kind\"" guests/g1/identity.json || bad "identity.json tells of $kind"
	done
	if command -v qemu-img >/dev/null && command -v sfdisk >/dev/null && command -v e2fsck >/dev/null; then
		qemu-img check -q guests/g3/disk0.qcow2 || bad 'the overlay is sound'
		qemu-img convert -O raw guests/g3/disk0.qcow2 g3.raw
		set -- $(sfdisk -d g3.raw 2>/dev/null | sed -n 's/.*start= *\([0-9]*\), size= *\([0-9]*\),.*4F68BCE3.*/\1 \2/p;s/.*start= *\([0-9]*\), size= *\([0-9]*\), type=0FC63DAF.*/\1 \2/p' | head -n 1)
		dd if=g3.raw of=g3.root bs=512 skip="${1:-0}" count="${2:-1}" status=none
		check 'e2fsck finds the clone clean' e2fsck -fn g3.root
		if command -v debugfs >/dev/null; then
			[ "$(debugfs -R 'cat /etc/hostname' g3.root 2>/dev/null)" = g3 ] && ok 'it knows its name' || bad 'it knows its name'
			id=$(sed -n 's/.*"machine_id": "\(.*\)".*/\1/p' guests/g3/identity.json)
			[ "$(debugfs -R 'cat /etc/machine-id' g3.root 2>/dev/null)" = "$id" ] && ok 'and its machine-id' || bad 'and its machine-id'
		fi
	fi
else
	echo 'skip: guests: no build/sample.ova'
fi

# RSA host keys made ahead: used once each, by nobody else.
export XDG_STATE_HOME="$work/state"
if [ -e "$SAMPLE" ]; then
	pool=$work/state/vmint/rsa-keys
	check 'two RSA keys are prepared' "$vmint" clone --fill-key-pool 2
	check 'again: none is missing' "$vmint" clone --fill-key-pool 2
	grep -q '^2 RSA host keys .*(0 made' out.txt && ok 'and none is made' || bad 'and none is made'
	[ "$(stat -c %a "$pool" "$pool"/* | tr '\n' ' ')" = '700 600 600 ' ] && ok 'for their owner alone' || bad 'for their owner alone'
	tail -qn 1 "$pool"/*.key | sort >prepared.txt
	"$vmint" clone "$SAMPLE" -n 2 --name 'k{n}' -o keys --dry-run >/dev/null
	[ "$(ls "$pool" | wc -l)" = 2 ] && ok 'a dry run takes none' || bad 'a dry run takes none'
	check 'clones with them' "$vmint" clone "$SAMPLE" -n 2 --name 'k{n}' -o keys -q
	grep -o 'ssh-rsa .*' keys/known_hosts | sort | cmp -s - prepared.txt && ok 'have exactly those' || bad 'have exactly those'
	[ -z "$(ls "$pool")" ] && ok 'which are gone' || bad 'which are gone'
	check 'one more' "$vmint" clone --fill-key-pool 1 -q
	chmod 755 "$pool"
	refuses 'a pool that others can read' 3 'others can read' "$vmint" clone "$SAMPLE" -n 3 --name 'k{n}' -o keys -q
	chmod 700 "$pool"
	ln "$pool"/*.key second-name
	refuses 'a key that has a second name' 3 'another name' "$vmint" clone "$SAMPLE" -n 3 --name 'k{n}' -o keys -q
	rm second-name
	sed -i 2,3d "$pool"/*.key
	refuses 'a key that is damaged' 3 'not an RSA key' "$vmint" clone "$SAMPLE" -n 3 --name 'k{n}' -o keys -q
	# Killed before each write of the run: no key is in two clones, or in one and the pool.
	mkdir pools
	for at in 1 2 3 4 5 6 7 8 9 10 11 12; do
		VMINT_FAULT=any:$at:KILL "$vmint" clone --fill-key-pool 1 --key-pool pools/a -q 2>/dev/null
		VMINT_FAULT=any:$at:KILL "$vmint" clone "$SAMPLE" -n 1 --name "p$at" -o keys2 --key-pool pools/a -q 2>/dev/null
	done
	"$vmint" clone "$SAMPLE" -n 3 --name 'q{n}' -o keys2 --key-pool pools/a -q || bad 'after kills'
	{
		grep -ho 'ssh-rsa [^"]*' keys2/*/identity.json | sort -u
		cat pools/a/*.key 2>/dev/null | grep -o '^ssh-rsa .*'
	} | sort | uniq -d >dup.txt
	[ ! -s dup.txt ] && ok 'runs killed: no key twice' || bad 'runs killed: no key twice'
else
	echo 'skip: prepared keys: no build/sample.ova'
fi

# Into a libvirt: all or none.
if command -v virsh >/dev/null; then
	sed 's/type=.qemu./type="test"/' fleet/web-002/domain.xml >test.xml
	check 'libvirt'\''s test driver defines domain.xml' virsh -q -c test:///default define test.xml
	refuses 'a libvirt that is not there' 3 'the clones are made, but: virsh define' \
		"$vmint" clone tpl.raw -n 2 --name 'd{n}' -o defined -t libvirt -q --define test:///nowhere.xml
else
	echo 'skip: libvirt'\''s test driver: no virsh'
fi
mkdir fakebin
cat >fakebin/virsh <<'END'
#!/bin/sh
# A libvirt that knows d1 already and cannot start d3.
echo "$*" >>"$VIRSH_LOG"
case "$5 $6" in
'domuuid d1') exit 0 ;;
'domuuid '*) exit 1 ;;
'start d1') echo 'error: Domain is already active' >&2; exit 1 ;;
'start d3') echo 'error: no memory left' >&2; exit 1 ;;
esac
END
sed -i 's/\$5 \$6/$4 $5/' fakebin/virsh
chmod +x fakebin/virsh
VIRSH_LOG=$PWD/virsh.log
export VIRSH_LOG
refuses 'the third does not start' 3 'virsh start d3: error: no memory left' \
	env PATH="$PWD/fakebin:$PATH" "$vmint" clone tpl.raw -n 3 --name 'd{n}' -o defined -t libvirt -q --define x:y --start
tail -n 3 virsh.log | tr '\n' ';' | grep -q 'destroy d2;.*undefine d3 --nvram;.*undefine d2 --nvram;' &&
	! grep -q 'undefine d1\|destroy d1' virsh.log && ok 'what was new is undone, what was there stays' ||
	bad 'what was new is undone, what was there stays'
check 'two of them' env PATH="$PWD/fakebin:$PATH" "$vmint" clone tpl.raw -n 2 --name 'd{n}' -o defined -t libvirt --define x:y --start
grep -q '^2 defined and running in x:y' out.txt && ok 'are said' || bad 'are said'
refuses 'no domain.xml to define' 2 'needs -t libvirt' "$vmint" clone tpl.raw -o x -t qemu --define x:y

# Killed at every write-like call in turn: no half clone is ever visible, and the next run completes.
rm -rf killed
kills=${CLONE_KILLS:-400} at=1 done=0 wrong=0 killed=0
while [ $at -le "$kills" ] && [ $done = 0 ]; do
	rm -rf killed
	VMINT_FAULT=any:$at:KILL "$vmint" clone tpl.raw -n 3 -o killed -t qemu -t libvirt -q >/dev/null 2>&1
	code=$?
	if [ $code = 0 ]; then
		done=1
	else
		killed=$((killed + 1))
	fi
	for c in killed/tpl-*; do
		[ -e "$c" ] || continue
		[ -s "$c/identity.json" ] && [ -s "$c/disk0.qcow2" ] && [ -s "$c/run.sh" ] && [ -s "$c/domain.xml" ] ||
			wrong=$((wrong + 1))
	done
	"$vmint" clone tpl.raw -n 3 -o killed -t qemu -t libvirt -q >/dev/null 2>err.txt || {
		wrong=$((wrong + 1))
		echo "killed at $at: $(cat err.txt)"
	}
	[ "$(ls -d killed/tpl-* | wc -l)" = 3 ] && [ -z "$(find killed -name '.stage-*')" ] || wrong=$((wrong + 1))
	[ "$(grep -c '"smbios_uuid"' killed/fleet.json)" = 3 ] || wrong=$((wrong + 1))
	at=$((at + 1))
done
# Every write-like call fails once: a sentence and status 3, and the same promises.
at=1 fails=0
while [ $at -le "${CLONE_FAULTS:-25}" ]; do
	rm -rf failed
	n=$((at * 3))
	VMINT_FAULT=any:$n:ENOSPC "$vmint" clone tpl.raw -n 3 -o failed -t qemu -q >out.txt 2>err.txt
	code=$?
	if [ $code != 0 ]; then
		[ $code = 3 ] && grep -q 'No space left' err.txt || {
			fails=$((fails + 1))
			echo "call $n: exit $code: $(cat err.txt)"
		}
	fi
	for c in failed/tpl-*; do
		[ ! -e "$c" ] || { [ -s "$c/identity.json" ] && [ -s "$c/disk0.qcow2" ]; } || fails=$((fails + 1))
	done
	"$vmint" clone tpl.raw -n 3 -o failed -t qemu -q || fails=$((fails + 1))
	at=$((at + 1))
done
[ $fails = 0 ] && ok 'full disks: a sentence, nothing half, completed later' || bad "full disks: $fails wrong"

[ $wrong = 0 ] && ok "$killed runs killed: never a half clone, always completed" ||
	bad "$killed runs killed: $wrong wrong"
[ "$(sha256sum <tpl.raw)" = "$before" ] && ok 'the template is still as it was' || bad 'the template is still as it was'
