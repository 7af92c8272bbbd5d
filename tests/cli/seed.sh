#!/bin/sh
# vmint seed: exact names in every carrier, the same bytes every time, nothing secret left readable.
set -u
here=$(cd "$(dirname "$0")" && pwd)
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

if have qemu-img "other formats"; then
	"$vmint" seed -d qcow2 c.qcow2 user meta
	check "cloud-localds' -d" qemu-img compare -q -f qcow2 -F raw c.qcow2 c.iso
	check "for its owner alone, too" same "$(stat -c %a c.qcow2)" 600
	check "a format that is none" refused 2 'raw, qcow2, vmdk' "$vmint" seed -d qcow9 c.none user
fi

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

"$vmint" seed -f vfat -o a.img --user-data user -N network -V vendor -H web-1 --ssh-key key.pub --instance-id i-1
"$vmint" seed -f vfat -o b.img --user-data user -N network -V vendor -H web-1 --ssh-key key.pub --instance-id i-1
check "two VFAT images are the same" cmp a.img b.img
if have mdir "names in the VFAT image"; then
	check "names by mdir" same "$(mdir -b -i a.img :: | sed 's|^::/||' | paste -s -d ' ')" "$names"
	check "contents by mtype" same "$(mtype -i a.img ::user-data)" "$(cat user)"
	head -c 9000000 /dev/urandom >big
	"$vmint" seed -f vfat -o big.img --no-check --user-data big
	check "a large one is FAT16" sh -c 'mcopy -i big.img ::user-data got && cmp big got'
fi
if have fsck.vfat "a clean VFAT image"; then
	check "fsck.vfat finds nothing" sh -c 'fsck.vfat -n a.img >/dev/null && { [ ! -e big.img ] || fsck.vfat -n big.img >/dev/null; }'
fi
if have blkid "the VFAT label"; then
	check "the VFAT label is cidata" same "$(blkid -o value -s LABEL a.img)" cidata
fi
"$vmint" seed -f dir -o folder --user-data user -N network -H web-1
"$vmint" seed -f dir -o folder --user-data user -H web-1
check "a folder's files, without those of an earlier seed" same "$(ls folder | paste -s -d ' ')" 'meta-data user-data'
check "a folder is its owner's alone" same "$(stat -c %a folder folder/meta-data | paste -s -d ' ')" '700 600'

echo s3cret-word >password
printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nprivate-words\n-----END OPENSSH PRIVATE KEY-----\n' >host
echo "$key" >host.pub
full='--user alice,sudo,group=adm,password-file=password --package jq --host-key host --run date --grow --timezone Europe/Berlin'
# shellcheck disable=SC2086
"$vmint" seed -f dir -o full -H 'web-${index}.example.com' --index 7 --ssh-key key.pub $full --write /etc/motd=user \
	--nic mac=52:54:00:12:34:56,address=192.0.2.10/24,gateway=192.0.2.1,dns=192.0.2.2,search=example.com \
	--nic mac=52:54:00:12:34:57,dhcp --run 'echo ${name} ${fqdn} ${ip0} ${mac1} $$x $HOME'
check "values for variables" grep -q 'echo web-7 web-7.example.com 192.0.2.10 52:54:00:12:34:57 $x $HOME' full/user-data
check "a password is hashed" grep -qF 'passwd: "$6$' full/user-data
check "and not kept" sh -c '! grep -rq s3cret-word full'
# shellcheck disable=SC2086
"$vmint" seed -n -H web-7 $full >shown 2>&1
check "a dry run shows no secret" sh -c 'grep -q "\*\*\*" shown && ! grep -q "private-words\|\$6\$\|s3cret" shown'
check "nor does it write" [ ! -e shown.iso ]
"$vmint" seed -f dir -o again --no-check --user-data full/user-data -N full/network-config
check "what is made from options fits the schema" "$vmint" seed -o fits.iso --user-data full/user-data -N full/network-config

