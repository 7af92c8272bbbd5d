#!/bin/sh
# Packages of the corpus get their right answer; every descriptor is rewritten and read back; what validated against
# the schema of DSP8023 before validates afterwards.
# usage: packages.sh DATA BUILD-FOLDER
set -u
data=$1
out=$2
vmint=./vmint
passed=0 failed=0
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

good()
{
	passed=$((passed + 1))
}

bad()
{
	failed=$((failed + 1))
	echo "not ok: packages: $*"
}

# The disks are large and nearly empty: qemu-img skips their holes.
same_disk()
{
	if command -v qemu-img >/dev/null; then
		qemu-img compare -q -f raw -F raw "$1" "$2"
	else
		cmp "$1" "$2"
	fi
}

# What inspect has to answer, and say.
while read -r code file words; do
	[ -n "$file" ] || continue
	timeout 60 $vmint inspect "$data/$file" >"$work/out" 2>&1
	got=$?
	if [ $got = "$code" ] && grep -qF -- "$words" "$work/out"; then
		good
	else
		bad "$file: exit $got, expected $code and '$words'"
	fi
done <<'END'
1 ova/openstack+glance/testserver.ova it should be vmdk, but it is raw
3 ova/openstack+glance/testserver-bad-ovf.ova illegal-xml.ovf:2
1 ova/openstack+glance/testserver-no-disk.ova is not in the package
3 ova/openstack+glance/testserver-no-ovf.ova no .ovf descriptor
3 ova/openstack+glance/testserver-not-tar.ova not an OVA
3 bad/log2timeline+dfvfs/with_directory.tar no .ovf descriptor
0 ovf/ganeti+ganeti/ganeti.ovf every digest is right
0 ovf/ganeti+ganeti/gzip_disk.ovf gzip
0 ovf/ganeti+ganeti/virtualbox.ovf second_disk.vmdk
0 ovf/ganeti+ganeti/ova.ova archive, OVF 1.x
3 ovf/ganeti+ganeti/no_ovf.ova no .ovf descriptor
1 ovf/ganeti+ganeti/no_disk_in_ref.ovf which References does not list
1 ovf/ganeti+ganeti/wrong_manifest.ovf is not what the manifest says
1 ovf/ganeti+ganeti/corrupted_resources.ovf is not in the package
3 ovf/ganeti+ganeti/wrong_xml.ovf wrong_xml.ovf:71
0 ovf/glennmatthews+cot/input.ovf every digest is right
0 ovf/glennmatthews+cot/ubuntu.2.0.ovf every digest is right
0 ovf/glennmatthews+cot/minimal.ovf OVF 1.x
0 ovf/glennmatthews+cot/v0.9.ovf OVF 0.9
0 ovf/glennmatthews+cot/iosv.ovf OVF 1.x
0 ovf/glennmatthews+cot/csr1000v.ovf Configurations
1 ovf/glennmatthews+cot/invalid.ovf which References does not list
3 ovf/glennmatthews+cot/ersatz_ovf_3.0.ovf not an OVF version
3 ovf/glennmatthews+cot/test.tar no .ovf descriptor
3 ovf/proxmox+pve-storage/XEE.ovf DOCTYPE
1 ovf/proxmox+pve-storage/Win_2008_R2_two-disks.ovf the descriptor says
1 ovf/virt-manager+virt-manager/test_gzip.ovf is not in the package
0 disk/log2timeline+dfvfs/ext2.vmdk vmdk
0 disk/kubevirt+containerized-data-importer/fs-overhead.qcow2 qcow2
END

# Whatever inspects well is imported, packed and imported again, and holds the same disks.
for file in ovf/ganeti+ganeti/ganeti.ovf ovf/ganeti+ganeti/gzip_disk.ovf ovf/ganeti+ganeti/virtualbox.ovf ovf/ganeti+ganeti/ova.ova \
	ovf/glennmatthews+cot/input.ovf ovf/glennmatthews+cot/ubuntu.2.0.ovf ovf/glennmatthews+cot/v0.9.ovf; do
	rm -rf "$work/a" "$work/b" "$work/p.ova"
	if $vmint import -q --disk-format raw -o "$work/a" "$data/$file" && $vmint pack -q -o "$work/p.ova" "$work/a" &&
		$vmint import -q --require-manifest --disk-format raw -o "$work/b" "$work/p.ova"; then
		same=1
		for disk in "$work"/a/*.raw; do
			same_disk "$disk" "$work/b/${disk##*/}" || same=0
		done
		if [ $same = 1 ]; then good; else bad "$file: other disks after pack"; fi
	else
		bad "$file: import, pack, import"
	fi
done 2>"$work/errors"
[ ! -s "$work/errors" ] || sed 's/^/  /' "$work/errors"

# Every descriptor: written, read, the same; and the schema.
mkdir "$work/written"
find "$data/ovf" -type f \( -name '*.ovf' -o -name '*.xml' -o -name '*.ovd' \) -print0 | sort -z >"$work/list"
xargs -0 "$out/tests/tools/ovfedit" "$work/written" <"$work/list" >"$work/edits"
grep '^not ok' "$work/edits"
passed=$((passed + $(sed -n 's/^ovfedit: \([0-9]*\) passed.*/\1/p' "$work/edits")))
failed=$((failed + $(sed -n 's/^ovfedit:.* \([0-9]*\) failed/\1/p' "$work/edits")))

schema="$data/schema/vatesfr+xen-orchestra/dsp8023_1.1.1.xsd"
if command -v xmllint >/dev/null; then
	xargs -0 xmllint --noout --nonet --huge --schema "$schema" <"$work/list" 2>&1 | sed -n 's/ validates$//p' | sed 's|.*/||' | sort >"$work/before"
	(cd "$work/written" && find . -type f -print0) | (schema=$(realpath "$schema") && cd "$work/written" && xargs -0 xmllint --noout --nonet --huge --schema "$schema") 2>&1 |
		sed -n 's/ validates$//p' | sed 's|.*/||' | sort >"$work/after"
	if [ ! -s "$work/before" ]; then
		bad "no descriptor validates: the schema cannot be read"
	fi
	while read -r name; do
		if grep -qxF -- "$name" "$work/after"; then good; else bad "$name: valid before, not when written"; fi
	done <"$work/before"
	echo "packages: $(wc -l <"$work/before") descriptors are valid by DSP8023, and $(comm -12 "$work/before" "$work/after" | wc -l) of them when written"
else
	echo "skip: packages: xmllint is not installed"
fi
echo "packages: $passed passed, $failed failed"
[ $failed = 0 ]
