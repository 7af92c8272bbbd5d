/* An OVF descriptor as plain data: 0.9, 1.x and 2.x in one model. Lives in the caller's arena.
 * Every part remembers its element, so that the writer can change it and leave the rest alone. */
#pragma once

#include "templates/xml.h"

#include <stdbool.h>
#include <stdint.h>

enum ovf_version { OVF_0_9, OVF_1, OVF_2 };

struct ovf_file {
	const struct xml_node *xml;
	const char *id, *href;
	const char *compression; /* "" (none), "gzip", "bzip2" */
	bool has_size, has_chunk;
	uint64_t size, chunk;
};

struct ovf_disk {
	const struct xml_node *xml;
	const char *id;
	const struct ovf_file *file;   /* NULL: an empty disk, made at deployment */
	const struct ovf_disk *parent; /* the disk this one is a delta of, or NULL */
	const char *format;            /* the URI, or "" */
	const char *capacity_property; /* "${name}" capacities: the name; else NULL */
	uint64_t capacity_value;       /* as written */
	uint64_t capacity_unit;        /* bytes a unit */
	uint64_t capacity;             /* bytes; 0 while capacity_property is not decided */
	bool has_populated;
	uint64_t populated;
};

struct ovf_network {
	const struct xml_node *xml;
	const char *name, *description;
};

struct ovf_config {
	const struct xml_node *xml;
	const char *id, *label, *description;
	bool is_default;
};

struct ovf_pair {
	const struct xml_node *xml;
	const char *key, *value;
};

/* The CIM resource types this program looks at. */
enum ovf_resource {
	OVF_PROCESSOR = 3,
	OVF_MEMORY = 4,
	OVF_IDE = 5,
	OVF_SCSI = 6,
	OVF_ETHERNET = 10,
	OVF_FLOPPY = 14,
	OVF_CD = 15,
	OVF_DVD = 16,
	OVF_DISK = 17,
	OVF_OTHER_STORAGE = 20,
	OVF_SERIAL = 21,
	OVF_STORAGE_EXTENT = 31,
};

enum ovf_item_form { OVF_ITEM, OVF_STORAGE_ITEM, OVF_ETHERNET_ITEM };

/* One virtual device or resource (CIM_ResourceAllocationSettingData). Texts are "" when absent. */
struct ovf_item {
	const struct xml_node *xml;
	enum ovf_item_form form;
	unsigned type; /* CIM resource type: 3 processor, 4 memory, 10 network, 17 disk... */
	const char *instance, *name, *description, *subtype, *other_type;
	const char *address, *address_on_parent, *parent, *units, *allocation;
	const char *configuration, *bound;
	const char **connections; /* network names */
	size_t nconnections;
	const char **host_resources; /* "ovf:/disk/ID", "ovf:/file/ID" */
	size_t nhost_resources;
	bool has_quantity, required, automatic;
	uint64_t quantity;        /* as written */
	uint64_t bytes;           /* memory and disks: quantity times its unit; else 0 */
	struct ovf_pair *configs; /* vmw:Config and the like */
	size_t nconfigs;
};

struct ovf_hardware {
	const struct xml_node *xml;
	const char *id, *system_type, *system_id, *instance;
	struct ovf_item *items;
	size_t nitems;
	struct ovf_pair *configs; /* vmw:Config */
	size_t nconfigs;
	struct ovf_pair *extra; /* vmw:ExtraConfig */
	size_t nextra;
};

struct ovf_property {
	const struct xml_node *xml;
	const char *key, *type, *qualifiers, *value, *label, *description, *category;
	bool user_configurable, required, password;
	struct ovf_pair *values; /* by configuration id */
	size_t nvalues;
};

struct ovf_product {
	const struct xml_node *xml;
	const char *class_, *instance, *info, *product, *vendor, *version, *full_version;
	const char *product_url, *vendor_url, *application_url;
	struct ovf_property *properties;
	size_t nproperties;
};

/* The order in which a collection's members start. */
struct ovf_startup {
	const struct xml_node *xml;
	const char *id, *start_action, *stop_action;
	uint64_t order, start_delay, stop_delay;
};

struct ovf_system {
	const struct xml_node *xml;
	bool collection;
	const char *id, *name, *info;
	unsigned os_id; /* CIM OperatingSystem id; 0 unknown */
	const char *os_version, *os_type /* vmw:osType */, *os_description;
	const struct xml_node *os_xml;
	struct ovf_hardware *hardware;
	size_t nhardware;
	struct ovf_product *products;
	size_t nproducts;
	const char **eulas;
	size_t neulas;
	const char *annotation;
	const char *transport;       /* of its hardware section: "iso com.vmware.guestInfo" */
	const char *vbox_uuid;       /* vbox:Machine, or NULL */
	struct ovf_startup *startup; /* of a collection */
	size_t nstartup;
	struct ovf_item *resources; /* of a collection: ResourceAllocationSection */
	size_t nresources;
	struct ovf_system *children; /* of a collection */
	size_t nchildren;
};

struct ovf {
	struct xml_doc doc;
	const char *name; /* for messages */
	enum ovf_version version;
	const char *lang,
		*generator; /* the first comment's producer line is not kept: vmw:buildId or "" */
	struct ovf_file *files;
	size_t nfiles;
	struct ovf_disk *disks;
	size_t ndisks;
	struct ovf_network *networks;
	size_t nnetworks;
	struct ovf_config *configs;
	size_t nconfigs;
	struct ovf_system
		*systems; /* what the envelope holds; more than one only where a producer errs */
	size_t nsystems;
	const char *
		*problems; /* why it will not be imported or cloned; empty for a usable template */
	size_t nproblems;
	const char **warnings; /* what was let pass, and why */
	size_t nwarnings;
};

/* Reads and judges. Fails, with the line, only on what is no OVF descriptor at all; whatever else is wrong with it is
 * in out->problems, so that it can still be shown. */
int ovf_read(struct arena *a, const char *text, size_t len, const char *name, struct ovf *out,
	     struct err *e);

/* Calls fn for every virtual system that is not a collection, in document order. */
void ovf_each_system(const struct ovf *ovf, void (*fn)(const struct ovf_system *, void *),
		     void *arg);
const struct ovf_file *ovf_find_file(const struct ovf *ovf, const char *id);
const struct ovf_disk *ovf_find_disk(const struct ovf *ovf, const char *id);

/* The ID of "ovf:/disk/ID" and its spellings for kind "disk" or "file"; NULL when it names another kind. */
const char *ovf_resource_id(const char *text, const char *kind);

/* "byte * 2^30", "MegaBytes", "GB", "hertz * 10^6", "" (bytes): false when it is no unit or does not fit. */
bool ovf_unit_parse(const char *text, uint64_t *bytes);
