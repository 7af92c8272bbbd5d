#!/bin/sh
# The disks of clones: made larger, other formats, blank ones beside them. Prints ok:/not ok:/skip: lines.
set -u
cd "$(dirname "$0")/../.." || exit 2
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	TMPDIR=/dev/shm
	export TMPDIR
fi
# shellcheck source=tests/common.sh
. tests/common.sh
PATH=$PATH:/usr/sbin:/sbin
for tool in qemu-img sgdisk sfdisk mke2fs python3; do
	if ! command -v $tool >/dev/null; then
		echo "skip: disks of clones: $tool is not installed"
		exit 0
	fi
done
c=$work/c
mkdir "$c"

# A GPT with a filesystem, an MBR, and a filesystem without a table.
truncate -s 64M "$c/gpt.raw"
sgdisk -n 1:2048:100000 -c 1:root "$c/gpt.raw" >/dev/null
mke2fs -q -F -E offset=1048576 "$c/gpt.raw" 40M >/dev/null 2>&1
truncate -s 32M "$c/mbr.raw"
printf 'label: dos\n2048,40000,83,*\n' | sfdisk -q "$c/mbr.raw"
truncate -s 16M "$c/bare.raw"
mke2fs -q -F "$c/bare.raw" >/dev/null 2>&1

# value FILE KEY: a number of qemu-img's
info()
{
	qemu-img info --output json -U "$1" | python3 -c "import json, sys; print(json.load(sys.stdin)['$2'])"
}
# has_size FILE BYTES
has_size()
{
	[ "$(info "$1" virtual-size)" = "$2" ] || { info "$1" virtual-size; return 1; }
}
# gpt_is_right FILE FORMAT: sgdisk finds nothing, and the table covers the disk
gpt_is_right()
{
	qemu-img convert -f "$2" -O raw "$1" "$c/flat.raw" && sgdisk -v "$c/flat.raw" >"$c/sgdisk.txt" &&
		grep -q 'No problems found' "$c/sgdisk.txt" || { cat "$c/sgdisk.txt"; return 1; }
	python3 - "$c/flat.raw" <<'END'
import struct, sys
d = open(sys.argv[1], 'rb')
size = d.seek(0, 2) // 512
d.seek(0)
mbr, head = d.read(512), d.read(512)
covers, = struct.unpack_from('<I', mbr, 446 + 12)
backup, = struct.unpack_from('<Q', head, 32)
assert covers == min(size - 1, 0xffffffff), covers
assert backup == size - 1, backup
# nothing of the old backup stands in the middle
d.seek(64 * 1024 * 1024 - 33 * 512)
assert not any(d.read(33 * 512)), 'the old backup'
END
}
# starts_like FILE FORMAT TEMPLATE SKIP: from SKIP bytes on, the clone holds what the template holds
starts_like()
{
	qemu-img convert -f "$2" -O raw "$1" "$c/flat.raw" &&
		cmp -n "$(($(stat -c %s "$3") - $4))" "$c/flat.raw" "$3" "$4" "$4"
}

for f in qcow2 raw vmdk; do
	check "grown, full, $f" "$vmint" clone "$c/gpt.raw" -n 2 --name 'g{n}' -o "$c/$f" --disk full --disk-format $f --grow 200M -q
	check "its size: $f" has_size "$c/$f/g1/disk0.$f" 209715200
	check "its GPT: $f" gpt_is_right "$c/$f/g1/disk0.$f" $f
	check "verified: $f" "$vmint" verify --checkers all "$c/$f"
