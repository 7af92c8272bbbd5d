#!/bin/sh
# vmint verify: good fleets pass, and every way to spoil one is caught and named.
# Prints ok:/not ok:/skip: lines.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD
sample=$root/build/sample.ova
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	TMPDIR=/dev/shm
	export TMPDIR
fi
if [ ! -e "$sample" ]; then
	echo "skip: verify: build/sample.ova was not built"
	exit 77
fi

. tests/common.sh
enter

"$vmint" clone "$sample" -n 3 --name 'web-{n:03}' -o good -t qemu -t libvirt -q || bad 'three clones'
if "$vmint" verify good >out.txt 2>err.txt; then ok 'a good fleet'; else bad 'a good fleet' out.txt err.txt; fi
if "$vmint" verify good/web-002 >out.txt 2>err.txt; then ok 'one clone of it'; else bad 'one clone of it' out.txt err.txt; fi

# ---- 200 good ones: no false alarm ----

"$vmint" clone "$sample" -n 200 --ssh-keys modern --name 'n{n:03}' -o many -t libvirt -q || bad '200 clones'
if "$vmint" verify --checkers none many >out.txt 2>err.txt && grep -q '^200 machines verified' out.txt; then
	ok '200 good clones, no false alarm'
else
	bad '200 good clones, no false alarm' out.txt err.txt
fi
rm -rf many

# ---- boot entries in a folder that the machine-id names ----

if command -v mke2fs >/dev/null && command -v cpio >/dev/null; then
	id=d83c58992539405f8ce5bd8b8120d94a
	mkdir -p t/etc t/boot/loader/entries t/boot/$id/6.1 t/lib
	printf 'ID=debian\nPRETTY_NAME="Debian 12"\n' >t/etc/os-release
	echo $id >t/etc/machine-id
	echo tpl >t/etc/hostname
	echo 'UUID=5d2ff3a5-4d5c-4b7e-9d5c-0f3c1f8f0a11 / ext4 defaults 0 1' >t/etc/fstab
	(cd t && echo etc/fstab | cpio -o -H newc --quiet) | gzip >t/boot/$id/6.1/initrd.img
	printf 'title Debian\nmachine-id %s\nlinux /%s/6.1/linux\ninitrd /%s/6.1/initrd.img\noptions root=UUID=%s\n' $id $id $id \
		5d2ff3a5-4d5c-4b7e-9d5c-0f3c1f8f0a11 >t/boot/loader/entries/$id-6.1.conf
	echo kernel >t/boot/$id/6.1/linux
	truncate -s 32M bls.raw
	mke2fs -q -t ext4 -U 5d2ff3a5-4d5c-4b7e-9d5c-0f3c1f8f0a11 -d t bls.raw
	if "$vmint" clone bls.raw -n 2 --name 'b{n}' -o bls -q && "$vmint" verify bls >out.txt 2>err.txt; then
		ok 'a ramdisk whose folder has the new name'
	else
		bad 'a ramdisk whose folder has the new name' out.txt err.txt
	fi
	rm -rf t/boot bls bls.raw
	# An Alpine has none.
	rm t/etc/machine-id
	truncate -s 32M old.raw
	mke2fs -q -t ext4 -U 5d2ff3a5-4d5c-4b7e-9d5c-0f3c1f8f0a11 -d t old.raw
	if "$vmint" clone old.raw -n 2 --name 'o{n}' -o old -q && "$vmint" verify old >out.txt 2>err.txt; then
		ok 'a guest that has no machine-id'
	else
		bad 'a guest that has no machine-id' out.txt err.txt
	fi
	rm -rf t old old.raw
fi

# ---- the forms ----

if python3 -c 'import jsonschema' 2>/dev/null; then
	if "$vmint" verify -f json good >out.json &&
		python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' out.json "$root/docs/verify.schema.json"; then
		ok 'the JSON is as its schema says'
	else
		bad 'the JSON is as its schema says'
	fi
else
	echo 'skip: verify: the JSON: no python3-jsonschema'
fi
if command -v xmllint >/dev/null; then
	if "$vmint" verify -f junit good >out.xml && xmllint --noout out.xml; then ok 'the JUnit XML is well formed'; else bad 'the JUnit XML'; fi
else
	echo 'skip: verify: the JUnit XML: no xmllint'
fi

# ---- images that no ledger knows ----

