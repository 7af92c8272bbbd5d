#!/bin/sh
# inspect and import: the answers, the exit status, the JSON against its schema, text that cannot write to the
# terminal; and that an import which fails or is killed leaves nothing.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/common.sh

envelope='<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">'

# descriptor FILE DISK-FILE CAPACITY NAME: one machine with one disk.
descriptor()
{
	cat >"$1" <<END
$envelope
 <References><File ovf:id="f" ovf:href="$2"/></References>
 <DiskSection><Info/><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="$3" ovf:format="http://en.wikipedia.org/wiki/Byte"/></DiskSection>
 <VirtualSystem ovf:id="v"><Info/><Name>$4</Name></VirtualSystem>
</Envelope>
END
}

mkdir "$work/t"
head -c 65536 /dev/zero >"$work/t/d.raw"
descriptor "$work/t/t.ovf" d.raw 65536 "a$(printf '\302\233')b"
(cd "$work/t" && sha256sum t.ovf d.raw | sed -E 's/^([0-9a-f]+) +(.*)/SHA256(\2)= \1/' >t.mf)
check "a folder is inspected" answers 0 "every digest is right" "$vmint" inspect "$work/t"
check "control characters do not reach the terminal" answers 0 "Machine a?b" "$vmint" inspect "$work/t"
check "--no-verify says so" answers 0 "the digests were not checked" "$vmint" inspect --no-verify "$work/t"
check "a signature can be required" answers 1 "one is required" "$vmint" inspect --require-signature "$work/t"
printf x | dd of="$work/t/d.raw" conv=notrunc status=none
check "a changed disk is not what its manifest says" answers 1 "NOT TO BE TRUSTED: d.raw" "$vmint" inspect "$work/t"
rm "$work/t/t.mf"
check "a manifest can be required" answers 1 "one is required" "$vmint" inspect --require-manifest "$work/t"
descriptor "$work/t/t.ovf" d.raw 512 x
check "a disk above its capacity would be refused" answers 1 "more than the 512" "$vmint" inspect "$work/t"
check "no such file" answers 3 "No such file" "$vmint" inspect "$work/absent.ova"
check "two templates" answers 2 "one template" "$vmint" inspect a b
check "no such format" answers 2 "text or json" "$vmint" inspect --format yaml "$work/t"

# keeps_to VERB: what is in $work/json.
keeps_to()
{
	python3 -c '
import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' "$work/json" "docs/$1.schema.json"
}

if python3 -c 'import jsonschema' 2>/dev/null; then
	"$vmint" inspect --format json "$work/t" >"$work/json"
	check "the JSON of inspect keeps to its schema" keeps_to inspect
	head -c 65536 /dev/zero >"$work/t/d.raw"
	descriptor "$work/t/t.ovf" d.raw 131072 x
	"$vmint" import --format json -o "$work/json.d" "$work/t" >"$work/json" 2>"$work/err"
	check "the JSON of import keeps to its schema" keeps_to import
	check "an image below its capacity is a warning there" grep -q 'less than the 131072' "$work/json"
	check "and on standard error" grep -q 'warning: disk .d.: .* less than the 131072' "$work/err"
	"$vmint" pack --format json -o "$work/json.ova" "$work/t" >"$work/json"
	check "the JSON of pack keeps to its schema" keeps_to pack
	"$vmint" inspect --format json "$work/t" >"$work/json"
	check "the JSON of inspect, with a warning" keeps_to inspect
else
	echo "skip: JSON keeps to its schema: python3-jsonschema is not installed"
fi
check "import knows no such format" answers 2 "text or json" "$vmint" import --format yaml -o "$work/y" "$work/t"
check "pack knows no such format" answers 2 "text or json" "$vmint" pack --format yaml -o "$work/y.ova" "$work/t"

# ---- import ----

make_template()
{
	rm -rf "$work/t"
	mkdir "$work/t"
	head -c 300000 /dev/urandom >"$work/t/d.raw"
	truncate -s 1M "$work/t/d.raw"
	descriptor "$work/t/t.ovf" d.raw 1048576 x
	(cd "$work/t" && sha256sum t.ovf d.raw | sed -E 's/^([0-9a-f]+) +(.*)/SHA256(\2)= \1/' >t.mf)
}

same_disk()
{
	"$vmint" import --disk-format raw -o "$work/$1" "$work/t" && cmp "$work/t/d.raw" "$work/$1/d.raw"
}

nothing_left()
{
	[ ! -e "$work/o/out" ] && [ -z "$(ls -A "$work/o")" ]
}

refused()
{
	answers "$@" && nothing_left
}

make_template
mkdir "$work/o"
check "a raw disk is imported as it is" same_disk raw
check "what is there is not overwritten" answers 3 "is there already" "$vmint" import -o "$work/raw" "$work/t"
mkdir "$work/empty"
check "an empty folder may be filled" answers 0 "verified by its manifest" "$vmint" import -o "$work/empty" "$work/t"
check "its descriptor is read again" answers 0 "qcow2, " "$vmint" inspect "$work/empty"
check "-o is needed" answers 2 "-o DIR" "$vmint" import "$work/t"
check "no such disk format" answers 2 "qcow2 or raw" "$vmint" import --disk-format vdi -o "$work/o/out" "$work/t"
printf x | dd of="$work/t/d.raw" bs=1 seek=500000 conv=notrunc status=none
check "a changed disk is refused" refused 3 "d.raw is not what the manifest says" "$vmint" import -o "$work/o/out" "$work/t"
make_template

limited()
{
	(ulimit -f 200 && refused 3 "File too large" "$vmint" import -o "$work/o/out" "$work/t")
}
check "a limit on the size of files" limited

# Every call that fails, one after the other, until a run gets past the last: a sentence, and nothing left.
every_fault()
{
	kind=$1 how=$2 n=1
	while [ $n -lt 200 ]; do
		VMINT_FAULT=$kind:$n:$how "$vmint" import -q -o "$work/o/out" "$work/t" 2>"$work/err"
		code=$?
		if [ $code = 0 ]; then
			rm -rf "$work/o/out"
			[ $n -gt 2 ]
			return
		fi
		if [ "$how" = KILL ]; then
			# Killed: at most a folder that nobody takes for the result, gone with the next run.
			if [ $code != 137 ] || { [ -e "$work/o/out" ] && ! [ -e "$work/o/out/t.ovf" ]; }; then
				echo "$kind:$n:$how: exit $code"
				return 1
			fi
			rm -rf "$work/o/out"
		elif [ $code != 3 ] || [ ! -s "$work/err" ] || ! nothing_left; then
			echo "$kind:$n:$how: exit $code"
			cat "$work/err"
			ls -lA "$work/o"
			return 1
		fi
		n=$((n + 1))
	done
	return 1
}

check "every write that fails" every_fault write ENOSPC
check "every read that fails" every_fault read EIO
check "every sync that fails" every_fault sync EIO
check "every kill" every_fault any KILL
check "a run removes what killed ones left" nothing_left
