# The situations, as data: what is done, what is true, what vmint must say.
#
# boot NAME [cpu=] [machine=] [devices=] [args=] [prepare=]     a host; `here` is this machine, each row in namespaces
# situation ID [do=] [undo=] [via=] [probe=] [ask=] truth= verdict= [cause=] [checks=] [facts=] [says=]
#
# truth  for ask=kvm: can a guest run, for the one who asks: yes, slow, no. Decided by what is done; tool.c's oracle must
#        agree, or the situation was not made. For another question: yes or no, decided by what is done.
# verdict, cause  what vmint must say; `a|b` allows either, cause is an id or a layer. Here, `same` is what it says of
#        this machine untouched.
# checks, facts  what single rows must say: "devices.iommu=pass"; a fact's word is its text, number or yes/no.
# says   words of the cause or its fix (extended regex): the fix must fit the situation
# via    how the asking processes are started: words of tool.c, or another program

alice="$TOOL user 1000 1000 - --"
member="$TOOL user 1000 1000 104 --"
carol="$TOOL user 1002 1002 - --"

# ---- a host where all is well, and what can happen to its node ----

boot kvm prepare='modprobe kvm_amd'
situation plain truth=yes verdict=ready
situation node-missing do='no_node' truth=no verdict=not-ready cause=node-missing
situation node-empty-file do='no_node; : >/dev/kvm; chmod 666 /dev/kvm' truth=no verdict=not-ready cause=node-type
situation node-folder do='no_node; mkdir /dev/kvm' truth=no verdict=not-ready cause=node-type
situation node-fifo do='no_node; mkfifo -m 666 /dev/kvm' truth=no verdict=not-ready cause=node-type
situation node-block do='node b 10 232 0666 root:kvm' truth=no verdict=not-ready cause=node-type
situation node-dangling-link do='no_node; ln -s /nowhere /dev/kvm' truth=no verdict=not-ready cause=node-missing
situation node-link-to-elsewhere do='no_node; mkdir -p /dev/other; mknod -m 666 /dev/other/kvm c 10 232; ln -s other/kvm /dev/kvm' undo='rm -r /dev/other' truth=yes verdict=ready
situation node-is-null do='node c 1 3 0666 root:root' truth=no verdict=not-ready cause=node-number says='null|1:3'
situation node-unregistered-minor do='node c 10 250 0666 root:kvm' truth=no verdict=not-ready cause=node-number
situation owner-root-0600 do='access 600 root:root' via="$alice" truth=no verdict=not-ready cause=mode
situation not-in-group via="$alice" truth=no verdict=not-ready cause=not-in-group says='usermod -aG kvm alice|adduser alice kvm'
situation in-group via="$member" truth=yes verdict=ready
situation session-too-old via="$carol" truth=no verdict=not-ready cause=session-too-old says='log (in|out)|newgrp'
situation mode-0666 do='access 666 root:root' via="$alice" truth=yes verdict=ready
situation mode-read-only do='access 640 root:kvm' via="$member" truth=no verdict=not-ready cause=mode
situation acl-grants do='setfacl -m u:1000:rw /dev/kvm' via="$alice" truth=yes verdict=ready
situation acl-denies do='setfacl -m u:1000:--- /dev/kvm' via="$member" truth=no verdict=not-ready cause=permission says='ACL|setfacl'
situation acl-mask-limits do='setfacl -m u:1000:rw,m::r /dev/kvm' via="$alice" truth=no verdict=not-ready cause=permission says='mask'
situation user-option do=: probe='--user alice' ask=user truth=no verdict=not-ready cause=not-in-group
situation user-option-member do='access 666 root:root' probe='--user alice' ask=user truth=yes verdict=ready
situation nodev-mount do='own_dev nodev' truth=no verdict=not-ready cause=mount-nodev says='nodev'

# ---- confined on a host where all is well ----

