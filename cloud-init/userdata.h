/* What user-data is, by the header that cloud-init goes by. */
#pragma once

#include "cloud-init/seed.h"

enum userdata_kind {
	USERDATA_EMPTY,
	USERDATA_CLOUD_CONFIG,
	USERDATA_ARCHIVE,
	USERDATA_SCRIPT,
	USERDATA_INCLUDE,
	USERDATA_BOOTHOOK,
	USERDATA_HANDLER,
	USERDATA_UPSTART,
	USERDATA_JINJA,
	USERDATA_JSON_PATCH,
	USERDATA_MIME,
	USERDATA_GZIP,
	USERDATA_UNKNOWN, /* cloud-init passes it over with a warning in its log */
};

enum userdata_kind userdata_kind(struct seed_text t);
/* "text/cloud-config", and so on; for what has no header "text/plain". */
const char *userdata_mime_type(enum userdata_kind k);
/* The kind that a MIME type says, USERDATA_UNKNOWN for those that leave it to the contents. */
enum userdata_kind userdata_kind_of_mime(const char *type);
/* "#cloud-config", or the nearest header to what the text begins with; NULL when none is near. */
const char *userdata_nearest_header(struct arena *a, struct seed_text t);

/* Unpacks gzip; -EFBIG above SEED_FILE_MAX. */
int userdata_gunzip(struct arena *a, struct seed_text t, struct seed_text *out, struct err *e);
