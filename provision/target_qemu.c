/* A shell script that runs the machine with QEMU: by KVM where it accelerates, else by TCG. */
#include "provision/target.h"
#include "provision/qemu_devices.h"
#include "provision/quote.h"

#include <inttypes.h>

static const char head[] =
	"#!/bin/sh\n"
	"# Runs this machine. The serial console is on this terminal; Ctrl-A X ends it.\n"
	"#   run.sh [QEMU OPTION]...      ACCEL=kvm|tcg   NET=... (a -netdev, without its id)\n"
	"set -eu\n"
	"cd \"$(dirname \"$0\")\"\n"
	"if [ -z \"${ACCEL:-}\" ]; then\n"
	"\tACCEL=tcg\n"
	"\t# A KVM that answers but does not accelerate is worse than none: vmint probe knows.\n"
	"\tif [ -w /dev/kvm ] && { ! command -v vmint >/dev/null || vmint probe >/dev/null 2>&1; "
	"}; "
	"then\n"
	"\t\tACCEL=kvm\n"
	"\tfi\n"
	"fi\n"
	/* In QEMU 7.2's TCG programs of a guest with five levels of page tables crash now and then. */
	"cpu=max,la57=off\n"
	"[ \"$ACCEL\" != kvm ] || cpu=host\n";

static const char firmware[] =
	"# UEFI: the code is the host's, the variables are this machine's own.\n"
	"for code in /usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/OVMF/OVMF_CODE.fd "
	"/usr/share/edk2/ovmf/OVMF_CODE.fd /usr/share/edk2/x64/OVMF_CODE.4m.fd; do\n"
	"\t[ ! -e \"$code\" ] || break\n"
	"done\n"
	"[ -e \"$code\" ] || { echo \"run.sh: no UEFI firmware found; install ovmf\" >&2; exit 3; "
	"}\n"
	"vars=$(printf '%s' \"$code\" | sed 's/_CODE/_VARS/')\n"
	"[ -e efivars.fd ] || cp \"$vars\" efivars.fd\n"
	"set -- -drive if=pflash,format=raw,readonly=on,file=\"$code\" \\\n"
	"\t-drive if=pflash,format=raw,file=efivars.fd \"$@\"\n";

/* An option's value that holds texts from outside: commas doubled, then one word of the shell. */
static void add_word(struct strbuf *out, const char *option, const struct strbuf *value)
{
	strbuf_printf(out, " \\\n\t%s ", option);
	quote_shell(out, strbuf_str(value));
}

static void add_disk(struct strbuf *out, const struct vm_disk *d, size_t i)
{
	struct strbuf v = {0};

	strbuf_printf(&v, "if=none,id=disk%zu,format=%s,discard=unmap,file=", i,
		      qemu_disk_format(d->format));
	quote_qemu(&v, d->file);
	add_word(out, "-drive", &v);
	strbuf_fini(&v);
	strbuf_printf(&v, "%s,drive=disk%zu,bootindex=%zu,serial=", qemu_disk_device(d->bus), i,
		      i + 1);
	quote_qemu(&v, d->serial);
	if (str_eq(d->bus, "sata"))
		strbuf_printf(&v, ",bus=ahci0.%zu", i);
	else if (str_eq(d->bus, "ide"))
		strbuf_printf(&v, ",bus=ide.%zu,unit=%zu", i / 2 % 2, i % 2);
	else if (str_eq(d->bus, "scsi"))
		strbuf_printf(&v, ",bus=scsi0.0,scsi-id=%zu", i);
	add_word(out, "-device", &v);
	strbuf_fini(&v);
}

static void add_nic(struct strbuf *out, const struct vm_nic *n, size_t i)
{
	struct strbuf v = {0};

	if (n->bridge) {
		strbuf_printf(&v, "bridge,id=net%zu,br=", i);
		quote_qemu(&v, n->bridge);
		add_word(out, "-netdev", &v);
		strbuf_fini(&v);
	} else {
		strbuf_printf(out, " \\\n\t-netdev \"${NET:-user},id=net%zu\"", i);
	}
	strbuf_printf(&v, "%s,netdev=net%zu,mac=%s", qemu_nic_device(n->model), i, n->mac);
	add_word(out, "-device", &v);
	strbuf_fini(&v);
}

/* On a bus that the guest boots from: small kernels have no driver for another one. */
static void add_seed(struct strbuf *out, const struct vm *vm)
{
	const char *bus = vm_seed_bus(vm);
	struct strbuf v = {0};

	for (size_t i = 0; i < vm->nstrings; i++) {
		strbuf_add(&v, "type=11,value=");
		quote_qemu(&v, vm->strings[i]);
		add_word(out, "-smbios", &v);
		strbuf_fini(&v);
	}
	if (vm->serial) {
		strbuf_add(&v, "type=1,serial=");
		quote_qemu(&v, vm->serial);
		add_word(out, "-smbios", &v);
		strbuf_fini(&v);
	}
	if (!vm->seed)
		return;
	strbuf_add(&v, "if=none,id=seed,format=raw,readonly=on,file=");
	quote_qemu(&v, vm->seed);
	add_word(out, "-drive", &v);
	strbuf_fini(&v);
	if (str_eq(bus, "virtio") || vm->seed_is_disk)
		strbuf_add(&v, "virtio-blk-pci,drive=seed");
	else
		strbuf_printf(&v, "%s,drive=seed%s", str_eq(bus, "scsi") ? "scsi-cd" : "ide-cd",
			      str_eq(bus, "scsi") ? ",bus=scsi0.0" : "");
	add_word(out, "-device", &v);
	strbuf_fini(&v);
}

static bool any_bus(const struct vm *vm, const char *bus)
{
	for (size_t i = 0; i < vm->ndisks; i++)
		if (str_eq(vm->disks[i].bus, bus))
			return true;
	return false;
}

int target_qemu(const struct vm *vm, struct strbuf *out, struct err *e)
{
	struct strbuf v = {0};

	(void)e;
	strbuf_add(out, head);
	if (vm->efi)
		strbuf_add(out, firmware);
	strbuf_printf(out, "exec qemu-system-x86_64 -accel \"$ACCEL\" -cpu \"$cpu\" -nodefaults "
			   "-nographic -serial mon:stdio");
	/* The old machine has the IDE that ide disks need. */
	strbuf_printf(out, " \\\n\t-machine %s -smp %u -m %" PRIu64 "M",
		      any_bus(vm, "ide") ? "pc" : "q35", vm->cpus, vm->memory >> 20);
	strbuf_add(&v, "guest=");
	quote_qemu(&v, vm->name);
	add_word(out, "-name", &v);
	strbuf_fini(&v);
	strbuf_printf(out, " \\\n\t-uuid %s -device vmgenid,guid=%s", vm->smbios, vm->vmgenid);
	strbuf_add(out, " \\\n\t-device virtio-rng-pci");
	if (any_bus(vm, "scsi"))
		strbuf_add(out, " \\\n\t-device virtio-scsi-pci,id=scsi0");
	if (any_bus(vm, "sata"))
		strbuf_add(out, " \\\n\t-device ahci,id=ahci0");
	for (size_t i = 0; i < vm->ndisks; i++)
		add_disk(out, &vm->disks[i], i);
	add_seed(out, vm);
	for (size_t i = 0; i < vm->nnics; i++)
		add_nic(out, &vm->nics[i], i);
	strbuf_add(out, " \\\n\t\"$@\"\n");
	return 0;
}
