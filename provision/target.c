/* The list of targets. */
#include "provision/target.h"

#include "base/scope.h"

#include <errno.h>

const struct target targets[] = {
	{"qemu", "a script that runs it, with KVM or without", "run.sh", 0755, .next = "{}",
	 .can = TARGET_SEED | TARGET_SMBIOS, .write = target_qemu},
	{"libvirt", "a domain for virsh define", "domain.xml", 0644, .not_formats = {"vhdx"},
	 .can = TARGET_SEED | TARGET_SMBIOS, .next = "virsh define {} && virsh start {name}",
	 .write = target_libvirt},
	{"ovf", "a descriptor; vmint pack makes an OVA of it", "machine.ovf", 0644,
	 .format = "vmdk", .next = "vmint pack {dir} -o {name}.ova", .write = target_ovf},
	{"ova", "one file that other programs import", "machine.ova", 0600, .format = "vmdk",
	 .next = "vmint inspect {}", .write = target_ovf, .descriptor = "machine.ovf",
	 .manifest = {"(", ")= "}},
	{"virtualbox", "an OVA with VirtualBox's own settings", "virtualbox.ova", 0600,
	 .format = "vmdk", .next = "VBoxManage import {}", .write = target_virtualbox,
	 .descriptor = "machine.ovf", .manifest = {" (", ") = "}},
	{"vmware", "a .vmx with flat disks", "machine.vmx", 0644, .format = "raw",
	 .next = "vmrun start {} nogui", .write = target_vmware,
	 .can = TARGET_SEED | TARGET_GUESTINFO, .disk_suffix = "vmdk",
	 .write_disk = target_vmware_disk},
	{"xen", "a configuration for xl create", "xl.cfg", 0644,
	 .not_formats = {"vmdk", "vdi", "vhdx"}, .next = "xl create {}", .write = target_xen,
	 .can = TARGET_SEED},
	{"kubevirt", "a VirtualMachine manifest", "kubevirt.yaml", 0644, .not_formats = {"vmdk"},
	 .next = "kubectl apply -f {}", .write = target_kubevirt,
	 .can = TARGET_SEED | TARGET_SEED_TEXTS},
	{"proxmox", "a script of qm commands", "proxmox.sh", 0755, .next = "{}",
	 .write = target_proxmox, .can = TARGET_SEED},
	{"hyperv", "a PowerShell script that makes it", "hyperv.ps1", 0644, .next = "pwsh {}",
	 .write = target_hyperv, .can = TARGET_SEED},
	{"incus", "a script that imports it into Incus or LXD", "incus.sh", 0755, .next = "{}",
	 .write = target_incus, .can = TARGET_SEED},
	{"nspawn", "a raw disk as a container", "machine.nspawn", 0644, .format = "raw",
	 .next = "head -2 {}", .write = target_nspawn},
};

const size_t target_count = ARRAY_SIZE(targets);

const struct target *target_find(const char *name)
{
	for (size_t i = 0; i < target_count; i++)
		if (str_eq(targets[i].name, name))
			return &targets[i];
	return NULL;
}

const char *vm_seed_bus(const struct vm *vm)
{
	return vm->ndisks ? vm->disks[0].bus : "virtio";
}

int target_check(const struct target *t, const char *disk_format, struct err *e)
{
	if (t->format && !str_eq(t->format, disk_format))
		return err_set(e, ENOTSUP,
			       "target %s takes %s disks only: --disk full --disk-format %s",
			       t->name, t->format, t->format);
	for (size_t i = 0; i < ARRAY_SIZE(t->not_formats) && t->not_formats[i]; i++)
		if (str_eq(t->not_formats[i], disk_format))
			return err_set(e, ENOTSUP, "target %s takes no %s disks", t->name,
				       disk_format);
	return 0;
}
