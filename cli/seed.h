/* The parts of vmint seed. */
#pragma once

#include "base/opts.h"
#include "base/str.h"
#include "cloud-init/config.h"
#include "cloud-init/network.h"
#include "cloud-init/substitute.h"

#include <stdint.h>

struct seed_settings {
	const char *output, *carrier, *disk_format;
	const char *user_data, *meta_data, *vendor_data, *network_config, *interfaces;
	const char *hostname, *instance_id, *dsmode, *url;
	const char *password_file, *password_hash, *timezone, *locale;
	const char *check_with;
	struct opt_list ssh_keys, users, packages, run, writes, host_keys, macs, properties;
	struct opt_list nics, bonds, bridges, vlans;
	uint64_t network_version, index;
	bool password_login, grow, template, no_check, dry_run, quiet, verbose, help;
};

/* One run: what was asked for, as a seed. */
struct seed_run {
	struct arena a;
	struct seed seed;
	struct seed_config config;
	struct seed_network network;
	struct seed_variables variables, properties;
	struct seed_list macs;
	struct seed_files files;
};

/* Reads the files named, puts values for variables, and fills run->seed. */
int seed_gather(struct seed_run *run, const struct seed_settings *s, struct err *e);

/* cloud-localds' -d: an image in one of QEMU's formats, written by qemu-img, whole or not at all. */
bool seed_format_is_known(const char *format);
int seed_convert(const char *path, const char *format, const struct strbuf *image, struct err *e);

/* The check on user-data by an installed cloud-init; what it says goes to standard error. */
int seed_check_with(struct seed_run *run, const char *tool, struct err *e);