done
check 'grown, linked' "$vmint" clone "$c/gpt.raw" -n 2 --name 'g{n}' -o "$c/linked" --grow 20G -t qemu -t libvirt -q
check 'an overlay larger than its base' has_size "$c/linked/g2/disk0.qcow2" 21474836480
check 'a sound one' qemu-img check -q "$c/linked/g2/disk0.qcow2"
check 'that costs nothing' test "$(stat -c %s "$c/linked/g2/disk0.qcow2")" -lt 400000
check 'its GPT' gpt_is_right "$c/linked/g1/disk0.qcow2" qcow2
check 'verified' "$vmint" verify --checkers all "$c/linked"
check 'the same again' answers 0 '0 steps' "$vmint" clone "$c/gpt.raw" -n 2 --name 'g{n}' -o "$c/linked" --grow 0=20480M -t qemu -t libvirt
check 'another size is another recipe' answers 3 'grow' "$vmint" clone "$c/gpt.raw" -n 2 --name 'g{n}' -o "$c/linked" --grow 30G -t qemu -t libvirt
check 'more than 8 TiB' "$vmint" clone "$c/gpt.raw" -n 1 -o "$c/huge" --grow 20T -q
check 'which QEMU reads' has_size "$c/huge/gpt-001/disk0.qcow2" 21990232555520

check 'an MBR stays' "$vmint" clone "$c/mbr.raw" -n 1 --name m -o "$c/mbr" --disk full --disk-format raw --grow 100M -q
check 'as it is, but for its id' starts_like "$c/mbr/m/disk0.raw" raw "$c/mbr.raw" 444
check 'grown to' has_size "$c/mbr/m/disk0.raw" 104857600
check 'no table' "$vmint" clone "$c/bare.raw" -n 1 --name b -o "$c/bare" --grow 100M -q
check 'is larger all the same' has_size "$c/bare/b/disk0.qcow2" 104857600
check 'and verified' "$vmint" verify --checkers all "$c/mbr" "$c/bare"

check 'smaller is refused' answers 3 'disks are not made smaller' "$vmint" clone "$c/gpt.raw" -o "$c/small" --grow 32M
check 'also by a dry run' answers 3 'disks are not made smaller' "$vmint" clone "$c/gpt.raw" -o "$c/small2" --grow 32M --dry-run
check 'as large as it is' "$vmint" clone "$c/gpt.raw" -o "$c/equal" --grow 64M -q
check 'a disk that is not there' answers 3 'the template has 1' "$vmint" clone "$c/gpt.raw" -o "$c/none" --grow 1=1G
check 'a size that is none' answers 2 "'lots' is not a size" "$vmint" clone "$c/gpt.raw" -o "$c/none" --grow lots
check 'two sizes' answers 2 'disk 0 has two sizes' "$vmint" clone "$c/gpt.raw" -o "$c/none" --grow 1G --grow 0=2G
check 'half a sector' answers 2 'does not end at a sector' "$vmint" clone "$c/gpt.raw" -o "$c/none" --grow 1048577

# A wrong size is found.
cp -r "$c/linked" "$c/wrong"
qemu-img resize -q -f qcow2 "$c/wrong/g1/disk0.qcow2" 21G
check 'a disk of another size is found' answers 1 'bytes for the guest, the ledger says 21474836480' "$vmint" verify "$c/wrong/g1"
rm -rf "$c/wrong"
cp -r "$c/qcow2" "$c/wrong"
sed -i 's/"size": 209715200/"size": 209715712/' "$c/wrong/fleet.json"
check 'a ledger of another size, too' answers 1 'the ledger says 209715712' "$vmint" verify "$c/wrong/g1"

# Blank disks, each clone with its own.
cat >"$c/extra.yaml" <<'END'
names: [a1, a2]
disk: {grow: 100M}
extra-disks:
  - 1T
  - {size: 64M, format: raw, name: data, serial: "data-${name}"}
