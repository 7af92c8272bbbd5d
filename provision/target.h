/* Targets: what a clone is written for. A row and a writer each; a writer turns a machine into one text file. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "provision/identity.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One clone as its descriptions need it: plain data, borrowed texts. */
struct vm_disk {
	const char *file;     /* beside the description */
	const char *format;   /* "qcow2", "raw", "vmdk" */
	const char *bus;      /* "virtio", "scsi", "sata", "ide" */
	const char *serial;   /* at most 20 characters */
	const char *image_id; /* a UUID */
	uint64_t size;        /* bytes the guest sees */
	bool linked;          /* it stands on a base, and is nothing alone */
	bool blank;           /* not of the template */
};

struct vm_setting {
	const char *name, *value;
};

struct vm_nic {
	const char *mac;   /* with colons */
	const char *model; /* "virtio", "e1000", "e1000e", "rtl8139", "vmxnet3", "pcnet" */
	const char *network, *bridge; /* at most one */
};

struct vm {
	const char *name, *hostname, *domain;
	const char *title;  /* what it was made from */
	const char *folder; /* absolute, where it will stand */
	const char *smbios, *vmgenid, *instance, *machine_id;
	unsigned cpus;
	uint64_t memory;            /* bytes */
	bool efi, kvm;              /* kvm: this host accelerates */
	const char *seed;           /* a seed's image beside it, or NULL */
	bool seed_is_disk;          /* VFAT: a disk; else a disc */
	const char *serial;         /* SMBIOS type 1's, or NULL: the target's own */
	const char *const *strings; /* SMBIOS type 11 */
	size_t nstrings;
	const struct vm_setting *guestinfo;
	size_t nguestinfo;
	const char *user_data, *network_data; /* of a seed, for who makes discs himself; or NULL */
	const struct vm_disk *disks;
	size_t ndisks;
	const struct vm_nic *nics;
	size_t nnics;
};

/* How a seed gets in: its image attached, SMBIOS strings handed on, guestinfo, a seed made from its texts. */
enum { TARGET_SEED = 1, TARGET_SMBIOS = 2, TARGET_GUESTINFO = 4, TARGET_SEED_TEXTS = 8 };

struct target {
	const char *name;
	const char *summary;
	const char *file; /* in the clone's folder */
	mode_t mode;
	/* Both NULL: any disks do. */
	const char *format;         /* the only disk format it takes */
	const char *not_formats[3]; /* some it cannot take */
	const char *
		next; /* what to do now: {} is the file's path, {dir} its folder, {name} the clone */
	int (*write)(const struct vm *vm, struct strbuf *out, struct err *e);
	unsigned can; /* TARGET_SEED and so on */
	/* Of an OVA: the text's name inside, and what stands around names in its manifest; or NULL. */
	const char *descriptor, *manifest[2];
	/* Another file, diskN.SUFFIX, for each disk; or NULL. */
	const char *disk_suffix;
	int (*write_disk)(const struct vm *vm, size_t i, struct strbuf *out, struct err *e);
};

extern const struct target targets[];
extern const size_t target_count;
const struct target *target_find(const char *name);

/* The bus that a seed's image goes to: one that the guest has a driver for, as it boots from it. */
const char *vm_seed_bus(const struct vm *vm);

/* What a target cannot take of these disks: 0, or -ENOTSUP with the sentence. */
int target_check(const struct target *t, const char *disk_format, struct err *e);

int target_qemu(const struct vm *vm, struct strbuf *out, struct err *e);
int target_libvirt(const struct vm *vm, struct strbuf *out, struct err *e);
int target_ovf(const struct vm *vm, struct strbuf *out, struct err *e);
int target_virtualbox(const struct vm *vm, struct strbuf *out, struct err *e);
/* target_virtualbox.c: its element of the descriptor. */
void target_virtualbox_machine(struct strbuf *out, const struct vm *vm);
int target_vmware(const struct vm *vm, struct strbuf *out, struct err *e);
int target_vmware_disk(const struct vm *vm, size_t i, struct strbuf *out, struct err *e);
int target_xen(const struct vm *vm, struct strbuf *out, struct err *e);
int target_kubevirt(const struct vm *vm, struct strbuf *out, struct err *e);
int target_proxmox(const struct vm *vm, struct strbuf *out, struct err *e);
int target_hyperv(const struct vm *vm, struct strbuf *out, struct err *e);
int target_incus(const struct vm *vm, struct strbuf *out, struct err *e);
int target_nspawn(const struct vm *vm, struct strbuf *out, struct err *e);
