/* A script for a Proxmox VE host: qm create, and the disks imported into a storage. */
#include "provision/target.h"
#include "provision/quote.h"

#include <inttypes.h>

static const char *nic_model(const char *model)
{
	return str_eq(model, "pcnet") || str_eq(model, "e1000e") ? "e1000" : model;
}

static void add_nic(struct strbuf *out, const struct vm_nic *n, size_t i)
{
	struct strbuf v = {0};

	strbuf_printf(&v, "%s=%s,bridge=%s", nic_model(n->model), n->mac,
		      n->bridge ? n->bridge : "vmbr0");
	strbuf_printf(out, " \\\n\t--net%zu ", i);
	quote_shell(out, strbuf_str(&v));
	strbuf_fini(&v);
}

int target_proxmox(const struct vm *vm, struct strbuf *out, struct err *e)
{
	(void)e;
	strbuf_add(out,
		   "#!/bin/sh\n# On a Proxmox VE host: proxmox.sh [VMID [STORAGE]]\n"
		   "set -eu\ncd \"$(dirname \"$0\")\"\n"
		   "case $PWD in *,*) echo \"qm takes no path with a comma: $PWD\" >&2; exit 3 ;; "
		   "esac\n"
		   "id=${1:-$(pvesh get /cluster/nextid)}\nstorage=${2:-local-lvm}\n"
		   "qm create \"$id\" --name ");
	quote_shell(out, vm->hostname);
	strbuf_printf(out,
		      " \\\n\t--cores %u --memory %" PRIu64 " --ostype l26 --machine q35 "
		      "--scsihw virtio-scsi-pci --bios %s \\\n\t--smbios1 uuid=%s --vmgenid %s "
		      "--serial0 socket --agent 1",
		      vm->cpus, vm->memory >> 20, vm->efi ? "ovmf" : "seabios", vm->smbios,
		      vm->vmgenid);
	strbuf_add(out, " \\\n\t--description ");
	quote_shell(out, vm->title);
	for (size_t i = 0; i < vm->nnics; i++)
		add_nic(out, &vm->nics[i], i);
	strbuf_addc(out, '\n');
	if (vm->efi)
		strbuf_add(out, "qm set \"$id\" --efidisk0 \"$storage:1,efitype=4m\"\n");
	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct vm_disk *d = &vm->disks[i];

		/* import-from wants a whole path; the backing chain is flattened on the way. */
		strbuf_printf(out, "qm set \"$id\" --%s%zu \"$storage:0,import-from=$PWD/\"",
			      d->bus, i);
		quote_shell(out, d->file);
		strbuf_printf(out, "\",serial=%s\"\n", d->serial);
	}
	if (vm->seed) {
		strbuf_printf(out, "qm set \"$id\" --%s \"$storage:0,import-from=$PWD/\"",
			      str_eq(vm_seed_bus(vm), "virtio") ? "virtio15" : "scsi15");
		quote_shell(out, vm->seed);
		strbuf_addc(out, '\n');
	}
	strbuf_printf(out, "qm set \"$id\" --boot order=%s0\necho \"qm start $id\"\n",
		      vm->ndisks ? vm->disks[0].bus : "net");
	return 0;
}
