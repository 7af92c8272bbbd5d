#!/bin/sh
# pack: OVAs and folders that others read, the same bytes for the same input, signatures that openssl accepts; and
# what is written is read back as it was.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/common.sh

mkdir "$work/t"
head -c 300000 /dev/urandom >"$work/t/d.raw"
truncate -s 9M "$work/t/d.raw"
head -c 70000 /dev/urandom | dd of="$work/t/d.raw" bs=1M seek=8 conv=notrunc status=none
echo tools >"$work/t/tools.iso"
cat >"$work/t/t.ovf" <<'END'
<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
 <References><File ovf:id="iso" ovf:href="tools.iso"/><File ovf:id="f" ovf:href="d.raw"/></References>
 <DiskSection><Info/><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="9437184" ovf:format="http://en.wikipedia.org/wiki/Byte"/></DiskSection>
 <VirtualSystem ovf:id="v"><Info/><Name>pack</Name></VirtualSystem>
</Envelope>
END

members()
{
	tar tf "$work/a.ova" | tr '\n' ' ' | grep -qx 'a.ovf a.mf tools.iso d.vmdk '
}

# Respelled for sha256sum; unpacked by tar.
sums()
{
	rm -rf "$work/u" && mkdir "$work/u" && tar xf "$work/$1" -C "$work/u" || return
	(cd "$work/u" && sed -E "s/^$2 ?\\((.*)\\) ?= ?([0-9a-f]+)\$/\\2  \\1/" ./*.mf >sums && $3 -c sums && [ "$(wc -l <sums)" = 3 ])
}

disk_is_the_same()
{
	"$vmint" import --disk-format raw -o "$work/back" "$work/$1" && cmp "$work/t/d.raw" "$work/back/d.raw"
	code=$?
	rm -rf "$work/back"
	return $code
}

same_again()
{
	mkdir -p "$work/again" && "$vmint" pack -o "$work/again/a.ova" "$work/t" && cmp "$work/a.ova" "$work/again/a.ova"
}

# Packed from what was packed, nothing changes but what is told anew.
stays()
{
	mkdir -p "$work/b" && "$vmint" pack -o "$work/b/a.ova" "$work/a.ova" && cmp "$work/a.ova" "$work/b/a.ova"
}

check "an OVA is written" answers 0 "1 disk converted, manifest" "$vmint" pack -o "$work/a.ova" "$work/t"
check "its members stand in the right order" members
check "its digests are sha256sum's" sums a.ova SHA256 sha256sum
check "its disk is the one that was packed" disk_is_the_same a.ova
check "the same input gives the same bytes" same_again
check "packing it again changes nothing" stays
check "what is there is not overwritten" answers 3 "is there already" "$vmint" pack -o "$work/a.ova" "$work/t"
check "--for vsphere6 writes SHA1" answers 0 manifest "$vmint" pack --for vsphere6 -o "$work/six.ova" "$work/t"
check "which sha1sum agrees with" sums six.ova SHA1 sha1sum
check "--for virtualbox" answers 0 manifest "$vmint" pack --for virtualbox -o "$work/vbox.ova" "$work/t"
check "in its spelling" sums vbox.ova SHA256 sha256sum
check "an OVF folder is written" answers 0 manifest "$vmint" pack -o "$work/folder" "$work/a.ova"
check "and read" answers 0 "every digest is right" "$vmint" inspect --require-manifest "$work/folder"
check "no such target" answers 2 "did you mean 'vsphere8'" "$vmint" pack --for vsphere9 -o "$work/x.ova" "$work/t"
check "a key needs its certificate" answers 2 "go together" "$vmint" pack --sign k -o "$work/x.ova" "$work/t"
check "a bare disk has no descriptor" answers 3 "no descriptor" "$vmint" pack -o "$work/x.ova" "$work/t/d.raw"

if command -v qemu-img >/dev/null; then
	by_qemu()
	{
		rm -rf "$work/u" && mkdir "$work/u" && tar xf "$work/a.ova" -C "$work/u" &&
			qemu-img compare -f vmdk -F raw "$work/u/d.vmdk" "$work/t/d.raw"
	}
	check "qemu-img reads its disk" by_qemu
else
	echo "skip: qemu-img reads its disk: qemu-utils is not installed"
fi

signed()
{
	if [ "$1" = rsa ]; then
		set -- rsa:2048
	else
		set -- ec -pkeyopt ec_paramgen_curve:prime256v1
	fi
	openssl req -x509 -newkey "$@" -nodes -keyout "$work/key" -out "$work/cert" -subj /CN=packer -days 2 2>/dev/null || return
	rm -f "$work/s.ova"
	"$vmint" pack --sign "$work/key" --cert "$work/cert" -o "$work/s.ova" "$work/t" || return
	answers 0 "which is accepted" "$vmint" inspect --require-signature --ca "$work/cert" "$work/s.ova" || return
	# openssl's own opinion.
	rm -rf "$work/u" && mkdir "$work/u" && tar xf "$work/s.ova" -C "$work/u" || return
	openssl x509 -in "$work/u/s.cert" -pubkey -noout >"$work/pub" || return
	sed -n '1s/.*= //p' "$work/u/s.cert" | tr -d '\n' | python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' >"$work/sig"
	openssl dgst -sha256 -verify "$work/pub" -signature "$work/sig" "$work/u/s.mf"
}

forged()
{
	python3 - "$work/s.ova" <<'END' || return
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.index(b"SHA256(d.vmdk)= ") + 16
data[at] = ord("0") if data[at] != ord("0") else ord("1")
open(sys.argv[1], "wb").write(data)
END
	answers 1 "the package was changed" "$vmint" inspect "$work/s.ova"
}

if command -v openssl >/dev/null && command -v python3 >/dev/null; then
	check "signed with RSA" signed rsa
	check "signed with ECDSA" signed ec
	check "a manifest changed after signing is found" forged
	openssl genrsa 1024 >"$work/weak" 2>/dev/null
	check "a weak key is refused" answers 3 "too weak" "$vmint" pack --sign "$work/weak" --cert "$work/cert" -o "$work/x.ova" "$work/t"
	openssl genrsa 2048 >"$work/other" 2>/dev/null
	check "another key's certificate is refused" answers 3 "not the key's" "$vmint" pack --sign "$work/other" --cert "$work/cert" -o "$work/x.ova" "$work/t"
else
	echo "skip: signatures: openssl and python3 are not both here"
fi

# Every call that fails: a sentence, and nothing left.
every_fault()
{
	n=1
	mkdir -p "$work/o"
	while [ $n -lt 200 ]; do
		VMINT_FAULT=$1:$n:$2 "$vmint" pack -q -o "$work/o/x$3" "$work/t" 2>"$work/err"
		code=$?
		if [ $code = 0 ]; then
			rm -rf "$work/o/x$3"
			[ $n -gt 2 ]
			return
		fi
		if [ "$2" = KILL ]; then
			rm -rf "$work/o/x$3"
		elif [ $code != 3 ] || [ ! -s "$work/err" ] || [ -n "$(ls -A "$work/o")" ]; then
			echo "$1:$n:$2: exit $code"
			ls -lA "$work/o"
			return 1
		fi
		n=$((n + 1))
	done
	return 1
}

nothing_left()
{
	[ -z "$(ls -A "$work/o")" ]
}

check "every write that fails" every_fault write ENOSPC .ova
check "every write that fails, in a folder" every_fault write ENOSPC ""
check "every sync that fails" every_fault sync EIO .ova
check "every kill" every_fault any KILL .ova
check "every kill, in a folder" every_fault any KILL ""
check "a run removes what killed ones left" nothing_left

# virt-v2v reads what it would convert: hardware and disk, without looking into the guest.
source_of()
{
	LIBGUESTFS_BACKEND=direct timeout 120 virt-v2v -i ova "$1" --print-source >"$work/source" 2>&1 &&
		grep -q 'source name: debian12' "$work/source" && grep -q 'memory: 1073741824' "$work/source" && grep -qF '0 [scsi]' "$work/source" && return
	cat "$work/source"
	return 1
}

if [ ! -e build/sample.ova ]; then
	echo "skip: virt-v2v reads a packed OVA: build/sample.ova was not built"
elif "$vmint" import -q -o "$work/v2v" build/sample.ova && "$vmint" pack -q -o "$work/v2v.ova" "$work/v2v"; then
	with virt-v2v "virt-v2v reads a packed OVA" source_of "$work/v2v.ova"
else
	echo "not ok: the sample is imported and packed again"
fi
