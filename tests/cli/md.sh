#!/bin/sh
# vmint on a guest whose root is a mirror of two partitions: inspect, clone, verify, audit; judged by mdadm, blkid, e2fsck.
# Prints ok:/not ok:/skip: lines.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
VMINT=${VMINT:-$root/vmint}
mdtool=$(ls "$root"/build/*-release/tests/tools/mdtool 2>/dev/null | head -n 1)
PATH=$PATH:/usr/sbin:/sbin
for tool in mke2fs sfdisk mdadm blkid e2fsck jq; do
	if ! command -v $tool >/dev/null; then
		echo "skip: md: no $tool"
		exit 77
	fi
done
if [ -z "$mdtool" ]; then
	echo "skip: md: tests/tools/mdtool was not built"
	exit 77
fi
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	TMPDIR=/dev/shm
	export TMPDIR
fi
. "$root/tests/common.sh"
cd "$work" || exit 2

digits=0123456789abcdef1032547698badcfe
colons=01234567:89abcdef:10325476:98badcfe
fs=53e8bffa-c678-48b9-b7cb-1a4d0bb03ead
first=$((1 << 20)) each=$((44 << 20)) used=$((40 << 20))
second=$((first + each))

# template METADATA: template.raw, and where the array's data is in $data.
template()
{
	rm -rf tree template.raw
	mkdir -p tree/etc/mdadm tree/boot/grub tree/etc/default tree/lib/modules/6.1.0-9-amd64
	printf 'ID=debian\nVERSION_ID="12"\n' >tree/etc/os-release
	echo template01 >tree/etc/hostname
	echo 7d1f0a9b3c5e4d2f8a6b0c9e1f3d5a7b >tree/etc/machine-id
	echo "UUID=$fs / ext4 defaults 0 1" >tree/etc/fstab
	echo "ARRAY /dev/md/0 metadata=$1 UUID=$colons name=template01:0" >tree/etc/mdadm/mdadm.conf
	echo "GRUB_CMDLINE_LINUX=rd.md.uuid=$colons" >tree/etc/default/grub
	echo "set root='mduuid/$digits'" >tree/boot/grub/grub.cfg
	mke2fs -q -F -t ext4 -U $fs -d tree fs.img 40M >/dev/null || return 1
	truncate -s 100M template.raw
	printf 'start=2048, size=%d, type=fd\nstart=%d, size=%d, type=fd\n' $((each / 512)) $((second / 512)) $((each / 512)) |
		sfdisk -q --label dos template.raw || return 1
	data=$("$mdtool" template.raw "$1" $digits template01:0 $used $first:$each $second:$each) || return 1
	for at in $data; do
		dd if=fs.img of=template.raw bs=1M oflag=seek_bytes seek="$at" conv=notrunc,sparse status=none
	done
}

# window IMAGE NUMBER: one partition of a raw image, in a file of its own.
window()
{
	dd if="$1" of="part$2" bs=1M iflag=skip_bytes,count_bytes skip=$((first + each * ($2 - 1))) count=$each conv=sparse status=none
}

for metadata in 0.90 1.0 1.1 1.2; do
	rm -rf fleet audit.txt
	template $metadata || {
		bad "a template with metadata $metadata"
		continue
	}
	if "$vmint" inspect template.raw >out.txt 2>&1 && grep -q "raid1 of vda1, vda2, metadata $metadata, UUID=$colons" out.txt &&
		grep -q "^  md[03] *ext4 / UUID=$fs" out.txt; then
		ok "metadata $metadata: inspect"
	else
		bad "metadata $metadata: inspect" out.txt
	fi
	if ! "$vmint" clone template.raw -n 2 --name 'web-{n:03}' -o fleet --disk full --disk-format raw -q >out.txt 2>&1; then
		bad "metadata $metadata: two clones" out.txt
		continue
	fi
	if "$vmint" verify fleet >out.txt 2>&1; then ok "metadata $metadata: verify"; else bad "metadata $metadata: verify" out.txt; fi
	if "$vmint" audit fleet/web-001 fleet/web-002 template.raw >out.txt 2>&1 && ! grep -q 'md-' out.txt; then
		ok "metadata $metadata: audit"
	else
		bad "metadata $metadata: audit" out.txt
	fi
	identity=fleet/web-001/identity.json
	new=$(jq -r '.changes[] | select(.kind == "md-uuid" and .action == "changed").new' $identity)
	disk=$(ls fleet/web-001/*.raw)
	window "$disk" 1
	window "$disk" 2
	for p in part1 part2; do
		mdadm --examine $p >out.txt 2>&1
		if [ -n "$new" ] && grep -q "UUID : $new" out.txt && grep -q 'Checksum.*correct' out.txt &&
			[ "$(blkid -p -o value -s UUID $p)" = "$(echo $new | tr -d : | sed 's/^\(.\{8\}\)\(....\)\(....\)\(....\)/\1-\2-\3-\4-/')" ]; then
			ok "metadata $metadata: $p by mdadm and blkid"
		else
			bad "metadata $metadata: $p by mdadm and blkid" out.txt
		fi
	done
	case $metadata in 1.1 | 1.2) skip=$((1 << 20)) ;; *) skip=0 ;; esac
	for p in part1 part2; do
		dd if=$p of=$p.fs bs=1M iflag=skip_bytes,count_bytes skip=$skip count=$used status=none
	done
	if cmp part1.fs part2.fs >out.txt 2>&1; then ok "metadata $metadata: both members are alike"; else bad "metadata $metadata: both members are alike" out.txt; fi
	if e2fsck -fn part2.fs >out.txt 2>&1; then ok "metadata $metadata: e2fsck"; else bad "metadata $metadata: e2fsck" out.txt; fi
	debugfs -R 'cat /etc/mdadm/mdadm.conf' part2.fs >out.txt 2>/dev/null
	case $metadata in 0.90) name=template01:0 ;; *) name=web-001:0 ;; esac
	if grep -q "UUID=$new name=$name" out.txt; then ok "metadata $metadata: mdadm.conf"; else bad "metadata $metadata: mdadm.conf" out.txt; fi
done

# ---- one member with the template's superblock ----

disk=$(ls fleet/web-002/*.raw)
dd if=template.raw of="$disk" bs=4096 iflag=skip_bytes oflag=seek_bytes skip=$((second + 4096)) seek=$((second + 4096)) count=1 conv=notrunc status=none
"$vmint" verify fleet >out.txt 2>&1
code=$?
if [ $code = 1 ] && grep -q "web-002.*$colons\|md-uuid\|volumes, the template has" out.txt; then
	ok "a member of the template's array is noticed"
else
	bad "a member of the template's array is noticed: $code" out.txt
fi

if python3 -c 'import jsonschema' 2>/dev/null; then
	if "$vmint" inspect -f json template.raw >out.json && [ "$(jq -r '.guest.arrays[0].members[1].device' out.json)" = vda2 ] &&
		python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' out.json "$root/docs/inspect.schema.json"; then
		ok 'inspect: the JSON is as its schema says'
	else
		bad 'inspect: the JSON is as its schema says' out.json
	fi
fi
