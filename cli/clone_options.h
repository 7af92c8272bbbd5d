/* The options of vmint clone, and the spec that they make together with its file. */
#pragma once

#include "base/opts.h"
#include "provision/spec.h"

struct clone_settings {
	const char *spec, *format;
	/* Each is given to the key of the spec of the same row below. */
	const char *count, *name, *output, *disk, *disk_format, *key, *shard, *domain, *mac_prefix,
		*cpus, *memory, *sync, *machine_id, *ssh_keys, *ext4_seed, *engines, *accel,
		*firmware, *key_pool, *serial_console, *places;
	const char *define;
	uint64_t fill;
	/* Of the cloud-init section. */
	const char *carrier, *user_data, *vendor_data, *network_config, *password_file;
	struct opt_list targets, grow, extra_disks, clean, keys, users, packages, commands,
		properties;
	bool no_check, template, dry_run, replace, quiet, no_color, example, list_targets,
		list_places, help, start;
};

/* rest is the index of the first argument that is no option. */
int clone_options_parse(struct clone_settings *s, int argc, char **argv, size_t *rest,
			struct err *e);
void clone_options_help(void);
/* The spec's file, then the options over it; checked. template: the first argument, or NULL. */
int clone_options_spec(struct spec *s, struct arena *a, const struct clone_settings *o,
		       const char *template, struct err *e);
