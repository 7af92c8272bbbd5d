#!/bin/sh
# vmint clone and cloud-init: seeds from a spec's section, carriers, what is put right in the guest.
# Prints ok:/not ok:/skip: lines.
set -u
cd "$(dirname "$0")/../.." || exit 2
PATH=$PATH:/usr/sbin:/sbin
for tool in mke2fs debugfs qemu-img ssh-keygen isoinfo mcopy; do
	if ! command -v $tool >/dev/null; then
		echo "skip: seeds of clones: no $tool"
		exit 0
	fi
done
. tests/common.sh
enter

# A guest as an installer with its own opinion of cloud-init leaves it.
make_guest()
{
	mkdir -p t/etc/cloud/cloud.cfg.d t/etc/ssh t/etc/netplan t/usr/bin t/usr/sbin t/usr/lib/systemd \
		t/var/lib/cloud/seed/nocloud-net t/var/lib/cloud/instances/i-old t/var/log
	printf 'ID=debian\nPRETTY_NAME="Debian 12"\n' >t/etc/os-release
	echo tpl >t/etc/hostname
	echo 0123456789abcdef0123456789abcdef >t/etc/machine-id
	echo '/dev/vda / ext4 defaults 0 1' >t/etc/fstab
	: >t/usr/sbin/sshd
	: >t/usr/lib/systemd/systemd
	: >t/usr/lib/systemd/libsystemd-shared-252.so
	ssh-keygen -q -t ed25519 -N '' -f t/etc/ssh/ssh_host_ed25519_key
}

image()
{
	rm -f "$1"
	truncate -s 48M "$1"
	mke2fs -q -t ext4 -d t "$1"
}

make_guest
image plain.raw
: >t/usr/bin/cloud-init
: >t/etc/cloud/cloud-init.disabled
echo 'datasource_list: [ None ]' >t/etc/cloud/cloud.cfg.d/99-installer.cfg
echo 'policy: disabled' >t/etc/cloud/ds-identify.cfg
echo 'instance-id: old' >t/var/lib/cloud/seed/nocloud-net/meta-data
ln -s instances/i-old t/var/lib/cloud/instance
: >t/var/lib/cloud/instances/i-old/obj.pkl
cat >t/etc/netplan/50-cloud-init.yaml <<'EOF'
network:
  version: 2
  ethernets:
    eth0:
      match: {macaddress: "52:54:00:11:22:33"}
      addresses: [10.0.0.2/24]
EOF
image cloud.raw

ssh-keygen -q -t ed25519 -N '' -f id
echo a-secret-password >password
cat >spec.yaml <<'EOF'
template: cloud.raw
output: fleet
count: 2
name: web-{n}
domain: example.org
networks:
  - address: 10.0.0.10-10.0.0.99/24
    gateway: 10.0.0.1
    dns: [10.0.0.1]
cloud-init:
  users:
    - name: alice
      sudo: true
      groups: [adm]
      password-file: password
  ssh-keys: [id.pub]
  runcmd: ["echo ${name} ${ip0} ${mac0} $${HOME} >/etc/x"]
  write-files:
    - path: /etc/motd
      content: |
        this is ${fqdn}, number ${index}, a ${role}
  properties: {role: web}
  meta-data: {rack: "r${index}"}
  vlans: ["name=vlan7,link=eth0,id=7,address=10.7.0.${index}/24"]
targets: [qemu, libvirt, kubevirt]
EOF
"$vmint" clone --spec spec.yaml --dry-run >plan.txt 2>err.txt || cat err.txt
[ ! -e fleet ] && ok 'a dry run writes nothing' || echo 'not ok: a dry run writes nothing'
check 'it says which carrier and why' grep -q '^seed: iso (cloud-init is there' plan.txt
check 'and shows the seed' grep -q '^local-hostname: "web-1.example.org"' plan.txt
if grep -qE 'PRIVATE KEY|\$6\$|a-secret' plan.txt; then
	echo 'not ok: without its secrets'
else
	ok 'without its secrets'
fi

check 'two clones with seeds' "$vmint" clone --spec spec.yaml
file()
{
	isoinfo -R -x "/$2" -i "fleet/$1/seed.iso"
}
file web-1 user-data >user-data
file web-2 meta-data >meta-data
file web-2 network-config >network-config
[ "$(stat -c %a fleet/web-1/seed.iso)" = 600 ] && ok 'a seed is its owner'\''s' || echo 'not ok: a seed is its owner'\''s'
[ "$(stat -c %a fleet/web-1/kubevirt.yaml)" = 600 ] && ok 'and so is a description with one in it' ||
	echo 'not ok: and so is a description with one in it'
