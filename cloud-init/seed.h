/* What a seed is: the few files by which cloud-init's NoCloud data source learns who a machine is, and how they are
 * made from options. Nothing here opens a file: texts come in, texts go out. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes that somebody else owns; bytes is NULL when there are none. */
struct seed_text {
	const char *bytes;
	size_t size;
	const char *name; /* what people know it by, for messages; may be NULL */
};

/* Takes the next line, without its newline, off the front of rest; false when nothing is left. */
bool seed_text_line(struct seed_text *rest, struct seed_text *line);

struct seed_list {
	const char **items;
	size_t count, room;
};

void seed_list_add(struct arena *a, struct seed_list *l, const char *text);

enum { SEED_FILES_MAX = 8, SEED_NAME_MAX = 64, SEED_FILE_MAX = 16 << 20 };

struct seed_file {
	const char *name; /* "user-data" */
	struct seed_text text;
};

/* In the order of their names. */
struct seed_files {
	struct seed_file items[SEED_FILES_MAX];
	size_t count;
};

/* One more key of the meta-data. */
struct seed_pair {
	const char *name, *value;
};

struct seed_network; /* cloud-init/network.h */
struct seed_config;  /* cloud-init/config.h */

/* Everything that may go into a seed. Zeroed: not wanted. Texts are borrowed. */
struct seed {
	const char *instance_id; /* NULL: made from the contents, so that it changes when they do */
	const char *hostname;    /* a name or a fully qualified one */
	const char *dsmode;      /* "local", "net" */
	const char
		*interfaces; /* an /etc/network/interfaces, for guests older than network-config */
	struct seed_list ssh_keys;
	const struct seed_pair *meta; /* beside the members above */
	size_t nmeta;
	struct seed_text meta_data; /* instead of what the members above would make */
	struct seed_text user_data, vendor_data, network_config;
	const struct seed_network *network; /* instead of network_config */
	unsigned network_version;           /* 2 unless 1 */
	const struct seed_config
		*config; /* becomes user-data; beside user_data, a part of its own */
};

/* Makes the files. They live in the arena, or are the caller's own texts. */
int seed_build(struct arena *a, const struct seed *s, struct seed_files *out, struct err *e);

/* Keys that meta-data has of its own, so that none may be given beside them. */
bool seed_meta_is_own(const char *key);

/* -EINVAL with a sentence unless name is one that a host can have (RFC 1123; dots allowed). */
int seed_check_hostname(const char *name, struct err *e);
