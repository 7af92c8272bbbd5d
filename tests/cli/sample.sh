#!/bin/sh
# The sample template: what it is, and that its disk is sound by the tools of others.
set -u
cd "$(dirname "$0")/../.." || exit 2
PATH=$PATH:/usr/sbin:/sbin
sample=build/sample.ova
. tests/common.sh
if [ ! -e $sample ]; then
	echo "skip: the sample template: $sample was not built"
	exit 77
fi

part()
{
	dd if="$work/d/debian12-disk1.raw" of="$work/$1" bs=1M skip="$2" count="$3" status=none
}

holds()
{
	debugfs -R "cat $1" "$work/root" 2>/dev/null | grep -qF -- "$2"
}

check "it is inspected" "$vmint" inspect --require-manifest $sample
check "it is imported" "$vmint" import --require-manifest --disk-format raw -o "$work/d" $sample
check "the configuration chosen is kept" "$vmint" import --configuration large --property hostname=web -o "$work/large" $sample
check "in the descriptor" grep -q 'ovf:default="true"' "$work/large/debian12.ovf"
check "with the property" grep -q 'ovf:key="hostname".* ovf:value="web"' "$work/large/debian12.ovf"
part esp 1 8
part root 9 62
with sgdisk "its partition table is sound" sgdisk -v "$work/d/debian12-disk1.raw"
with e2fsck "its root file system is clean" e2fsck -fn "$work/root"
with fsck.vfat "its ESP is clean" fsck.vfat -n "$work/esp"
with debugfs "its fstab names the root" holds /etc/fstab "UUID=c1a5b7d2-3e4f-4a68-9b0c-5d7e8f9a1b2c /"
with debugfs "its host keys are there" holds /etc/ssh/ssh_host_rsa_key "PRIVATE KEY"
check "the summary of its clones says how to log in" answers 0 \
	"ssh -F $work/fleet/ssh_config -p 2222 -o HostName=127.0.0.1 clone-1" \
	"$vmint" clone $sample -n 1 --name 'clone-{n}' --ssh-keys modern -o "$work/fleet"
check "and not where there are no keys" sh -c '! "$0" clone "$1" -n 1 --ssh-keys remove -o "$2" | grep "log in"' "$vmint" $sample "$work/bare"
check "audit of the template and its clone: nothing is shared" answers 0 "2 machines, no identity is shared" \
	"$vmint" audit $sample "$work/fleet"
