/* Prints what a target writes for machines that exist nowhere, for scripts that ask its consumers.
 *	targettool                    the machines, a name a line
 *	targettool MACHINE TARGET     the description
 *	targettool MACHINE TARGET N   of disk N */
#include "provision/target.h"

#include "base/scope.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

/* Syntax somewhere: shells, XML, YAML, Python, PowerShell, options with commas, .vmx. */
#define EVIL "n'x\";`touch pwned`$(touch pwned)<&>|\\, #{}: %\xe2\x80\x98\xc3\xbc"

#define MIB ((uint64_t)1 << 20)
#define DISK(n, bus_, linked_)                                                                     \
	{                                                                                          \
		.file = "disk" #n ".qcow2", .format = "qcow2", .bus = bus_,                        \
		.serial = "0123456789abcdef000" #n,                                                \
		.image_id = "2f7c1c1e-6a0b-4c5e-8d21-00000000000" #n, .size = 64 * MIB,            \
		.linked = linked_                                                                  \
	}

static const struct vm_disk virtio[] = {DISK(0, "virtio", true)};
static const struct vm_disk scsi[] = {
	DISK(0, "scsi", false), DISK(1, "scsi", false), DISK(2, "scsi", false),
	DISK(3, "scsi", false), DISK(4, "scsi", false), DISK(5, "scsi", false),
	DISK(6, "scsi", false), DISK(7, "scsi", false), DISK(8, "scsi", false),
};
static const struct vm_disk ide[] = {DISK(0, "ide", true), DISK(1, "ide", true)};
static const struct vm_disk sata[] = {DISK(0, "sata", true), DISK(1, "sata", true)};
static const struct vm_nic plain[] = {{.mac = "0e:00:00:00:00:01", .model = "virtio"}};
static const struct vm_nic every[] = {
	{.mac = "0e:00:00:00:00:01", .model = "virtio", .network = EVIL},
	{.mac = "0e:00:00:00:00:02", .model = "e1000", .bridge = "br0"},
	{.mac = "0e:00:00:00:00:0a", .model = "e1000e"},
	{.mac = "0e:00:00:00:00:0b", .model = "rtl8139", .network = "second"},
	{.mac = "0e:00:00:00:00:0c", .model = "vmxnet3"},
	{.mac = "0e:00:00:00:00:0d", .model = "pcnet"},
};
static const char *const strings[] = {"io.systemd.credential:x=" EVIL};
static const struct vm_setting guestinfo[] = {{"guestinfo.userdata", EVIL}};

#define MACHINE(title_, folder_)                                                                   \
	.name = "one", .hostname = "one", .domain = "example.org", .title = title_,                \
	.folder = folder_, .smbios = "8b2f7c1c-6a0b-4c5e-8d21-5f6a7b8c9d01",                       \
	.vmgenid = "8b2f7c1c-6a0b-4c5e-8d21-5f6a7b8c9d02",                                         \
	.instance = "8b2f7c1c-6a0b-4c5e-8d21-5f6a7b8c9d03",                                        \
	.machine_id = "8b2f7c1c6a0b4c5e8d215f6a7b8c9d04", .cpus = 3, .memory = 1536 * MIB,         \
	.serial = NULL

#define DISKS(d) .disks = (d), .ndisks = ARRAY_SIZE(d)
#define NICS(n) .nics = (n), .nnics = ARRAY_SIZE(n)

static const struct {
	const char *name;
	struct vm vm;
} machines[] = {
	{"plain", {MACHINE("a template", "/srv/fleet/one"), DISKS(virtio), NICS(plain)}},
	{"evil",
	 {MACHINE(EVIL, "/srv/" EVIL), DISKS(scsi), NICS(every), .efi = true, .seed = "seed.iso",
	  .strings = strings, .nstrings = 1, .guestinfo = guestinfo, .nguestinfo = 1,
	  .user_data = "#cloud-config\n", .network_data = "version: 2\n"}},
	{"ide", {MACHINE("a template", "/srv/fleet/one"), DISKS(ide), .seed = "seed.iso"}},
	{"sata",
	 {MACHINE("a template", "/srv/fleet/one"), DISKS(sata), NICS(plain), .kvm = true,
	  .seed = "seed.iso"}},
};

int main(int argc, char **argv)
{
	const struct target *t = argc > 2 ? target_find(argv[2]) : NULL;
	struct strbuf text = {0};
	struct err e = {0};
	int r = -1;

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (argc == 1)
			puts(machines[i].name);
		else if (!t || !str_eq(machines[i].name, argv[1]))
			continue;
		else if (argc == 3)
			r = t->write(&machines[i].vm, &text, &e);
		else
			r = t->write_disk(&machines[i].vm, strtoul(argv[3], NULL, 10), &text, &e);
	}
	fputs(strbuf_str(&text), stdout);
	strbuf_fini(&text);
	if (argc == 1 || r == 0)
		return 0;
	fprintf(stderr, "targettool: %s\n", t ? e.text : "no such machine or target");
	return 1;
}
