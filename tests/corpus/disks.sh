#!/bin/sh
# Disk images made by others: their header facts from the manifest, and their contents as QEMU reads them.
# usage: disks.sh DATA-FOLDER BUILD-FOLDER
set -u
data=$1 out=$2
tool=$out/tests/tools/disktool
[ -x "$tool" ] || make -s "$tool" || exit 1
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT INT TERM
passed=0 failed=0

good()
{
	passed=$((passed + 1))
}

bad()
{
	echo "not ok: $1"
	failed=$((failed + 1))
}

# fact NAME TEXT: the value of NAME= among ;-separated facts
fact()
{
	printf '%s\n' "$2" | tr ';' '\n' | sed -n "s/^$1=//p"
}

# reads FILE FORMAT QEMU-FORMAT SIZE: we read it as QEMU does, and it has that size
reads()
{
	if ! size=$("$tool" info "$2" "$1" 2>"$dir/err"); then
		bad "$1: $(cat "$dir/err")"
		return
	fi
	size=${size#size=} size=${size%% *}
	if [ -n "$4" ] && [ "$size" != "$4" ]; then
		bad "$1: a capacity of $size, not $4"
	elif ! "$tool" read "$2" "$1" "$dir/raw" 2>"$dir/err"; then
		bad "$1: $(cat "$dir/err")"
	elif command -v qemu-img >/dev/null && ! qemu-img compare -q -f "$3" -F raw "$1" "$dir/raw" >/dev/null 2>&1; then
		bad "$1: QEMU reads something else"
	else
		good
	fi
}

# refuses FILE FORMAT PATTERN
refuses()
{
	if "$tool" read "$2" "$1" "$dir/raw" 2>"$dir/err"; then
		bad "$1: accepted"
	elif ! grep -q -- "$3" "$dir/err"; then
		bad "$1: refused with: $(cat "$dir/err")"
	else
		good
	fi
}

# Cut at 1 MiB by whoever collected it, or only named by a descriptor: known to be no whole image.
incomplete()
{
	case $1 in
	*twoGbMaxExtentSparse-opensuse*) echo 'No such file' ;;
	*vmfs-external-extent*) echo 'extent line' ;;
	*DiskDescriptor.xml) echo 'it should be parallels, but it is raw' ;;
	*invalid-qcow-large-memory*) echo 'cannot hold the grain directory' ;;
	*ttylinux*) echo 'cut short' ;;
	esac
}

format_of()
{
	case $1 in
	*.vmdk | *.vmdk-*) echo vmdk vmdk ;;
	*.qcow2) echo qcow2 qcow2 ;;
	*.vhd) echo vhd vpc ;;
	*DiskDescriptor.xml) echo parallels parallels ;;
	*) echo raw raw ;;
	esac
}

# The manifest's rows of disk images, one call each.
one()
{
	file=$data/$1 facts=$2 image=$data/$1
	[ -e "$file" ] || return
	case $file in
	*.xz) image=$dir/$(basename "$file" .xz) && xz -dc "$file" >"$image" ;;
	*.gz) image=$dir/$(basename "$file" .gz) && gzip -dc "$file" >"$image" 2>/dev/null ;;
	esac
	# shellcheck disable=SC2046
	set -- $(format_of "$image")
	why=$(incomplete "$image")
	if [ -n "$why" ]; then
		refuses "$image" "$1" "$why"
		return
	fi
	size=$(fact vsize "$facts")
	sectors=$(fact cap_sectors "$facts")
	[ -n "$sectors" ] && size=$((sectors * 512))
	if [ "$(fact backing_off "$facts")" != 0 ] && [ -n "$(fact backing_off "$facts")" ]; then
		refuses "$image" "$1" "needs the backing file"
	else
		reads "$image" "$1" "$2" "$size"
	fi
}

tab=$(printf '\t')
awk -F '\t' '$6 ~ /^(disk image|VMDK text)/' "$data/MANIFEST.tsv" >"$dir/rows"
while IFS=$tab read -r name _ _ _ _ _ _ facts; do
	one "$name" "$facts"
done <"$dir/rows"

printf 'disks: %d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