boot confined prepare='modprobe kvm_amd'
situation cgroup1-denies do='mkdir /tmp/c; mount -t cgroup -o devices c /tmp/c; mkdir /tmp/c/lab; echo "c 10:232 rwm" >/tmp/c/lab/devices.deny; echo $$ >/tmp/c/lab/cgroup.procs' undo='umount /tmp/c; rmdir /tmp/c' truth=no verdict=not-ready cause=device-cgroup says='cgroup'
situation cgroup2-denies do='mkdir /sys/fs/cgroup/lab; $TOOL deny-kvm /sys/fs/cgroup/lab; echo $$ >/sys/fs/cgroup/lab/cgroup.procs' undo='rmdir /sys/fs/cgroup/lab' truth=no verdict=not-ready cause=device-cgroup says='cgroup'
situation userns-root-is-nobody via="$TOOL user 1000 1000 - userns root --" truth=no verdict=not-ready cause=userns-root says='namespace'
situation userns-group-unmapped via="$TOOL user 1000 1000 104 userns same --" truth=yes verdict=ready
situation userns-nothing-mapped via="$TOOL user 1000 1000 - userns none --" truth=no verdict=not-ready cause='user-namespace|permission'
situation no-more-files via="$TOOL nofile 4 --" truth=no verdict=unknown cause=limit-files says='NOFILE|ulimit|open files'
situation seccomp-create-vm via="$TOOL refuse create-vm 1 --" truth=no verdict=not-ready cause=seccomp
situation seccomp-all-ioctls via="$TOOL refuse all 38 --" truth=no verdict=not-ready cause=seccomp
situation vm-busy via="$TOOL refuse create-vm 16 --" truth=no verdict=not-ready cause=held says='EBUSY|other hypervisor|another'
situation vcpu-refused via="$TOOL refuse create-vcpu 22 --" truth=no verdict=not-ready cause=kvm
situation run-refused via="$TOOL refuse run 22 --" truth=no verdict=not-ready cause=kvm
situation masked-by-null do='mount --bind /dev/null /dev/kvm' truth=no verdict=not-ready cause=node-number says='null|1:3'
situation read-only-mount do='own_dev; mount -o remount,bind,ro /dev' truth=yes verdict=ready
situation hidepid do='mount -o remount,hidepid=2 /proc' via="$member" truth=yes verdict=ready
situation chroot-without-dev do='own_root' via="chroot $LAB_TMP/root $TOOL --" truth=no verdict=not-ready cause=node-missing says='chroot|/dev' facts=place.container.is=no
situation container-without-device do='own_dev; no_node; : >/.dockerenv' undo='rm -f /.dockerenv' via="unshare -p -f -i -u -n $TOOL --" truth=no verdict=not-ready cause=node-not-given says='device' facts='place.container.is=yes place.container.text=Docker'
situation left-over-dockerenv do=': >/.dockerenv' undo='rm -f /.dockerenv' ask=container truth=no verdict=ready checks=place.conflict=warn facts='place.container.is=no place.vm.text=QEMU'
situation cpuinfo-without-flag do='cpuinfo "s/ svm\\b//"' truth=yes verdict=ready
situation cpuinfo-long-line do='cpuinfo "s/ svm\\b//; s/^(flags.*)/\1 $(seq -s" " 1000 1400) svm/"' truth=yes verdict=ready
situation no-proc do='umount -l /proc' truth=yes verdict=ready
situation no-sys do='umount -l /sys' truth=yes verdict=ready

# ---- what is not a yes or no about KVM ----

boot around prepare='modprobe kvm_amd'
situation hugepages do='echo 16 >/proc/sys/vm/nr_hugepages' undo='echo 0 >/proc/sys/vm/nr_hugepages' ask=hugepages truth=yes verdict=ready checks=memory.hugepages=pass facts=memory.hugepages-2m.number=16
situation memory-limited do='mkdir /sys/fs/cgroup/lab; echo +memory >/sys/fs/cgroup/cgroup.subtree_control; echo 64M >/sys/fs/cgroup/lab/memory.max; echo $$ >/sys/fs/cgroup/lab/cgroup.procs' undo='for i in 1 2 3 4 5 6 7 8 9 10; do rmdir /sys/fs/cgroup/lab 2>/dev/null && break; usleep 500000; done; echo -memory >/sys/fs/cgroup/cgroup.subtree_control' ask=memory truth=no verdict=ready checks='memory.cgroup-limit=warn memory.enough=warn' facts=memory.cgroup-limit.number=67108864
situation cgroup2-only do=: ask=cgroup truth=v2 verdict=ready facts=isolation.cgroup.text=v2
situation nested-on do=: probe='--for nested' ask=nested truth=yes verdict=ready checks=kvm.nested=pass
situation vhost-and-tun do='modprobe vhost_net; modprobe tun' undo='rmmod vhost_net' ask=vhost truth=yes verdict=ready checks='kvm.vhost-net=pass network.tun=pass'
situation no-vhost do='rm -f /dev/vhost-net' ask=vhost truth=no verdict=ready checks=kvm.vhost-net=warn
situation userns-forbidden do='echo 0 >/proc/sys/user/max_user_namespaces' undo='echo 9999 >/proc/sys/user/max_user_namespaces' ask=userns truth=no verdict=ready checks='isolation.userns=warn|fail'
situation userns-root-only do='echo 0 >/proc/sys/kernel/unprivileged_userns_clone' undo='echo 1 >/proc/sys/kernel/unprivileged_userns_clone' via="$member" ask=userns truth=no verdict=ready checks='isolation.userns=warn|fail'
situation ksm-on do='echo 1 >/sys/kernel/mm/ksm/run' undo='echo 0 >/sys/kernel/mm/ksm/run' ask=ksm truth=yes verdict=ready facts=memory.ksm.is=yes
situation cgroup-hybrid do='umount /sys/fs/cgroup; mount -t tmpfs cg /sys/fs/cgroup; mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/devices; mount -t cgroup2 c /sys/fs/cgroup/unified; mount -t cgroup -o devices d /sys/fs/cgroup/devices' ask=cgroup truth=hybrid verdict=ready facts=isolation.cgroup.text=hybrid
situation cgroup1-only do='umount /sys/fs/cgroup; mount -t tmpfs cg /sys/fs/cgroup; for c in cpu memory devices; do mkdir /sys/fs/cgroup/$c; mount -t cgroup -o $c $c /sys/fs/cgroup/$c; done' undo='mount | grep -c cgroup >/dev/null' ask=cgroup truth=v1 verdict=ready facts=isolation.cgroup.text=v1

