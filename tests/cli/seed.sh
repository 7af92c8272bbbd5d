#!/bin/sh
# vmint seed: exact names in every carrier, the same bytes every time, nothing secret left readable.
set -u
vmint=${VMINT:-$(pwd)/vmint}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2

check()
{
	what=$1
	shift
	if "$@"; then
		echo "ok: $what"
	else
		echo "not ok: $what"
	fi
}

same() { [ "$1" = "$2" ] || { printf 'expected:\n%s\ngot:\n%s\n' "$2" "$1"; return 1; }; }
have() { command -v "$1" >/dev/null || { echo "skip: $2: $1 is missing"; return 1; }; }
refused() # STATUS WORDS COMMAND...
{
	status=$1 words=$2
	shift 2
	"$@" >out 2>err
	code=$?
	[ $code = "$status" ] && grep -q -- "$words" err || { echo "exit $code, expected $status and '$words'"; cat err; return 1; }
}

printf '#cloud-config\npackages: [htop]\n' >user
printf 'version: 2\nethernets: {}\n' >network
printf '#cloud-config\n{}\n' >vendor
printf 'instance-id: mine\n' >meta
key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKZH8VRHjRD5iQjIyOE6YE0zUPXO0MR1ZM12xNHtoOMa me'
echo "$key" >key.pub
"$vmint" seed -o a.iso --user-data user -N network -V vendor -H web-1 --ssh-key key.pub --instance-id i-1 || echo "not ok: an ISO is written"
TZ=Asia/Tokyo "$vmint" seed -o b.iso --user-data user -N network -V vendor -H web-1 --ssh-key "$key" --instance-id i-1
check "two runs give the same bytes" cmp a.iso b.iso
check "a seed is its owner's alone" same "$(stat -c %a a.iso)" 600
"$vmint" seed c.iso user meta
check "cloud-localds' positional use" grep -q 'instance-id: mine' c.iso
"$vmint" seed -N network -V vendor -H web-1 - user >d.iso
check "- is standard output" grep -q 'local-hostname: "web-1"' d.iso
check "user-data from standard input" sh -c '"$1" seed e.iso - <user && grep -q htop e.iso' - "$vmint"

names='meta-data network-config user-data vendor-data'
if have xorriso "Rock Ridge names"; then
	check "Rock Ridge names by xorriso" same \
		"$(xorriso -indev a.iso -ls 2>/dev/null | tr -d "'" | paste -s -d ' ')" "$names"
	xorriso -indev a.iso -osirrox on -extract / tree >/dev/null 2>&1
	check "contents by xorriso" cmp user tree/user-data
	check "meta-data" same "$(cat tree/meta-data)" "$(printf 'instance-id: "i-1"\nlocal-hostname: "web-1"\npublic-keys:\n- "%s"' "$key")"
	chmod -R u+w tree
fi
if have isoinfo "Joliet names"; then
	check "Joliet names by isoinfo" same "$(isoinfo -J -f -i a.iso | tr -d / | paste -s -d ' ')" "$names"
	check "Rock Ridge names by isoinfo" same "$(isoinfo -R -f -i a.iso | tr -d / | paste -s -d ' ')" "$names"
	check "plain names by isoinfo" same "$(isoinfo -f -i a.iso | paste -s -d ' ')" \
		'/META_DATA.;1 /NETWORK_CONFIG.;1 /USER_DATA.;1 /VENDOR_DATA.;1'
fi
if have blkid "the label"; then
	check "the label is cidata" same "$(blkid -o value -s LABEL a.iso)" cidata
fi

check "no such file" refused 3 'nothere: No such file' "$vmint" seed x.iso nothere
check "a private key is refused" sh -c 'printf -- "-----BEGIN OPENSSH PRIVATE KEY-----\n" >priv; "$1" seed -o x.iso --ssh-key priv 2>err; [ $? = 3 ] && grep -q "private key" err' - "$vmint"
check "a bad host name is refused" refused 3 'no host name' "$vmint" seed -o x.iso -H 'bad_name'
check "meta-data and -H do not mix" refused 3 'cannot be joined' "$vmint" seed -H a x.iso user meta
check "nothing was written" [ ! -e x.iso ]
check "an output is needed" refused 2 '-o FILE' "$vmint" seed
