/* What is to be made: every setting of `vmint clone`, from its YAML file and its options, checked one way. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "provision/macs.h"
#include "provision/places.h"
#include "provision/spec_cloud.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SPEC_TARGETS_MAX = 16,
	SPEC_NETWORKS_MAX = IDENTITY_NICS_MAX,
	SPEC_DNS_MAX = 4,
	SPEC_DISKS_MAX = 32,
	SPEC_EXTRAS_MAX = 16,
	SPEC_SERIAL_MAX = 20, /* what a virtio disk has room for */
	SPEC_CLEAN_MAX = 40
};

enum disk_mode { DISKS_LINKED, DISKS_FULL };
enum sync_when { SYNC_END, SYNC_EACH, SYNC_NONE };
/* In the order of the guest engine's own. */
enum machine_id_policy { MACHINE_ID_NEW, MACHINE_ID_UNINITIALIZED, MACHINE_ID_KEEP };
enum ssh_keys_policy { SSH_KEYS_GENERATE, SSH_KEYS_REMOVE, SSH_KEYS_KEEP, SSH_KEYS_MODERN };
enum ext4_seed_policy { EXT4_SEED_AUTO, EXT4_SEED_NEVER, EXT4_SEED_ALWAYS };
enum engines_policy { ENGINES_AUTO, ENGINES_NATIVE };
enum serial_policy { SERIAL_KEEP, SERIAL_ON, SERIAL_OFF };
/* AUTO: the descriptor's, and without one what the guest boots by. */
enum firmware { FIRMWARE_AUTO, FIRMWARE_BIOS, FIRMWARE_UEFI };
enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

/* An IPv4 network's addresses for one NIC: clone number i gets first + i. */
struct spec_range {
	uint32_t first, last; /* host order; first 0: DHCP */
	unsigned prefix;
	uint32_t gateway; /* 0: none */
	uint32_t dns[SPEC_DNS_MAX];
	size_t ndns;
};

struct spec_network {
	const char *network, *bridge; /* at most one; both NULL: the target's own default */
	const char *model;            /* NULL: the template's */
	struct spec_range range;
};

/* A clone that was listed by name; the pattern's own ones have only that. */
struct spec_clone {
	const char *name; /* may be a pattern with a range */
	uint8_t macs[IDENTITY_NICS_MAX][6];
	size_t nmacs;
	uint32_t addresses[IDENTITY_NICS_MAX]; /* 0: none given */
	size_t naddresses;
	uint64_t cpus, memory; /* 0: as all */
	unsigned line, column;
};

/* A blank disk beside the template's. */
struct spec_extra {
	uint64_t size;
	const char *format; /* NULL: as the others */
	const char *name;   /* of its file; NULL: none but its number */
	const char *serial; /* with "${name}" in it; NULL: derived */
};

struct spec {
	const char *file; /* NULL: no spec file */
	const char *template, *output, *key_file, *domain, *pattern;
	uint64_t count, start;
	struct spec_clone *clones;
	size_t nclones, clones_room;
	enum disk_mode mode;
	const char *disk_format;       /* NULL: qcow2 */
	const char *disk_bus;          /* NULL: the template's */
	uint64_t grow[SPEC_DISKS_MAX]; /* how large the template's disks become; 0: as they are */
	size_t ngrow;                  /* one more than the last that grows */
	struct spec_extra extras[SPEC_EXTRAS_MAX];
	size_t nextras;
	uint64_t cpus, memory; /* 0: the template's */
	struct spec_network networks[SPEC_NETWORKS_MAX];
	size_t nnetworks; /* 0: the template's */
	struct mac_prefix mac_prefix;
	uint8_t mac_first[6]; /* zeros: derived */
	enum machine_id_policy machine_id;
	enum ssh_keys_policy ssh_keys;
	enum ext4_seed_policy ext4_seed;
	enum engines_policy engines;
	enum serial_policy serial_console;
	const char *clean[SPEC_CLEAN_MAX]; /* ids of places, or "all" */
	size_t nclean;
	const struct place *places; /* the user's rows */
	size_t nplaces;
	char places_id[17]; /* of their text, "" for none */
	enum firmware firmware;
	enum accel accel; /* which the descriptions ask for */
	struct spec_cloud cloud;
	const char *targets[SPEC_TARGETS_MAX];
	size_t ntargets;
	enum sync_when sync;
	uint64_t shard, shards; /* from 1; 0: all */
};

/* Defaults. */
void spec_init(struct spec *s);
/* Reads a spec file's text; name goes in front of messages, which carry line and column. */
int spec_read(struct spec *s, struct arena *a, const char *text, size_t len, const char *name,
	      struct err *e);
/* Sets what an option of the command line says, with the checks of the key: path is "disk.mode", option "--disk".
 * A list option replaces the file's list at its first value: first is true then. */
int spec_option(struct spec *s, struct arena *a, const char *path, const char *option,
		const char *value, bool first, struct err *e);
/* What must hold once all is set. */
int spec_check(const struct spec *s, struct err *e);

/* "3/8". */
int spec_shard(struct spec *s, const char *text, struct err *e);

/* A commented spec that spec_read accepts. */
const char *spec_example(void);

/* The words of an enum, for those who print one. */
const char *disk_mode_name(enum disk_mode m);
const char *machine_id_name(enum machine_id_policy p);
const char *ssh_keys_name(enum ssh_keys_policy p);
const char *ext4_seed_name(enum ext4_seed_policy p);
const char *engines_name(enum engines_policy p);
const char *serial_name(enum serial_policy p);
const char *firmware_name(enum firmware f);

enum { IPV4_TEXT = 16 };
bool ipv4_parse(const char *text, uint32_t *out);
void ipv4_format(uint32_t address, char out[IPV4_TEXT]);