"$vmint" verify --against "$sample" "$sample" >out.txt 2>err.txt
[ $? = 1 ] && grep -q 'fail  scan.template' out.txt && grep -q "the template's" out.txt && ok 'the template is no clone of itself' ||
	bad 'the template is no clone of itself' out.txt err.txt
"$vmint" clone "$sample" -n 1 --name solo --ssh-keys modern -o full -t ovf --disk full --disk-format vmdk -q || bad 'a full clone'
if "$vmint" pack -q -o solo.ova full/solo && "$vmint" verify --against "$sample" solo.ova full/solo/disk0.vmdk >out.txt 2>err.txt; then
	ok 'an OVA and a disk against the template'
else
	bad 'an OVA and a disk against the template' out.txt err.txt
fi
printf 'x' | dd of=solo.ova bs=1 seek=900000 conv=notrunc status=none
"$vmint" verify solo.ova >out.txt 2>err.txt
[ $? = 3 ] && ok 'a damaged OVA' || bad 'a damaged OVA' out.txt err.txt
"$vmint" verify none >out.txt 2>err.txt
[ $? = 3 ] && grep -q 'No such file' err.txt && ok 'nothing there' || bad 'nothing there' err.txt
"$vmint" verify --checkers few good >out.txt 2>err.txt
[ $? = 2 ] && ok 'a wrong word' || bad 'a wrong word' err.txt

spoil=${SPOIL:-$root/build/cc-release/tests/tools/spoil}
if [ ! -x "$spoil" ]; then
	make -s -C "$root" build/cc-release/tests/tools/spoil >/dev/null 2>&1
fi
if [ ! -x "$spoil" ]; then
	echo "skip: verify: 50 ways to spoil a clone: tests/tools/spoil was not built"
	exit 0
fi

# ---- every way to spoil one: clean before, caught after, by the check that is named ----

old_id=4f8a1c5e9b2d47f0a6c3e81d75b90f24
old_root=c1a5b7d2-3e4f-4a68-9b0c-5d7e8f9a1b2c
old_swap=8e2d4c6b-0a1f-4357-8d9e-b3c5a7f91e04
old_mac=00:50:56:a1:5c:7e
stray=deadbeef-1234-4567-89ab-0123456789ab

