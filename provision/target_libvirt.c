/* domain.xml for libvirt: virsh console and virsh shutdown work on what it defines. */
#include "provision/target.h"
#include "provision/qemu_devices.h"
#include "provision/quote.h"

#include <inttypes.h>

static void element(struct strbuf *out, const char *indent, const char *name, const char *text)
{
	strbuf_printf(out, "%s<%s>", indent, name);
	quote_xml(out, text);
	strbuf_printf(out, "</%s>\n", name);
}

/* " name='value'" */
static void attribute(struct strbuf *out, const char *name, const char *value)
{
	strbuf_printf(out, " %s='", name);
	quote_xml(out, value);
	strbuf_addc(out, '\'');
}

static void add_device_name(struct strbuf *out, const char *bus, size_t i)
{
	const char *prefix = str_eq(bus, "virtio") ? "vd" : str_eq(bus, "ide") ? "hd" : "sd";

	/* vda .. vdz, vdaa .. */
	strbuf_printf(out, " dev='%s", prefix);
	if (i >= 26)
		strbuf_addc(out, (char)('a' + i / 26 - 1));
	strbuf_printf(out, "%c' bus='%s'", (char)('a' + i % 26), bus);
}

static void add_file(struct strbuf *out, const char *folder, const char *file)
{
	strbuf_add(out, "      <source file='");
	quote_xml(out, folder);
	strbuf_addc(out, '/');
	quote_xml(out, file);
	strbuf_add(out, "'/>\n");
}

static void add_disk(struct strbuf *out, const struct vm *vm, size_t i)
{
	const struct vm_disk *d = &vm->disks[i];

	strbuf_printf(out,
		      "    <disk type='file' device='disk'>\n"
		      "      <driver name='qemu' type='%s' discard='unmap'/>\n",
		      qemu_disk_format(d->format));
	add_file(out, vm->folder, d->file);
	strbuf_add(out, "      <target");
	add_device_name(out, d->bus, i);
	strbuf_add(out, "/>\n");
	element(out, "      ", "serial", d->serial);
	strbuf_printf(out, "      <boot order='%zu'/>\n    </disk>\n", i + 1);
}

/* On a bus that the guest boots from: small kernels have no driver for another one. */
static void add_seed(struct strbuf *out, const struct vm *vm)
{
	const char *bus = vm_seed_bus(vm);
	bool disk = vm->seed_is_disk || str_eq(bus, "virtio");

	strbuf_printf(out,
		      "    <disk type='file' device='%s'>\n"
		      "      <driver name='qemu' type='raw'/>\n",
		      disk ? "disk" : "cdrom");
	add_file(out, vm->folder, vm->seed);
	strbuf_printf(out, "      <target dev='%s' bus='%s'/>\n",
		      disk                 ? "vdz"
		      : str_eq(bus, "ide") ? "hdd"
					   : "sdz",
		      disk ? "virtio" : bus);
	strbuf_add(out, "      <readonly/>\n    </disk>\n");
}

static void add_nic(struct strbuf *out, const struct vm_nic *n)
{
	strbuf_printf(out, "    <interface type='%s'>\n      <mac address='%s'/>\n      <source",
		      n->bridge ? "bridge" : "network", n->mac);
	if (n->bridge)
		attribute(out, "bridge", n->bridge);
	else
		attribute(out, "network", n->network ? n->network : "default");
	strbuf_printf(out, "/>\n      <model type='%s'/>\n    </interface>\n", n->model);
}

static void add_system(struct strbuf *out, const struct vm *vm, bool ide)
{
	strbuf_printf(out, "  <memory unit='KiB'>%" PRIu64 "</memory>\n  <vcpu>%u</vcpu>\n",
		      vm->memory >> 10, vm->cpus);
	/* libvirt picks the host's UEFI and keeps the variables itself. */
	strbuf_printf(out,
		      "  <os%s>\n    <type arch='x86_64' machine='%s'>hvm</type>\n"
		      "    <smbios mode='sysinfo'/>\n  </os>\n",
		      vm->efi ? " firmware='efi'" : "", ide ? "pc" : "q35");
	strbuf_printf(out,
		      "  <sysinfo type='smbios'>\n    <system>\n"
		      "      <entry name='uuid'>%s</entry>\n"
		      "      <entry name='serial'>",
		      vm->smbios);
	quote_xml(out, vm->serial ? vm->serial : vm->smbios);
	strbuf_add(out, "</entry>\n    </system>\n");
	if (vm->nstrings)
		strbuf_add(out, "    <oemStrings>\n");
	for (size_t i = 0; i < vm->nstrings; i++)
		element(out, "      ", "entry", vm->strings[i]);
	if (vm->nstrings)
		strbuf_add(out, "    </oemStrings>\n");
	strbuf_add(out, "  </sysinfo>\n");
	/* In QEMU 7.2's TCG programs of a guest with five levels of page tables crash now and then. */
	strbuf_add(out, vm->kvm ? "  <cpu mode='host-passthrough'/>\n"
				: "  <cpu mode='maximum'>\n"
				  "    <feature policy='disable' name='la57'/>\n"
				  "  </cpu>\n");
	strbuf_add(out, "  <features>\n    <acpi/>\n    <apic/>\n  </features>\n"
			"  <clock offset='utc'/>\n"
			"  <on_poweroff>destroy</on_poweroff>\n"
			"  <on_reboot>restart</on_reboot>\n"
			"  <on_crash>destroy</on_crash>\n");
}

int target_libvirt(const struct vm *vm, struct strbuf *out, struct err *e)
{
	bool ide = false, scsi = false;

	(void)e;
	for (size_t i = 0; i < vm->ndisks; i++) {
		ide |= str_eq(vm->disks[i].bus, "ide");
		scsi |= str_eq(vm->disks[i].bus, "scsi");
	}
	strbuf_printf(out, "<domain type='%s'>\n", vm->kvm ? "kvm" : "qemu");
	element(out, "  ", "name", vm->name);
	strbuf_printf(out, "  <uuid>%s</uuid>\n  <genid>%s</genid>\n", vm->smbios, vm->vmgenid);
	element(out, "  ", "title", vm->title);
	add_system(out, vm, ide);
	strbuf_add(out, "  <devices>\n");
	for (size_t i = 0; i < vm->ndisks; i++)
		add_disk(out, vm, i);
	if (vm->seed)
		add_seed(out, vm);
	if (scsi)
		strbuf_add(out, "    <controller type='scsi' model='virtio-scsi'/>\n");
	for (size_t i = 0; i < vm->nnics; i++)
		add_nic(out, &vm->nics[i]);
	strbuf_add(out, "    <serial type='pty'/>\n"
			"    <console type='pty'/>\n"
			"    <channel type='unix'>\n"
			"      <target type='virtio' name='org.qemu.guest_agent.0'/>\n"
			"    </channel>\n"
			"    <rng model='virtio'>\n"
			"      <backend model='random'>/dev/urandom</backend>\n"
			"    </rng>\n"
			"  </devices>\n"
			"</domain>\n");
	return 0;
}
