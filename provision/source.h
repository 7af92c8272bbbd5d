/* A template as cloning needs it: one machine's hardware, its disks in order, and what it is called. */
#pragma once

#include "provision/identity.h"
#include "templates/template.h"

struct source_disk {
	const struct template_disk *is;
	const char *bus; /* "virtio", "scsi", "sata", "ide" */
};

struct source_nic {
	const char *network; /* the template's word for it */
	const char *model;   /* "virtio", "e1000"... */
	const char *mac;     /* of the template, or "" */
};

struct source {
	struct template t;
	const char *path; /* as given */
	const char *name; /* what {name} is in patterns */
	const char *title;
	unsigned cpus;
	uint64_t memory;
	bool efi;
	struct source_disk *disks;
	size_t ndisks;
	struct source_nic *nics;
	size_t nnics;
	struct trust trust;
};

/* Opens and checks all but the digests of the disks. The sentence says why it cannot be cloned. */
int source_open(struct source *s, const char *path, struct err *e);
void source_close(struct source *s);