# of CLONE KEY: a text of its record; change CLONE KIND WHERE: the new id of a change
of()
{
	sed -n "s/^    \"$2\": \"\(.*\)\",*$/\1/p" "good/$1/identity.json" | head -n 1
}
change()
{
	awk -v kind="\"$2\"," -v where="\"$3\"," '
		$1 == "\"kind\":" { k = $2 } $1 == "\"where\":" { w = $2 }
		$1 == "\"new\":" && k == kind && w == where { gsub(/[",]/, "", $2); print $2; exit }' "good/$1/identity.json"
}
my_root=$(change web-002 fs-uuid vda2)
my_esp=$(change web-002 fs-uuid vda1)
my_swap=$(change web-002 fs-uuid vda3)
my_mac=$(of web-002 smbios_uuid >/dev/null; grep -m1 -ho '0e:[0-9a-f:]*' good/web-002/identity.json)
its_mac=$(grep -m1 -ho '0e:[0-9a-f:]*' good/web-001/identity.json)
my_id=$(of web-002 machine_id)
its_id=$(of web-001 machine_id)
base=$(cd good && echo base/*.qcow2)
serial_of()
{
	sed -n 's/.*"serial": "\(.*\)".*/\1/p' "good/$1/identity.json" | head -n 1
}
my_serial=$(serial_of web-002) its_serial=$(serial_of web-001)

caught=0 missed=0
# caught WHAT CHECK: the fleet at bad/ must fail that check
catches()
{
	what=$1 check=$2
	if [ "$(cd bad && find . -type f ! -name .lock -exec sha256sum {} + | sort)" = "$was" ] &&
		[ "$(cd bad && find . -printf '%m %p\n' | sort)" = "$modes" ]; then
		missed=$((missed + 1))
		bad "$what: nothing was spoiled"
		return
	fi
	"$vmint" verify bad >out.txt 2>err.txt
	code=$?
	if [ $code = 1 ] && grep -q "^  fail  $check " out.txt; then
		caught=$((caught + 1))
		ok "$what: $check"
	else
		missed=$((missed + 1))
		bad "$what: exit $code, not $check" out.txt err.txt
	fi
}
fresh()
{
	rm -rf bad
	cp -rp good bad
}
fresh
was=$(cd bad && find . -type f ! -name .lock -exec sha256sum {} + | sort)
modes=$(cd bad && find . -printf '%m %p\n' | sort)
if "$vmint" verify -q bad; then ok 'a copy of it'; else bad 'a copy of it'; fi

# guest WHAT CHECK WORD...: web-002's guest is spoiled, and the ledger knows the new disk
guest()
{
	what=$1 check=$2
	shift 2
	fresh
	if ! "$spoil" bad web-002 "$@" 2>err.txt; then
		missed=$((missed + 1))
		bad "$what: could not be spoiled" err.txt
		return
	fi
	catches "$what" "$check"
}

# The machine's name and id.
guest 'the template'\''s machine-id' guest.identity write /etc/machine-id 444 $old_id
guest 'a sibling'\''s machine-id' scan.siblings write /etc/machine-id 444 "$its_id"
guest 'an empty machine-id' guest.identity write /etc/machine-id 444 ''
guest 'the template'\''s name' guest.names write /etc/hostname 644 debian12-template
guest 'a sibling'\''s name' guest.names write /etc/hostname 644 web-001
guest 'a sibling in /etc/hosts' guest.names write /etc/hosts 644 '127.0.1.1 web-001'
guest 'the template in /etc/mailname' guest.names write /etc/mailname 644 debian12-template.example.com

# A reference to something that is not there, in each kind of file.
guest 'fstab: another root' refs.storage replace /etc/fstab "$my_root" $stray
guest 'fstab: the template'\''s swap' refs.storage replace /etc/fstab "$my_swap" $old_swap
guest 'fstab: another FAT serial' refs.storage replace /etc/fstab "$my_esp" 1234-ABCD
guest 'fstab: a label' refs.storage replace /etc/fstab "UUID=$my_root" LABEL=nowhere
guest 'fstab: a partition' refs.storage replace /etc/fstab "UUID=$my_root" PARTUUID=$stray
guest 'fstab: a partition'\''s name' refs.storage replace /etc/fstab "UUID=$my_root" PARTLABEL=nowhere
guest 'fstab: a device' refs.storage replace /etc/fstab "UUID=$my_root" /dev/vda9
guest 'fstab: by-uuid' refs.storage replace /etc/fstab "UUID=$my_root" /dev/disk/by-uuid/$stray
guest 'fstab: a logical volume' refs.storage replace /etc/fstab "UUID=$my_root" /dev/mapper/vg-gone
guest 'fstab: the template'\''s disk, by its serial number' refs.storage replace /etc/fstab "UUID=$my_root" \
	/dev/disk/by-id/ata-VBOX_HARDDISK_VB1d2c3b4a-5f6e7d8c-part2
guest 'fstab: a sibling'\''s disk' refs.storage replace /etc/fstab "UUID=$my_root" "/dev/disk/by-id/virtio-$its_serial-part2"
guest 'fstab: a partition that its disk has not' refs.storage replace /etc/fstab "UUID=$my_root" "/dev/disk/by-id/virtio-$my_serial-part9"
guest 'fstab: a physical volume by its id' refs.storage replace /etc/fstab "UUID=$my_root" \
	/dev/disk/by-id/lvm-pv-uuid-5zzOGK-CJme-3cbf-KcoR-fmnE-AcpB-C9YxtV
guest 'crypttab: a world-wide name' refs.storage write /etc/crypttab 644 \
	'secret /dev/disk/by-id/wwn-0x5000c500a1b2c3d4-part3 none luks'
guest 'GRUB: a logical volume by its ids' refs.storage replace /boot/grub/grub.cfg "root=UUID=$my_root" \
	root=/dev/disk/by-id/dm-uuid-LVM-5zzOGKCJme3cbfKcoRfmnEAcpBC9YxtV5zzOGKCJme3cbfKcoRfmnEAcpBC9YxtW
guest 'GRUB: its search' refs.storage replace /boot/grub/grub.cfg "--set=root $my_root" "--set=root $stray"
guest 'GRUB: root=' refs.storage replace /boot/grub/grub.cfg "root=UUID=$my_root" root=UUID=$stray
guest 'GRUB: resume=' refs.storage replace /boot/grub/grub.cfg "resume=UUID=$my_swap" resume=UUID=$stray
guest 'GRUB on the ESP' refs.storage replace /boot/efi/EFI/debian/grub.cfg "$my_root" $stray
guest 'GRUB: defaults' refs.storage replace /etc/default/grub 'LINUX=""' "LINUX=\"resume=UUID=$stray\""
guest 'a boot entry' refs.storage write /boot/loader/entries/debian.conf 644 "options root=UUID=$stray"
guest 'resume' refs.storage replace /etc/initramfs-tools/conf.d/resume "$my_swap" $stray
guest 'crypttab' refs.storage write /etc/crypttab 644 "secret UUID=$stray none luks"
guest 'kernel command line' refs.storage write /etc/kernel/cmdline 644 "root=UUID=$stray ro"
guest 'udev' refs.storage write /etc/udev/rules.d/70-disk.rules 644 "ENV{ID_FS_UUID}==\"$stray\", SYMLINK+=\"data\""
guest 'a unit' refs.storage write /etc/systemd/system/data.mount 644 \
	"What=/dev/disk/by-uuid/$stray"
guest 'a unit'\''s name' refs.storage write \
	'/etc/systemd/system/dev-disk-by\x2duuid-deadbeef\x2d1234\x2d4567\x2d89ab\x2d0123456789ab.swap' 644 '[Swap]'

# What its own disk is called, on whatever bus, and where a disk is plugged in.
for name in "by-id/virtio-$my_serial-part2" "by-id/scsi-0QEMU_QEMU_HARDDISK_$my_serial-part2" by-path/pci-0000:00:04.0-part2; do
	fresh
	"$spoil" bad web-002 replace /etc/fstab "UUID=$my_root" "/dev/disk/$name"
	if "$vmint" verify bad >out.txt 2>err.txt; then ok "fstab: /dev/disk/$name"; else bad "fstab: /dev/disk/$name" out.txt err.txt; fi
done

# The network.
guest 'netplan: a sibling'\''s address' refs.network replace /etc/netplan/50-cloud-init.yaml "$my_mac" "$its_mac"
guest 'networkd: the template'\''s address' scan.template replace /etc/systemd/network/10-ens192.network "$my_mac" $old_mac
guest 'interfaces: nobody'\''s address' refs.network replace /etc/network/interfaces "$my_mac" 52:54:00:12:34:56

# Keys, seeds, modes.
guest 'a host key that all can read' guest.modes mode /etc/ssh/ssh_host_ed25519_key 644
guest 'a seed that all can read' guest.modes mode /var/lib/systemd/random-seed 644
guest 'a netplan file that all can read' guest.modes mode /etc/netplan/50-cloud-init.yaml 644
guest 'a shadow file that all can read' guest.modes mode /etc/shadow 644
guest 'the template'\''s seed' scan.template copy /var/lib/systemd/random-seed
guest 'the template'\''s host key' scan.template copy /etc/ssh/ssh_host_ed25519_key
guest 'a sibling'\''s host key' guest.host-keys steal web-001 /etc/ssh/ssh_host_ed25519_key
guest 'a sibling'\''s public key' guest.host-keys steal web-001 /etc/ssh/ssh_host_ecdsa_key.pub
guest 'no private key' guest.host-keys remove /etc/ssh/ssh_host_ed25519_key
guest 'the template'\''s initial ramdisk' scan.initramfs copy /boot/initrd.img-6.1.0-18-amd64

# Ids of storage.
guest 'the template'\''s root UUID' guest.identity uuid vda2 $old_root
guest 'a sibling'\''s root UUID' scan.siblings uuid vda2 "$(change web-001 fs-uuid vda2)"
guest 'the template'\''s swap UUID' scan.template uuid vda3 $old_swap
guest 'the template'\''s FAT serial' guest.identity uuid vda1 7a3c91e5-0000-4000-8000-000000000000
guest 'the template'\''s disk GUID' guest.identity guid disk 6a1e3c52-8d4b-4f7a-9c2e-1b0d5f8a7e31
guest 'a sibling'\''s partition GUID' scan.siblings guid 2 "$(change web-001 partition-guid vda2)"
guest 'a damaged backup GPT' storage.tables bytes -440 ffff
guest 'a damaged GPT' storage.tables bytes 600 ffff
guest 'no ext4 any more' storage.tables bytes $((9 * 1048576 + 1024 + 56)) 0000
if command -v fsck.fat >/dev/null || [ -x /usr/sbin/fsck.fat ]; then
	guest 'two tables of a FAT that differ' checkers bytes $((1048576 + 8192 + 100)) ff00ff
else
	echo 'skip: verify: a damaged FAT: no fsck.fat'
fi

# What is left where nobody looks.
guest 'an old id in a file'\''s slack' scan.template slack /etc/hostname $old_id
guest 'an old id in the journal' scan.template journal $old_root
guest 'an old id before the first partition' scan.template bytes 700000 4f8a1c5e9b2d47f0a6c3e81d75b90f24
guest 'an old address as UTF-16' scan.template bytes 700000 \
	"$(printf %s $old_mac | od -An -tx1 | tr -d ' \n' | sed 's/../&00/g')"

# ---- the files beside the guest ----

# files WHAT CHECK COMMAND: a shell command in bad/
files()
{
	what=$1 check=$2
	fresh
	(cd bad && chmod u+w base/* && eval "$3") >err.txt 2>&1
	catches "$what" "$check"
}
# sed_in FILE EXPRESSION, keeping the mode
sed_in()
{
	sed "$2" "$1" >"$1.new" && cat "$1.new" >"$1" && rm "$1.new"
}
relist()
{
	(cd .. && "$spoil" bad "$1" relist)
}

files 'a flipped bit in the base' base.digest 'printf "\001" | dd of=$base bs=1 seek=1500000 conv=notrunc status=none'
files 'no base' base.digest 'rm $base'
files 'a shorter base' base.digest 'truncate -s -65536 $base'
files 'swapped disks' guest.identity 'mv web-001/disk0.qcow2 x && mv web-002/disk0.qcow2 web-001 && mv x web-002/disk0.qcow2
	relist web-001 && relist web-002'
files 'a disk cut short' ledger.files 'truncate -s -8192 web-002/disk0.qcow2'
files 'a disk cut short, and listed so' chain.backing 'truncate -s 70000 web-002/disk0.qcow2; relist web-002'
files 'another backing file' chain.backing 'sed_in web-002/disk0.qcow2 "s|\.\./base/[0-9a-f]|../base/x|"; relist web-002'
files 'a disk that is none' chain.backing 'echo nothing >web-002/disk0.qcow2; relist web-002'
files 'a disk that all can read' files.modes 'chmod 644 web-002/disk0.qcow2'
files 'a key that all can read' fleet.files 'chmod 644 fleet.key'
files 'another key' fleet.files 'printf "%064d\n" 7 >fleet.key'
files 'known_hosts with a sibling'\''s key' fleet.files 'sed_in known_hosts "s/^web-002/web-003/"'
files 'a fleet.json that is none' ledger.schema 'echo "{}" >fleet.json'
files 'a fleet.json cut short' ledger.schema 'truncate -s 500 fleet.json'
files 'the ledger: another machine-id' ledger.record 'sed_in fleet.json "s/$my_id/$old_id/"'
files 'the ledger: one address twice' ledger.unique 'sed_in fleet.json "s/$my_mac/$its_mac/"; sed_in web-002/identity.json "s/$my_mac/$its_mac/"'
files 'identity.json: another name' ledger.record 'sed_in web-002/identity.json "s/\"hostname\": \"web-002\"/\"hostname\": \"web-009\"/"'
files 'no identity.json' ledger.record 'rm web-002/identity.json'
files 'no clone' ledger.record 'rm -r web-002'
files 'a file more' ledger.files 'echo x >web-002/notes'
files 'a file less' ledger.files 'rm web-002/run.sh'
files 'domain.xml changed' ledger.files 'sed_in web-002/domain.xml "s/kvm/qemu/;s/<vcpu>1/<vcpu>2/"'
files 'domain.xml with a sibling'\''s address' description.agrees 'sed_in web-002/domain.xml "s/$my_mac/$its_mac/"; relist web-002'
files 'domain.xml with another id' description.agrees 'sed_in web-002/domain.xml "s|<uuid>.*</uuid>|<uuid>$stray</uuid>|"; relist web-002'
files 'domain.xml with a sibling'\''s disk' description.agrees 'sed_in web-002/domain.xml "s|/web-002/disk0|/web-001/disk0|"; relist web-002'
files 'run.sh with a sibling'\''s address' description.agrees 'sed_in web-002/run.sh "s/$my_mac/$its_mac/"; relist web-002'
echo "$caught of $((caught + missed)) caught"
