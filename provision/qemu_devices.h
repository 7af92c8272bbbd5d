/* QEMU's words for what a machine has. */
#pragma once

/* The device for a disk's bus ("virtio", "scsi", "sata", "ide") and for a card's model; virtio for any other. */
const char *qemu_disk_device(const char *bus);
const char *qemu_nic_device(const char *model);
/* The driver for a disk's format. */
const char *qemu_disk_format(const char *format);