# ---- modules: kvm is taken out, and kept out ----

boot modules prepare='modprobe kvm_amd'
situation vendor-module-out do='rmmod kvm_amd; no_node' truth=no verdict=not-ready cause=module-half says='modprobe kvm_amd'
situation nothing-loaded do='rmmod kvm; no_node' truth=no verdict=not-ready cause=module-not-loaded says='modprobe kvm_amd'
situation node-left-behind do='mknod -m 666 /dev/kvm c 10 232' truth=no verdict=not-ready cause=module-not-loaded says='modprobe'
situation blacklisted do='echo "blacklist kvm_amd" >/etc/modprobe.d/no-kvm.conf' undo='rm /etc/modprobe.d/no-kvm.conf' truth=no verdict=not-ready cause=module-blacklisted says='no-kvm.conf'
situation install-false do='echo "install kvm_amd /bin/false" >/etc/modprobe.d/no-kvm.conf' undo='rm /etc/modprobe.d/no-kvm.conf' truth=no verdict=not-ready cause=module-overridden says='no-kvm.conf'
situation modules-of-another-kernel do='mkdir -p /tmp/lab/m/6.0.0-old/kernel; : >/tmp/lab/m/6.0.0-old/modules.dep; mount --bind /tmp/lab/m /lib/modules' truth=no verdict=not-ready cause=modules-gone says='reboot'
situation no-modules-at-all do='hide /lib/modules' truth=no verdict=not-ready cause='modules-gone|module-not-on-disk' says='linux-image|install|package|reboot'
situation modules-disabled do='echo 1 >/proc/sys/kernel/modules_disabled' truth=no verdict=not-ready cause=modules-disabled says='modules_disabled'

# ---- processors ----

boot no-svm cpu=,-svm prepare='modprobe kvm_amd 2>/dev/null'
situation vm-without-nested truth=no verdict=not-ready cause=nested-off says='nested|-cpu host'
situation vm-without-nested-node do='node c 10 232 0666 root:kvm' truth=no verdict=not-ready cause=nested-off

boot bare-no-svm cpu=,-svm,-hypervisor prepare='modprobe kvm_amd 2>/dev/null'
situation cpu-without truth=no verdict=not-ready cause='cpu|nested-off'
situation hidden-hypervisor ask=place truth=QEMU verdict=not-ready facts='place.kind.text=vm place.vm.text=QEMU'

situation on-gce do='dmi sys_vendor Google product_name "Google Compute Engine"' truth=no verdict=not-ready cause=nested-off facts='place.cloud.text=Google_Compute_Engine' says='enable-nested-virtualization'
situation on-virtualbox do='dmi sys_vendor "innotek GmbH" product_name VirtualBox bios_vendor "innotek GmbH"' truth=no verdict=not-ready cause=nested-off says='nested-hw-virt on'
situation on-vmware do='dmi sys_vendor "VMware, Inc." product_name "VMware20,1" bios_vendor "VMware, Inc."' truth=no verdict=not-ready cause=nested-off says='vhv.enable'

boot intel-no-vmx cpu=,-svm,vendor=GenuineIntel prepare='modprobe kvm_intel 2>/dev/null'
situation intel-vm-without-nested truth=no verdict=not-ready cause=nested-off

boot flag-cleared args=clearcpuid=svm prepare='modprobe kvm_amd 2>/dev/null'
situation kernel-cleared-svm truth=no verdict=not-ready cause='firmware|kernel' says='clearcpuid'

# ---- kernel command line ----

boot nested-off args=kvm_amd.nested=0 prepare='modprobe kvm_amd'
situation nested-off probe='--for nested' ask=nested truth=no verdict=not-ready cause=kvm.nested says='nested=1'
situation nested-off-kvm truth=yes verdict=ready

boot npt-off args=kvm_amd.npt=0 prepare='modprobe kvm_amd'
situation npt-off truth=yes verdict=degraded cause=kvm says='npt'