targets: [qemu, libvirt, proxmox, hyperv, incus]
END
check 'blank disks beside linked ones' "$vmint" clone "$c/gpt.raw" --spec "$c/extra.yaml" -o "$c/extra" -q
check 'as large as asked' has_size "$c/extra/a1/disk1.qcow2" 1099511627776
check 'sparse' test "$(du -k "$c/extra/a1/disk1.qcow2" | cut -f1)" -lt 2000
check 'and raw' test "$(stat -c '%s %b %a' "$c/extra/a2/disk2-data.raw")" = '67108864 0 600'
# the seventh is the recipe's pattern
check 'each has its own serial' test "$(grep -ho '"serial": "[^"]*' "$c/extra/fleet.json" | sort -u | wc -l)" = 7
for f in run.sh domain.xml proxmox.sh; do
	check "attached by $f" grep -q 'data-a2' "$c/extra/a2/$f"
done
check 'attached by hyperv.ps1' grep -q disk2 "$c/extra/a2/hyperv.ps1"
check 'a volume of incus' grep -q 'size=67108864B' "$c/extra/a2/incus.sh"
with virt-xml-validate 'libvirt takes them' virt-xml-validate "$c/extra/a1/domain.xml" domain
if command -v qemu-system-x86_64 >/dev/null; then
	printf '\001x' >"$c/quit"
	check 'QEMU takes them' sh -c "ACCEL=tcg timeout 60 '$c/extra/a1/run.sh' -S <'$c/quit'"
fi
check 'verified' "$vmint" verify --checkers all "$c/extra"
check 'again' answers 0 '0 steps' "$vmint" clone "$c/gpt.raw" --spec "$c/extra.yaml" -o "$c/extra"
check 'others are another recipe' answers 3 'extra-disks' "$vmint" clone "$c/gpt.raw" --spec "$c/extra.yaml" --extra-disk 1G -o "$c/extra"
check 'in an OVA' "$vmint" clone "$c/gpt.raw" -o "$c/ova" --disk full --disk-format vmdk --extra-disk 1G -t ova -t virtualbox -q
check 'with two disks' answers 0 'disk1.vmdk' "$vmint" inspect "$c/ova/gpt-001/machine.ova"
check 'for VMware' "$vmint" clone "$c/gpt.raw" -o "$c/vmx" --disk full --disk-format raw --extra-disk 1G -t vmware -t nspawn -q
check 'with a descriptor of its own' grep -q disk1.raw "$c/vmx/gpt-001/disk1.vmdk"
check 'which a container has not' grep -q 'disk1.raw is not attached' "$c/vmx/gpt-001/machine.nspawn"
check 'verified, also inside the OVAs' "$vmint" verify "$c/ova" "$c/vmx"
check 'more than a bus has room for' answers 3 'ide has room for 4' "$vmint" clone "$c/gpt.raw" -o "$c/ide" --spec - <<'END'
disk: {bus: ide}
extra-disks: [1G, 1G, 1G, 1G]
END
check 'a serial that is too long' answers 3 '20 are the limit' "$vmint" clone "$c/gpt.raw" -o "$c/long" --spec - <<'END'
name: a-rather-long-name
extra-disks: [{size: 1G, serial: "data-${name}"}]
END
check 'serials that meet' answers 3 "would have the serial 'aa'" "$vmint" clone "$c/gpt.raw" -o "$c/meet" --spec - <<'END'
name: a
extra-disks: [{size: 1G, serial: "a${name}"}, {size: 1G, serial: "${name}a"}]
END
cp -r "$c/extra" "$c/used"
printf x | dd of="$c/used/a1/disk2-data.raw" bs=1 seek=5000 conv=notrunc status=none
check 'something on a blank disk is found' answers 1 'something is on it' "$vmint" verify "$c/used/a1"
truncate -s 65M "$c/used/a2/disk2-data.raw"
check 'and one of another size' answers 1 'the recipe says 67108864' "$vmint" verify "$c/used/a2"
rm "$c/used/a1/disk1.qcow2"
qemu-img create -q -f qcow2 -b ../a2/disk1.qcow2 -F qcow2 "$c/used/a1/disk1.qcow2"
check 'and one that stands on another' answers 1 'is a blank disk, and stands on' "$vmint" verify "$c/used/a1"

# What qemu-img writes, with ids of the clones' own.
image_id()
{
	python3 - "$1" <<'END'
import struct, sys, uuid
d = open(sys.argv[1], 'rb').read()
if d[64:68] == b'\x7f\x10\xda\xbe':
    print(uuid.UUID(bytes_le=d[392:408]))
elif d[:8] == b'vhdxfile':
    for k in range(struct.unpack_from('<I', d, 196616)[0]):
        guid, off = struct.unpack_from('<16sQ', d, 196624 + 32 * k)
        if uuid.UUID(bytes_le=guid) == uuid.UUID('8b7ca206-4790-4b9a-b8fe-575f050f886e'):
            for i in range(struct.unpack_from('<H', d, off + 10)[0]):
                item, at = struct.unpack_from('<16sI', d, off + 32 + 32 * i)
                if uuid.UUID(bytes_le=item) == uuid.UUID('beca12ab-b2e6-4523-93ef-c309e000c746'):
                    print(uuid.UUID(bytes_le=d[off + at:off + at + 16]))
else:
    print(uuid.UUID(bytes=d[-512 + 68:-512 + 84]))
END
}
listed_id()
{
	python3 -c "import json, sys; print(json.load(open(sys.argv[1]))['clone']['disks'][int(sys.argv[2])]['image_id'])" "$1" "$2"
}
for f in vdi vhdx vhd; do
	q=$f
	[ $f != vhd ] || q=vpc
	check "full disks: $f" "$vmint" clone "$c/gpt.raw" -n 2 --name 'g{n}' -o "$c/$f" --disk full --disk-format $f --grow 100M \
		--extra-disk 2G -q -t qemu -t hyperv
	[ $f = vhd ] || check "sound: $f" qemu-img check -q -f $q "$c/$f/g1/disk0.$f"
	check "its size: $f" has_size "$c/$f/g1/disk0.$f" 104857600
	check "its GPT: $f" gpt_is_right "$c/$f/g1/disk0.$f" $q
	check "its id is the ledger's: $f" test "$(image_id "$c/$f/g2/disk0.$f")" = "$(listed_id "$c/$f/g2/identity.json" 0)"
	check "also of a blank one: $f" test "$(image_id "$c/$f/g2/disk1.$f")" = "$(listed_id "$c/$f/g2/identity.json" 1)"
	check "of mode 600, alone: $f" test "$(cd "$c/$f/g1" && stat -c %a disk* .disk* 2>/dev/null | tr '\n' ' ')" = '600 600 '
	check "verified: $f" "$vmint" verify --checkers all "$c/$f"
	qemu-img convert -f raw -O $q "$c/gpt.raw" "$c/$f/g1/disk1.$f"
	check "another id is found: $f" answers 1 'its own id is' "$vmint" verify "$c/$f/g1"
done
check 'Hyper-V takes vhdx as it is' sh -c "grep -q \"'disk0.vhdx'\" '$c/vhdx/g1/hyperv.ps1' && ! grep -q qemu-img '$c/vhdx/g1/hyperv.ps1'"
check 'VirtualBox takes vmdk only' answers 2 'target virtualbox takes vmdk disks only' "$vmint" clone "$c/gpt.raw" -o "$c/none" --disk full --disk-format vdi -t virtualbox
check 'VMware raw only' answers 2 'target vmware takes raw disks only' "$vmint" clone "$c/gpt.raw" -o "$c/none" --disk full --disk-format vhdx -t vmware
check 'libvirt no vhdx' answers 2 'target libvirt takes no vhdx disks' "$vmint" clone "$c/gpt.raw" -o "$c/none" --disk full --disk-format vhdx -t libvirt
check 'without qemu-img, one sentence' answers 3 'vdi disks are written by qemu-img: install qemu-utils' \
	env PATH=/nowhere "$vmint" clone "$c/gpt.raw" -o "$c/tool" --disk full --disk-format vdi
check 'and no folder' test ! -e "$c/tool"
mkdir "$c/bin"
printf '#!/bin/sh\necho "qemu-img: no room" >&2\nexit 1\n' >"$c/bin/qemu-img"
chmod +x "$c/bin/qemu-img"
check 'a qemu-img that fails is quoted' answers 3 'qemu-img: no room' env PATH="$c/bin:$PATH" "$vmint" clone "$c/gpt.raw" \
	-o "$c/failed" --disk full --disk-format vdi
check 'and leaves nothing' test -z "$(find "$c/failed" -name '.stage-*' -o -name '*.vdi')"

# Blocks shared by reflink, on filesystems that can.
head -c 20M /dev/urandom | dd of="$c/gpt.raw" bs=1M seek=41 conv=notrunc status=none
for fs in xfs btrfs; do
	if [ "$(id -u)" != 0 ] || ! command -v mkfs.$fs >/dev/null; then
		echo "skip: reflinks on $fs: needs root and mkfs.$fs"
		continue
	fi
	truncate -s 600M "$c/$fs.img"
	mkdir "$c/on-$fs"
	if ! { mkfs.$fs -q "$c/$fs.img" >/dev/null 2>&1 && mount -o loop "$c/$fs.img" "$c/on-$fs"; } 2>"$c/log"; then
		echo "skip: reflinks on $fs: it cannot be mounted here"
		continue
	fi
	check "on $fs, 40 clones of 20 MiB of data" "$vmint" clone "$c/gpt.raw" -n 40 --name 'g{n}' -o "$c/on-$fs/f" --disk full \
		--disk-format raw --grow 100M -t qemu
	grep -q 'shared by reflink' "$work/log" && echo "ok: which is said" || echo "not ok: which is said"
	sync -f "$c/on-$fs"
	# 800 MiB would not fit: base, expansion and what each clone has of its own
	check 'share them' test "$(du -sm "$c/on-$fs/f" | cut -f1)" -gt 0 -a "$(df -m --output=used "$c/on-$fs" | tail -1)" -lt 200
	check 'have the right table' gpt_is_right "$c/on-$fs/f/g7/disk0.raw" raw
	check 'are verified' "$vmint" verify --checkers all "$c/on-$fs/f"
	check 'leave nothing else' test -z "$(find "$c/on-$fs/f" -name '.stage-*')"
	cp -r --reflink=never "$c/on-$fs/f/fleet.key" "$c/$fs.key"
	check 'are what a copy would be' "$vmint" clone "$c/gpt.raw" -n 1 --name g7 -o "$c/$fs-copy" --key "$c/$fs.key" --disk full \
		--disk-format raw --grow 100M -q -t qemu
	check 'byte for byte' cmp "$c/$fs-copy/g7/disk0.raw" "$c/on-$fs/f/g7/disk0.raw"
	umount "$c/on-$fs"
	rm "$c/$fs.img"
done
check 'where nothing is shared' "$vmint" clone "$c/gpt.raw" -n 2 -o "$c/copies" --disk full --disk-format raw --format json
python3 - "$work/log" <<'END' && echo 'ok: holes are not counted' || echo 'not ok: holes are not counted'
import json, sys
j = json.load(open(sys.argv[1]))
assert not j['reflinked'] and 40 << 20 < j['bytes'] < 60 << 20, j['bytes']
END

# An interrupt while the base is made, and while a disk is converted.
head -c 24M /dev/urandom >"$c/noise"
cat "$c/noise" "$c/noise" "$c/noise" "$c/noise" "$c/noise" >"$c/big.raw"
qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$c/big.raw" "$c/big.vmdk"
# interrupted SIGNAL NAME COMMAND...: sends it as soon as a file of that name is being made
interrupted()
{
	signal=$1 name=$2
	shift 2
	rm -rf "$c/int"
	"$@" -o "$c/int" >"$c/int.out" 2>"$c/int.err" &
	pid=$!
	while kill -0 $pid 2>/dev/null && [ -z "$(find "$c/int" -name "$name" 2>/dev/null)" ]; do :; done
	kill -s "$signal" $pid 2>/dev/null
	began=$(date +%s%N)
	wait $pid
	got=$?
	took=$((($(date +%s%N) - began) / 1000000))
	if [ $got = 0 ]; then
		echo "skip: SIG$signal: this machine was faster"
	elif [ $got = 130 ] && [ $took -lt 5000 ] && [ -z "$(find "$c/int" -name '.stage-*' -o -name 'disk*')" ]; then
		echo "ok: SIG$signal ends it at once, with nothing half made: $name"
	else
		echo "not ok: SIG$signal: status $got after $took ms: $name"
		cat "$c/int.err"
		find "$c/int"
	fi
}
interrupted INT '.stage-*' "$vmint" clone "$c/big.vmdk"
interrupted TERM '.stage-*' "$vmint" clone "$c/big.vmdk"
interrupted INT disk0.raw "$vmint" clone "$c/big.raw" --disk full --disk-format raw
interrupted TERM disk0.vdi "$vmint" clone "$c/big.raw" --disk full --disk-format vdi