if grep -rlE 'PRIVATE KEY|\$6\$|a-secret' fleet | grep -vE 'seed.iso|disk0.qcow2|kubevirt.yaml|^fleet/base/'; then
	echo 'not ok: secrets are nowhere else'
else
	ok 'secrets are nowhere else'
fi
instance=$(sed -n 's/.*"instance_id": "\(.*\)".*/\1/p' fleet/web-2/identity.json)
check 'the instance-id is the clone'\''s' grep -qx "instance-id: \"$instance\"" meta-data
check 'more of the meta-data' grep -qx '"rack": "r2"' meta-data
mac=$(grep -o '0e:[0-9a-f:]*' fleet/web-2/identity.json | head -n 1)
check 'the network is by MAC' grep -q "macaddress: \"$mac\"" network-config
check 'with its address' grep -q '"10.0.0.11/24"' network-config
check 'and a VLAN by number' grep -q '"10.7.0.2/24"' network-config
check 'values in commands, and a dollar' grep -q 'echo web-1 10.0.0.10 0e:.* ${HOME} >/etc/x' user-data
check 'values in files' grep -q 'this is web-1.example.org, number 1, a web' user-data
check 'host keys stay' grep -qx 'ssh_deletekeys: false' user-data
python3 - fleet <<'EOF' || echo 'not ok: host keys'
import re, subprocess, sys, base64
text = open('user-data').read()
private = re.search(r'ed25519_private: "(.*)"', text).group(1).encode().decode('unicode_escape')
import os
fd = os.open('key', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
os.write(fd, private.encode())
os.close(fd)
public = subprocess.run(['ssh-keygen', '-y', '-f', 'key'], capture_output=True, text=True).stdout.split()
known = [l.split() for l in open('fleet/known_hosts') if l.startswith('web-1,')]
assert known[0][1:3] == public[:2], (known, public)
print('ok: the private host key in the seed is that of known_hosts')
EOF

# ssh-keygen names them by its own digests, of SHA-1 and of SHA-256.
"$vmint" clone cloud.raw -o z -n 1 --domain example.org -q
cut -d' ' -f2- z/known_hosts >key.pub
ssh-keygen -r cloud-001.example.org. -f key.pub | grep ' 2 [0-9a-f]*$' >sshfp.expected
grep -v '^;' z/sshfp.zone >sshfp.found
[ -s sshfp.found ] && cmp -s sshfp.expected sshfp.found && ok 'SSHFP records are those of ssh-keygen' ||
	echo 'not ok: SSHFP records are those of ssh-keygen'

raw()
{
	qemu-img convert -O raw "$1/disk0.qcow2" clone.raw
}
raw fleet/web-1
inside()
{
	debugfs -R "cat $1" clone.raw 2>/dev/null
}
gone()
{
	! debugfs -R "stat $1" clone.raw 2>/dev/null | grep -q Inode
}
check 'cloud-init is turned on again' gone /etc/cloud/cloud-init.disabled
[ "$(inside /etc/cloud/cloud.cfg.d/99-installer.cfg)" = 'datasource_list: [ NoCloud, None ]' ] &&
	ok 'NoCloud is looked for' || echo 'not ok: NoCloud is looked for'
inside /etc/cloud/ds-identify.cfg >policy
check 'by ds-identify, too' grep -q '^policy: search' policy
for path in /var/lib/cloud/instance /var/lib/cloud/instances/i-old /var/lib/cloud/seed/nocloud-net/meta-data \
	/etc/netplan/50-cloud-init.yaml; do
	check "$path of the template is gone" gone $path
done
check 'the filesystem is sound' e2fsck -fn clone.raw
"$vmint" clone --spec spec.yaml >out.txt
grep -q '^0 steps' out.txt && ok 'the same again is no step' || echo 'not ok: the same again is no step'
refuses 'another section for clones that are there' 3 'cloud-init' "$vmint" clone --spec spec.yaml --package nginx

# The same seed by other ways.
check 'into the guest' "$vmint" clone --spec spec.yaml -o g --key fleet/fleet.key --carrier guest -n 1
raw g/web-1
for f in meta-data user-data network-config; do
	inside /var/lib/cloud/seed/nocloud/$f >now
	[ -s now ] && ok "it has $f" || echo "not ok: it has $f"
done
debugfs -R 'stat /var/lib/cloud/seed/nocloud/user-data' clone.raw 2>/dev/null >stat.txt
check 'readable for root only' grep -q 'Mode:  0600' stat.txt
[ ! -e g/web-1/seed.iso ] && ok 'and no image' || echo 'not ok: and no image'
check 'the filesystem is sound' e2fsck -fn clone.raw
check 'on a disk' "$vmint" clone --spec spec.yaml -o v --carrier vfat -n 1 --name web-1 --key fleet/fleet.key
mcopy -i v/web-1/seed.img ::meta-data m1 && cmp -s m1 - <<EOF && ok 'with the same files' || echo 'not ok: with the same files'
$(file web-1 meta-data)
EOF
check 'as a folder' "$vmint" clone --spec spec.yaml -o d --carrier dir -n 1
[ "$(stat -c %a d/web-1/seed d/web-1/seed/user-data | tr '\n' ' ')" = '700 600 ' ] && ok 'for its owner' ||
	echo 'not ok: for its owner'
check 'by the serial number' "$vmint" clone cloud.raw -o s --carrier serial -n 1
check 'which QEMU hands on' grep -q 'type=1,serial=ds=nocloud;h=cloud-001;i=' s/cloud-001/run.sh
"$vmint" clone --spec spec.yaml -o one --key fleet/fleet.key -q
cmp -s one/web-1/seed.iso fleet/web-1/seed.iso
[ $? = 1 ] && ok 'host keys are each run'\''s own' || echo 'not ok: host keys are each run'\''s own'
"$vmint" clone cloud.raw -o k1 -n 1 --ssh-keys remove --carrier iso --key fleet/fleet.key -q
"$vmint" clone cloud.raw -o k2 -n 1 --ssh-keys remove --carrier iso --key fleet/fleet.key -q
check 'without them the seed is the same bytes' cmp k1/cloud-001/seed.iso k2/cloud-001/seed.iso

# Guests without cloud-init.
"$vmint" clone plain.raw -o p0 >out.txt && grep -q 'made 1 clone' out.txt && [ ! -e p0/plain-001/seed.iso ] &&
	ok 'nothing asked, nothing carried' || echo 'not ok: nothing asked, nothing carried'
check 'without cloud-init: credentials' "$vmint" clone plain.raw -o p1 --user alice,ssh-key=id.pub
check 'in SMBIOS' grep -q 'type=11,value=io.systemd.credential.binary:sysusers.extra=' p1/plain-001/run.sh
[ "$(stat -c %a p1/plain-001/run.sh)" = 700 ] && ok 'for its owner' || echo 'not ok: for its owner'
refuses 'what they cannot hold' 3 "systemd's credentials hold" "$vmint" clone plain.raw -o p2 --package nginx
refuses 'targets that do not hand them on' 3 'not every target hands' "$vmint" clone plain.raw -o p3 --user alice -t xen
check 'unless nothing is to be carried' "$vmint" clone plain.raw -o p4 --user alice -t xen --carrier none

# Mistakes, with their places, and nothing written.
wrong()
{
	refuses "$1" "$2" "$3" "$vmint" clone --spec wrong.yaml
	[ ! -e wrong ] && return
	echo "not ok: $1: nothing is written"
	rm -rf wrong
}
head='template: cloud.raw\noutput: wrong\ncloud-init:\n'
printf '%b' "$head  user-data: |\n    #cloud-config\n    packges: [nginx]\n" >wrong.yaml
wrong 'a key that cloud-init does not know' 3 'wrong.yaml:6:5: packges: not known; did you mean .packages'
printf '%b' "$head  user-data: |\n    #cloud-config\n    packages: {\n" >wrong.yaml
wrong 'YAML that is none' 3 'wrong.yaml:7:'
printf '%b' "$head  runcmd: [\"echo \${nmae}\"]\n" >wrong.yaml
wrong 'a name that is no value' 3 'wrong.yaml:4:12: there is no ${nmae}; did you mean ${name}'
printf '%b' "$head  ssh-keys: [nokey.pub]\n" >wrong.yaml
wrong 'a file that is not there' 3 'wrong.yaml:4:14: nokey.pub: No such file'
printf '%b' "$head  ssh-keys: [id]\n" >wrong.yaml
wrong 'a private key' 3 'wrong.yaml:4:14: id: a private key'
printf '%b' "$head  network-config: |\n    version: 2\n    ethernet: {}\n" >wrong.yaml
wrong 'a network-config that fits no schema' 3 'wrong.yaml:6:5: '
printf '%b' "$head  users:\n    - name: alice\n      shel: /bin/sh\n" >wrong.yaml
wrong 'a key of a user' 2 "wrong.yaml:6:7: users has no key 'shel'; did you mean 'shell'"
printf '%b' "$head  vlans: [\"name=v,link=eth9,id=3\"]\n" >wrong.yaml
wrong 'a link that is not there' 3 "there is no interface 'eth9'"