boot cmdline-blacklist args=module_blacklist=kvm_amd prepare='modprobe kvm_amd 2>/dev/null'
situation cmdline-blacklist truth=no verdict=not-ready cause=module-refused says='module_blacklist'

boot modprobe-blacklist args=modprobe.blacklist=kvm_amd
situation modprobe-blacklist truth=no verdict=not-ready cause=module-blacklisted says='modprobe'

boot lockdown args=lockdown=integrity prepare='modprobe kvm_amd'
situation lockdown ask=lockdown truth=integrity verdict=ready facts=kernel.lockdown.text=integrity

# ---- devices ----

nvme='-device nvme-subsys,id=s0 -device pcie-root-port,id=rp0,slot=1 -device nvme,serial=lab,bus=rp0,subsys=s0,max_ioqpairs=10,msix_qsize=11,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4'
rng='-device pcie-root-port,id=rp1,slot=2 -device virtio-rng-pci,bus=rp1,disable-legacy=on,iommu_platform=on'
bridged='-device pcie-pci-bridge,id=b0 -device virtio-rng-pci,bus=b0,addr=1,disable-legacy=on,iommu_platform=on -device virtio-rng-pci,bus=b0,addr=2,disable-legacy=on,iommu_platform=on'
to_vfio='modprobe vfio-pci; for d in /sys/bus/pci/devices/*; do [ "$(cat $d/vendor)" = 0x1af4 ] || continue; [ ! -e $d/driver ] || echo ${d##*/} >$d/driver/unbind; echo vfio-pci >$d/driver_override; echo ${d##*/} >/sys/bus/pci/drivers_probe; done'

boot iommu-on machine=,kernel-irqchip=split args=intel_iommu=on prepare="modprobe kvm_amd; $to_vfio" devices="-device intel-iommu,intremap=on,caching-mode=on $nvme $rng $bridged"
situation iommu-on ask=iommu truth=yes verdict=ready checks='devices.iommu=pass devices.interrupt-remapping=pass devices.vfio=pass' facts='devices.vfio-bound.number=3'
situation group-not-viable do='modprobe virtio_pci; d=$(ls -d /sys/bus/pci/devices/*:02.0 | tail -n 1); echo >$d/driver_override; echo ${d##*/} >$d/driver/unbind; echo ${d##*/} >/sys/bus/pci/drivers/virtio-pci/bind' ask=viable truth=no verdict=ready checks='devices.group-viability=warn|fail' facts='devices.vfio-bound.number=2'
situation sriov ask=sriov truth=4 verdict=ready checks=devices.sriov=pass facts='devices.sriov.number=4 devices.sriov-now.number=0'
situation sriov-enabled do='for f in /sys/bus/pci/devices/*/sriov_numvfs; do echo 2 >$f; done' ask=sriov truth=2 verdict=ready checks=devices.sriov=pass facts='devices.sriov.number=4 devices.sriov-now.number=2'

boot iommu-off machine=,kernel-irqchip=split args=intel_iommu=off prepare="modprobe kvm_amd; $to_vfio" devices="-device intel-iommu,intremap=on $nvme $rng"
situation iommu-off ask=iommu truth=no verdict=ready checks='devices.iommu=warn|fail'

boot iommu-undriven prepare="modprobe kvm_amd" devices="-device amd-iommu $rng"
situation iommu-undriven ask=iommu truth=no verdict=ready checks='devices.iommu=warn|fail'

# ---- this machine, in private namespaces ----

boot here
situation here-plain truth=same verdict=same
situation here-no-dev do='own_dev; no_node' truth=no verdict=not-ready cause=node
situation here-empty-file do='own_dev; no_node; : >/dev/kvm' truth=no verdict=not-ready cause=node-type
situation here-null do='own_dev; node c 1 3 0666 root:root' truth=no verdict=not-ready cause=node-number
situation here-wrong-minor do='own_dev; node c 10 250 0666 root:kvm' truth=no verdict=not-ready cause=node-number
situation here-nodev do='own_dev nodev' truth=no verdict=not-ready cause=mount-nodev
situation here-nobody do='own_dev; access 600 root:root' via="$TOOL user 65534 65534 - --" truth=no verdict=not-ready cause=mode
situation here-userns-root do='own_dev' via="$TOOL user 65534 65534 - userns root --" truth=no verdict=not-ready cause=userns-root
situation here-userns-group do='own_dev; chown 0:65533 /dev/kvm' via="$TOOL user 65534 65534 65533 userns same --" truth=same verdict=same
situation here-no-more-files via="$TOOL nofile 4 --" truth=no verdict=unknown cause=limit-files
situation here-chroot do='own_root' via="chroot $LAB_TMP/root $TOOL --" truth=no verdict=not-ready cause=node
situation here-cpuinfo-with-vmx do='cpuinfo "s/^(flags.*)/\1 vmx/"' truth=same verdict=same