cidata='--user-data user -H web-1.example.com --instance-id i-9 --ssh-key key.pub --package jq --nic mac=52:54:00:12:34:56,address=192.0.2.10/24'
if /usr/bin/python3 -c 'import cloudinit' 2>/dev/null; then
	for kind in iso vfat dir; do
		# shellcheck disable=SC2086
		"$vmint" seed -f $kind -o real.$kind $cidata
		/usr/bin/python3 "$here/seed.py" nocloud $kind real.$kind >real.$kind.json
	done
	check "cloud-init's NoCloud reads the ISO image" sh -c '
		grep -q "\"hostname\": \"web-1.example.com\"" real.iso.json && grep -q "\"id\": \"i-9\"" real.iso.json &&
		grep -q "AAAAC3NzaC1lZDI1NTE5" real.iso.json && grep -q "192.0.2.10/24" real.iso.json'
	check "and the VFAT image as the same" cmp real.iso.json real.vfat.json
	check "and the folder" cmp real.iso.json real.dir.json
	/usr/bin/python3 "$here/seed.py" merged real.dir/user-data >merged
	check "cloud-init joins options and user-data" same "$(tr -d ' \n' <merged)" \
		'{"config":{"package_update":true,"packages":["htop","jq"]},"others":[]}'
	printf '#!/bin/sh\necho hello\n' >script
	"$vmint" seed -f dir -o scripted --user-data script --package jq
	/usr/bin/python3 "$here/seed.py" merged scripted/user-data >merged
	check "a script stays one beside options" grep -q '#!/bin/sh' merged
	# shellcheck disable=SC2086
	"$vmint" seed -f ovf -o ovf.iso $cidata --property color=blue
	/usr/bin/python3 "$here/seed.py" ovf ovf.iso >ovf.json
	check "cloud-init reads the OVF environment" sh -c '
		grep -q "\"local-hostname\": \"web-1.example.com\"" ovf.json && grep -q "\"instance-id\": \"i-9\"" ovf.json &&
		grep -q "192.0.2.10/24" ovf.json && grep -q "MIME-Version" ovf.json'
	serial=$("$vmint" seed -f serial -o - -H web-1 --instance-id i-9 --url http://192.0.2.1/)
	check "cloud-init reads the serial number" same "$(/usr/bin/python3 "$here/seed.py" serial "$serial" | tr -d ' \n')" \
		'{"dsmode":"local","instance-id":"i-9","local-hostname":"web-1","seedfrom":"http://192.0.2.1/"}'
	for version in 1 2; do
		"$vmint" seed -f dir -o net$version --network-version $version \
			--nic mac=52:54:00:12:34:56,address=192.0.2.10/24,gateway=192.0.2.1,route=198.51.100.0/24@192.0.2.9 \
			--nic mac=52:54:00:12:34:57 --nic mac=52:54:00:12:34:58 \
			--bond name=bond0,member=eth1,member=eth2,mode=active-backup,mii-monitor-interval=100 \
			--vlan name=bond0.10,link=bond0,id=10,dhcp4
		for renderer in eni networkd sysconfig; do
			/usr/bin/python3 "$here/seed.py" render $renderer net$version/network-config >net$version.$renderer 2>err ||
				{ echo "not ok: cloud-init renders version $version for $renderer"; tail -n 3 err; }
		done
	done
	check "both versions mean the same to ifupdown" sh -c 'for f in net1.eni net2.eni; do
		grep -q "address 192.0.2.10/24" $f && grep -q "gw 192.0.2.1\|gateway 192.0.2.1" $f && grep -q "198.51.100.0" $f &&
		grep -q "bond-mode active-backup" $f && grep -q "iface bond0.10 inet dhcp" $f || exit 1; done'
else
	echo "skip: the real readers: cloud-init is missing"
fi
identify=/usr/lib/cloud-init/ds-identify
# ds-identify with a machine whose only disk is the image.
identified()
{
	root=$(mktemp -d -p "$work")
	mkdir -p "$root/bin" "$root/run/cloud-init" "$root/etc/cloud" "$root/proc/1" "$root/sys/class/dmi/id" "$root/var/lib/cloud"
	echo '1 1' >"$root/proc/uptime"
	echo 'root=x' >"$root/proc/cmdline"
	printf '#!/bin/sh\n%s -c /dev/null -o export %s | sed s,^DEVNAME=.*,DEVNAME=/dev/sr0,\n' "$(command -v blkid)" "$work/$1" >"$root/bin/blkid"
	printf '#!/bin/sh\necho qemu\n' >"$root/bin/systemd-detect-virt"
	chmod +x "$root/bin/blkid" "$root/bin/systemd-detect-virt"
	PATH=$root/bin:$PATH PATH_ROOT=$root sh $identify --force >/dev/null 2>&1
	sed -n 's/^datasource_list: //p' "$root/run/cloud-init/cloud.cfg"
}
if [ -e $identify ] && have blkid "ds-identify"; then
	check "ds-identify finds the ISO image" same "$(identified a.iso)" '[ NoCloud, None ]'
	check "ds-identify finds the VFAT image" same "$(identified a.img)" '[ NoCloud, None ]'
	[ ! -e ovf.iso ] || check "ds-identify finds the OVF environment" same "$(identified ovf.iso)" '[ OVF, None ]'
fi
check "user-data from the shell's pipe" sh -c 'cat user | "$1" seed -o pipe.iso --user-data /dev/stdin && "$1" seed -o file.iso --user-data user && cmp pipe.iso file.iso' - "$vmint"
mkfifo queue
(cat user >queue) &
check "user-data from a FIFO" sh -c '"$1" seed -o fifo.iso --user-data queue && cmp fifo.iso file.iso' - "$vmint"
wait
check "but no writer is waited for without end" refused 3 'queue: No data available' timeout 20 "$vmint" seed -o x.iso --user-data queue
if have cloud-init "--check-with"; then
	check "the installed cloud-init's own check" "$vmint" seed -o own.iso -H a --user-data user --check-with cloud-init
	printf '#cloud-config\npackages: 7\n' >wrong
	check "and that says no" refused 3 'error' "$vmint" seed -o x.iso --user-data wrong --check-with cloud-init
fi
"$vmint" seed -f credentials -o creds -H web-1 --ssh-key key.pub --user alice --timezone Europe/Berlin
check "credentials" sh -c 'grep -q "^io.systemd.credential.binary:system.hostname=d2ViLTE=$" creds && grep -q tmpfiles.extra creds'
"$vmint" seed -f guestinfo -o - -H web-1 --user-data user >guestinfo
check "guestinfo" sh -c 'grep -q "^guestinfo.metadata = " guestinfo && grep -q "guestinfo.userdata.encoding = \"base64\"" guestinfo'

printf '#cloud-config\npackges: [a]\nusers:\n- name: a\n  uid: yes\n' >typo
check "a typo is found with its place" refused 3 'typo:2:1: packges: not known; did you mean .packages' "$vmint" seed -o x.iso --user-data typo
check "and a wrong type" refused 3 'typo:5:8: users\[0\].uid: must be' "$vmint" seed -o x.iso --user-data typo
check "--no-check passes it on" "$vmint" seed -o typo.iso --user-data typo --no-check
printf 'version: 2\nethernets: {e: {match: {macaddress: "52:54:00:00:00:01"}}}\n' >template-net
check "another machine's MAC" refused 3 'no interface of this machine' "$vmint" seed -o x.iso -N template-net --mac 52:54:00:00:00:02
check "an unknown variable" refused 3 'there is no ${nmae}; did you mean ${name}' "$vmint" seed -o x.iso -H a --run 'echo ${nmae}'
check "an unknown key" refused 3 "did you mean 'address'" "$vmint" seed -o x.iso --nic adress=1
check "a wrong carrier" refused 2 "did you mean 'vfat'" "$vmint" seed -o x.iso -f vfta --user-data user
check "no such file" refused 3 'nothere: No such file' "$vmint" seed x.iso nothere
check "a private key is refused" sh -c 'printf -- "-----BEGIN OPENSSH PRIVATE KEY-----\n" >priv; "$1" seed -o x.iso --ssh-key priv 2>err; [ $? = 3 ] && grep -q "private key" err' - "$vmint"
check "a bad host name is refused" refused 3 'no host name' "$vmint" seed -o x.iso -H 'bad_name'
check "meta-data and -H do not mix" refused 3 'cannot be joined' "$vmint" seed -H a x.iso user meta
check "nothing was written" [ ! -e x.iso ]
check "an output is needed" refused 2 '-o FILE' "$vmint" seed
