#!/bin/sh
# Installs what vmint needs from Debian's packages, and nothing that is already there.
# usage: deps.sh [build|test|lab]   (build: what `make run` needs; test: and the tests; lab: and the guests; default: test)
set -u

packages='
gcc                   build  the compiler
libc6-dev             build  C headers
make                  build  the Makefile
pkg-config            build  finds the libraries below
libcpuid-dev          build  processor identification
libkmod-dev           build  kernel modules
libudev-dev           build  devices
libyaml-dev           build  profiles, specs, cloud-init
libjansson-dev        build  JSON
libdeflate-dev        build  VMDK grains, qcow2 clusters
libzstd-dev           build  qcow2 clusters
libarchive-dev        build  captures, OVA, ISO; loaded when first used
libxml2-dev           build  OVF, libvirt; loaded when first used
libssl-dev            build  digests, keys, certificates; loaded when first used
libext2fs-dev         build  ext4; loaded when first used
libfdisk-dev          build  partition tables; loaded when first used
libblkid-dev          build  what is on a partition; loaded when first used
libnbd-dev            build  foreign disk formats; loaded when first used
e2fsprogs             build  the sample template
dosfstools            build  the sample template
mtools                build  the sample template
fdisk                 build  the sample template
libcmocka-dev         test   unit tests
clang                 test   the second compiler, fuzzing
libclang-rt-14-dev    test   sanitizers and libFuzzer for clang
clang-format          test   make lint
cppcheck              test   make lint
shellcheck            test   make lint
acl                   test   a node with an ACL
openssh-client        test   host keys of the sample template
openssl               test   signatures, judged by another
gdisk                 test   partition tables, judged by another
strace                test   that probing writes nothing
libxml2-utils         test   XML output is well formed
xen-utils-4.17        test   xl, to read xl.cfg
systemd-container     test   systemd-nspawn, to read .nspawn files
python3-yaml          test   manifests for KubeVirt
python3-jsonschema    test   JSON output keeps to its schema
qemu-system-x86       test   the laboratory: hosts booted for real
qemu-utils            test   disk images to compare with
linux-image-cloud-amd64 test the kernel of those hosts
busybox-static        test   the rest of those hosts
cpio                  test   their initramfs
kmod                  test   their modules
cpu-checker           test   kvm-ok, to compare with
msr-tools             test   what kvm-ok needs
cloud-init            test   the real reader of seeds
cloud-image-utils     test   cloud-localds, to compare with
genisoimage           test   isoinfo; what cloud-localds needs
xorriso               test   another reader of ISO images
grub-pc-bin           test   the boot loader of the tiny guest
grub-common           test   the same: grub-mkimage
mtools                test   another reader of FAT images
e2fsprogs             test   ext4 images, and the checks on them
dosfstools            test   FAT images, and the checks on them
gdisk                 test   GPT images, and the checks on them
fdisk                 test   MBR images
lvm2                  test   logical volumes
xfsprogs              test   XFS images, and the checks on them
btrfs-progs           test   btrfs images, and the checks on them
grub-common           test   grub-fstest: what GRUB reads
mdadm                 test   members of arrays, judged by another
cryptsetup-bin        test   LUKS images, and the checks on them
bzip2                 test   compressed images
xz-utils              test   compressed images
zstd                  test   compressed images
libvirt-clients       test   virt-host-validate, to compare with
mmdebstrap            test   real guests from packages
uidmap                test   the same without root
debian-archive-keyring test  their signatures
ovmf                  test   UEFI to boot them with
dnsmasq-base          lab    two clones on one network
libvirt-daemon-system lab    the real libvirt
iproute2              lab    bridges
guestfs-tools         lab    virt-sysprep, to compare with
virtinst              lab    virt-clone, to compare with
binutils              test   strings, to read metadata of volumes
jq                    test   ledgers
virt-v2v              lab    another reader of packages
libnbd-bin            lab    nbdcopy, with which virt-v2v copies
nbdkit                lab    the disk that virt-v2v copies into
libguestfs0           lab    files of XFS and btrfs
guestfish             lab    what libguestfs itself reads there
'

# Not here, one a line. Asked once for all: dpkg-query takes a few milliseconds.
missing_of()
{
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' $1 2>/dev/null |
		awk -v want="$1" '$1 == "installed" { have[$2] = 1 }
			END { n = split(want, w); for (i = 1; i <= n; i++) if (!have[w[i]]) print w[i] }'
}

case ${1:-test} in
build) wanted=$(printf '%s' "$packages" | awk '$2 == "build" { print $1 }' | tr '\n' ' ') ;;
test) wanted=$(printf '%s' "$packages" | awk 'NF && $2 != "lab" { print $1 }' | tr '\n' ' ') ;;
lab) wanted=$(printf '%s' "$packages" | awk 'NF { print $1 }' | tr '\n' ' ') ;;
*)
	echo "usage: deps.sh [build|test|lab]" >&2
	exit 2
	;;
esac

if ! command -v dpkg-query >/dev/null; then
	# Another distribution: the libraries may still be there under their pkg-config names.
	if pkg-config --exists libcpuid libkmod libudev yaml-0.1 jansson libdeflate libzstd libarchive \
		libxml-2.0 libcrypto ext2fs fdisk blkid 2>/dev/null; then
		exit 0
	fi
	echo "deps: this is not a Debian system; install what these packages hold: $wanted" >&2
	exit 1
fi

missing=$(missing_of "$wanted" | tr '\n' ' ')
missing=${missing% }
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
fi
install="apt-get install -y --no-install-recommends $missing"
if ! command -v apt-get >/dev/null || { [ -n "$sudo" ] && ! sudo -n true 2>/dev/null && ! [ -t 0 ]; } ||
	{ [ -n "$sudo" ] && ! command -v sudo >/dev/null; }; then
	printf 'deps: cannot install packages here; as root, run:\n  %s\n' "$install" >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
echo "deps: installing $missing"
# The lists may be absent or stale: fetch them only when the first attempt shows it.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
wait_lock='-o DPkg::Lock::Timeout=300'
if $sudo env DEBIAN_FRONTEND=noninteractive apt-get $wait_lock install -y --no-install-recommends $missing >"$log" 2>&1; then
	exit 0
fi
if $sudo apt-get $wait_lock update >>"$log" 2>&1 &&
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get $wait_lock install -y --no-install-recommends $missing >>"$log" 2>&1; then
	exit 0
fi
tail -n 15 "$log" >&2
printf 'deps: this failed; run it by hand:\n  %s%s\n' "${sudo:+$sudo }" "$install" >&2
exit 1
