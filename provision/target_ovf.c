/* An OVF 1.1 descriptor with its streamOptimized disks beside it; `vmint pack` makes an OVA of the folder. */
#include "provision/target.h"
#include "provision/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { SCSI_UNITS = 15 };

static void text(struct strbuf *out, const char *name, const char *value)
{
	strbuf_printf(out, "        <rasd:%s>", name);
	quote_xml(out, value);
	strbuf_printf(out, "</rasd:%s>\n", name);
}

static void number(struct strbuf *out, const char *name, uint64_t value)
{
	strbuf_printf(out, "        <rasd:%s>%" PRIu64 "</rasd:%s>\n", name, value, name);
}

/* The schema wants an item's elements in alphabetical order. */
static void item(struct strbuf *out, uint64_t id, const char *name, unsigned type,
		 const char *subtype)
{
	text(out, "ElementName", name);
	number(out, "InstanceID", id);
	if (subtype)
		text(out, "ResourceSubType", subtype);
	number(out, "ResourceType", type);
}

static void add_references(struct strbuf *out, const struct vm *vm, bool vbox)
{
	strbuf_add(out, "  <References>\n");
	for (size_t i = 0; i < vm->ndisks; i++) {
		strbuf_printf(out, "    <File ovf:id=\"file%zu\" ovf:href=\"", i);
		quote_xml(out, vm->disks[i].file);
		strbuf_add(out, "\"/>\n");
	}
	strbuf_add(out, "  </References>\n  <DiskSection>\n    <Info>Disks</Info>\n");
	for (size_t i = 0; i < vm->ndisks; i++) {
		strbuf_printf(out,
			      "    <Disk ovf:diskId=\"disk%zu\" ovf:fileRef=\"file%zu\" "
			      "ovf:capacity=\"%" PRIu64 "\" ovf:format=\"http://www.vmware.com/"
			      "interfaces/specifications/vmdk.html#streamOptimized\"",
			      i, i, vm->disks[i].size);
		if (vbox)
			strbuf_printf(out, " vbox:uuid=\"%s\"", vm->disks[i].image_id);
		strbuf_add(out, "/>\n");
	}
	strbuf_add(out, "  </DiskSection>\n");
}

static const char *network_of(const struct vm_nic *n)
{
	return n->network ? n->network : n->bridge ? n->bridge : "VM Network";
}

static bool named_before(const struct vm *vm, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(network_of(&vm->nics[k]), network_of(&vm->nics[i])))
			return true;
	return false;
}

static void add_networks(struct strbuf *out, const struct vm *vm)
{
	if (!vm->nnics)
		return;
	strbuf_add(out, "  <NetworkSection>\n    <Info>Networks</Info>\n");
	for (size_t i = 0; i < vm->nnics; i++) {
		if (named_before(vm, i))
			continue;
		strbuf_add(out, "    <Network ovf:name=\"");
		quote_xml(out, network_of(&vm->nics[i]));
		strbuf_add(out, "\"/>\n");
	}
	strbuf_add(out, "  </NetworkSection>\n");
}

static void add_nic(struct strbuf *out, const struct vm_nic *n, size_t i)
{
	strbuf_add(out, "      <Item>\n");
	text(out, "Address", n->mac);
	strbuf_add(out, "        <rasd:AutomaticAllocation>true</rasd:AutomaticAllocation>\n");
	text(out, "Connection", network_of(n));
	item(out, 20 + i, "Network card", 10, str_eq(n->model, "e1000") ? "E1000" : "VmxNet3");
	strbuf_add(out, "      </Item>\n");
}

static void add_hardware(struct strbuf *out, const struct vm *vm, bool vbox)
{
	strbuf_add(out, "    <VirtualHardwareSection>\n      <Info>Hardware</Info>\n"
			"      <System>\n        <vssd:ElementName>Machine</vssd:ElementName>\n"
			"        <vssd:InstanceID>0</vssd:InstanceID>\n"
			"        <vssd:VirtualSystemType>");
	strbuf_printf(out, "%s</vssd:VirtualSystemType>\n      </System>\n      <Item>\n",
		      vbox ? "virtualbox-2.2" : "vmx-13");
	item(out, 1, "Processors", 3, NULL);
	number(out, "VirtualQuantity", vm->cpus);
	strbuf_add(out, "      </Item>\n      <Item>\n"
			"        <rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>\n");
	item(out, 2, "Memory", 4, NULL);
	number(out, "VirtualQuantity", vm->memory >> 20);
	strbuf_add(out, "      </Item>\n      <Item>\n");
	if (vbox)
		item(out, 3, "SATA controller", 20, "AHCI");
	else
		item(out, 3, "SCSI controller", 6, "VirtualSCSI");
	strbuf_add(out, "      </Item>\n");
	for (size_t i = 0; i < vm->ndisks; i++) {
		char resource[40];

		snprintf(resource, sizeof resource, "ovf:/disk/disk%zu", i);
		strbuf_printf(out, "      <Item>\n");
		number(out, "AddressOnParent", vbox || i < 7 ? i : i + 1);
		text(out, "ElementName", "Disk");
		text(out, "HostResource", resource);
		number(out, "InstanceID", 100 + i);
		number(out, "Parent", 3);
		number(out, "ResourceType", 17);
		strbuf_add(out, "      </Item>\n");
	}
	for (size_t i = 0; i < vm->nnics; i++)
		add_nic(out, &vm->nics[i], i);
	if (vbox) {
		strbuf_add(out, "    </VirtualHardwareSection>\n");
		return;
	}
	strbuf_printf(out,
		      "      <vmw:Config ovf:required=\"false\" vmw:key=\"firmware\" "
		      "vmw:value=\"%s\"/>\n    </VirtualHardwareSection>\n",
		      vm->efi ? "efi" : "bios");
}

static void write_ovf(const struct vm *vm, struct strbuf *out, bool vbox)
{
	strbuf_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			"<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" "
			"xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\" "
			"xmlns:rasd=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
			"CIM_ResourceAllocationSettingData\" "
			"xmlns:vssd=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
			"CIM_VirtualSystemSettingData\" "
			"xmlns:vmw=\"http://www.vmware.com/schema/ovf\"");
	strbuf_add(out, vbox ? " xmlns:vbox=\"http://www.virtualbox.org/ovf/machine\" "
			       "ovf:version=\"1.0\">\n"
			     : ">\n");
	add_references(out, vm, vbox);
	add_networks(out, vm);
	strbuf_add(out, "  <VirtualSystem ovf:id=\"");
	quote_xml(out, vm->name);
	strbuf_add(out, "\">\n    <Info>Made by vmint</Info>\n    <Name>");
	quote_xml(out, vm->name);
	strbuf_add(out, "</Name>\n    <OperatingSystemSection ovf:id=\"101\">\n"
			"      <Info>Linux</Info>\n    </OperatingSystemSection>\n");
	add_hardware(out, vm, vbox);
	if (vbox)
		target_virtualbox_machine(out, vm);
	strbuf_add(out, "  </VirtualSystem>\n</Envelope>\n");
}

int target_ovf(const struct vm *vm, struct strbuf *out, struct err *e)
{
	if (vm->ndisks > SCSI_UNITS)
		return err_set(e, ENOTSUP, "target ovf: more than %d disks", SCSI_UNITS);
	write_ovf(vm, out, false);
	return 0;
}

int target_virtualbox(const struct vm *vm, struct strbuf *out, struct err *e)
{
	(void)e;
	write_ovf(vm, out, true);
	return 0;
}
