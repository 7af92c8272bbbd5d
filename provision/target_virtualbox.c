/* VirtualBox's own machine inside an OVF: what it imports, UUIDs and firmware included. */
#include "provision/target.h"
#include "provision/quote.h"

#include <inttypes.h>

static const char *card_of(const struct vm_nic *n)
{
	return str_eq(n->model, "virtio")  ? "virtio"
	       : str_eq(n->model, "pcnet") ? "Am79C973"
					   : "82540EM";
}

static void add_cards(struct strbuf *out, const struct vm *vm)
{
	strbuf_add(out, "        <Network>\n");
	for (size_t i = 0; i < vm->nnics; i++) {
		const struct vm_nic *n = &vm->nics[i];

		strbuf_printf(out, "          <Adapter slot=\"%zu\" enabled=\"true\" MACAddress=\"",
			      i);
		for (const char *s = n->mac; *s; s++)
			if (*s != ':')
				strbuf_addc(out, *s >= 'a' && *s <= 'f' ? (char)(*s - 32) : *s);
		strbuf_printf(out, "\" cable=\"true\" type=\"%s\">", card_of(n));
		if (n->bridge) {
			strbuf_add(out, "<BridgedInterface name=\"");
			quote_xml(out, n->bridge);
			strbuf_add(out, "\"/>");
		} else {
			strbuf_add(out, "<NAT/>");
		}
		strbuf_add(out, "</Adapter>\n");
	}
	strbuf_add(out, "        </Network>\n");
}

/* The disks' UUIDs are those of the descriptor's Disk elements and of the images themselves. */
void target_virtualbox_machine(struct strbuf *out, const struct vm *vm)
{
	strbuf_printf(
		out,
		"    <vbox:Machine ovf:required=\"false\" version=\"1.16-linux\" uuid=\"{%s}\" "
		"name=\"",
		vm->smbios);
	quote_xml(out, vm->name);
	strbuf_add(out, "\" OSType=\"Linux_64\" snapshotFolder=\"Snapshots\">\n"
			"      <ovf:Info>The machine as VirtualBox keeps it</ovf:Info>\n"
			"      <MediaRegistry>\n        <HardDisks>\n");
	for (size_t i = 0; i < vm->ndisks; i++)
		strbuf_printf(out,
			      "          <HardDisk uuid=\"{%s}\" location=\"%s\" format=\"VMDK\" "
			      "type=\"Normal\"/>\n",
			      vm->disks[i].image_id, vm->disks[i].file);
	strbuf_printf(out,
		      "        </HardDisks>\n      </MediaRegistry>\n      <Hardware>\n"
		      "        <CPU count=\"%u\"><PAE enabled=\"true\"/><LongMode "
		      "enabled=\"true\"/></CPU>\n"
		      "        <Memory RAMSize=\"%" PRIu64
		      "\"/>\n        <Firmware type=\"%s\"/>\n",
		      vm->cpus, vm->memory >> 20, vm->efi ? "EFI" : "BIOS");
	add_cards(out, vm);
	strbuf_printf(
		out,
		"        <RTC localOrUTC=\"UTC\"/>\n      </Hardware>\n      <StorageControllers>\n"
		"        <StorageController name=\"SATA\" type=\"AHCI\" PortCount=\"%zu\" "
		"useHostIOCache=\"false\" Bootable=\"true\">\n",
		vm->ndisks);
	for (size_t i = 0; i < vm->ndisks; i++)
		strbuf_printf(out,
			      "          <AttachedDevice type=\"HardDisk\" hotpluggable=\"false\" "
			      "port=\"%zu\" device=\"0\"><Image uuid=\"{%s}\"/></AttachedDevice>\n",
			      i, vm->disks[i].image_id);
	strbuf_add(out, "        </StorageController>\n      </StorageControllers>\n"
			"    </vbox:Machine>\n");
}
