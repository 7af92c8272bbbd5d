/* What vmint inspect found out, before it is shown. */
#pragma once

#include "base/json.h"
#include "base/str.h"
#include "templates/template.h"

struct inspected_disk {
	const struct template_disk *is;
	uint64_t size; /* of the image; 0 for a disk without a file */
	enum disk_format format;
	const char *type;    /* "streamOptimized"; "" when the format has no kinds */
	const char *problem; /* why it would be refused, or NULL */
	const char *warning; /* or NULL */
};

struct inspection {
	struct template t;
	struct inspected_disk *disks; /* as many as the template's */
	struct trust trust;
	bool digested;             /* every member that the manifest lists was read and is right */
	const char *trust_problem; /* why the package is not trusted, or NULL */
	const char **problems;     /* all of them: descriptor, disks */
	size_t nproblems, room;
	const char *guest; /* its description, or why there is none */
	json_t *guest_json;
};

/* "8 GiB", "1.5 MiB", "100 bytes". */
const char *size_words(struct arena *a, uint64_t bytes);

/* What a package proves. problem: why it is not trusted, or NULL; digested: every file listed was compared. */
json_t *trust_json(const struct package *p, const struct trust *t, const char *problem,
		   bool digested);

void inspect_text(struct inspection *i, struct strbuf *out);
void inspect_json(struct inspection *i, struct strbuf *out);
