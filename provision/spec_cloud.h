/* What a spec asks of cloud-init: its section, with ${...} still in it. */
#pragma once

#include "cloud-init/config.h"
#include "cloud-init/finding.h"
#include "cloud-init/network.h"
#include "cloud-init/substitute.h"
#include "provision/carry.h"

/* Where a text stands: a file, or an option's name with line 0. */
struct spec_place {
	const char *name;
	unsigned line, column;
};

struct spec_text {
	const char *text;
	struct spec_place at;
};

/* A text given as a whole: a file's name, or in the spec itself. */
struct spec_whole {
	const char *path; /* NULL: not given, or in the spec */
	struct seed_text text;
	unsigned line, column; /* of its first line and column in the spec; 0: its own */
};

struct spec_cloud {
	bool asked; /* the section is there, or an option of it */
	enum carry carrier;
	struct spec_whole user_data, vendor_data, network_config;
	struct seed_pair *meta;
	size_t nmeta, meta_room;
	unsigned network_version; /* 0: 2 */
	struct seed_config config;
	const char *password_file, *url;
	struct seed_list ssh_keys;              /* keys or files of them, until loaded */
	struct seed_list bonds, bridges, vlans; /* as vmint seed takes them */
	struct seed_variables properties;
	bool template, no_check;
	/* Every value, for messages and for ${...}. */
	struct spec_text *texts;
	size_t ntexts, texts_room;
};

struct identity_key;

/* HMAC over all that was asked for; after loading. */
int spec_cloud_digest(const struct spec_cloud *c, const struct identity_key *key, uint8_t out[32],
		      struct err *e);

struct spec;

/* Reads the files that the section names, hashes passwords, and checks it all: nothing has been written yet. found gets
 * what the schemas say; -EINVAL when an error is among it. properties: more names for ${...}, the template's. */
int spec_cloud_load(struct spec *s, struct arena *a, const struct seed_variables *properties,
		    size_t nics, struct findings *found, struct err *e);
/* Bonds, bridges and VLANs, behind the cards. */
int spec_cloud_links(const struct spec_cloud *c, struct arena *a, const struct seed_variables *v,
		     struct seed_network *n, struct err *e);
