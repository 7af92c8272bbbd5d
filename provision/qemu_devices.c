/* Two small tables. */
#include "provision/qemu_devices.h"

#include "base/scope.h"
#include "base/str.h"

#include <stddef.h>

struct word_row {
	const char *ours, *qemus;
};

static const struct word_row disks[] = {
	{"virtio", "virtio-blk-pci"},
	{"scsi", "scsi-hd"},
	{"sata", "ide-hd"},
	{"ide", "ide-hd"},
};

static const struct word_row cards[] = {
	{"virtio", "virtio-net-pci"}, {"e1000", "e1000"},     {"e1000e", "e1000e"},
	{"rtl8139", "rtl8139"},       {"vmxnet3", "vmxnet3"}, {"pcnet", "pcnet"},
};

static const char *look_up(const struct word_row *rows, size_t n, const char *word)
{
	for (size_t i = 0; word && i < n; i++)
		if (str_eq(rows[i].ours, word))
			return rows[i].qemus;
	return rows[0].qemus;
}

const char *qemu_disk_device(const char *bus)
{
	return look_up(disks, ARRAY_SIZE(disks), bus);
}

const char *qemu_nic_device(const char *model)
{
	return look_up(cards, ARRAY_SIZE(cards), model);
}

const char *qemu_disk_format(const char *format)
{
	return str_eq(format, "vhd") ? "vpc" : format;
}
