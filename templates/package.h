/* A template as files: an OVA or another archive, a folder with an .ovf, a lone .ovf, or a bare disk image.
 * Members are addressed by file descriptor and offset and never unpacked by name; everything is opened read-only. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/stop.h"
#include "templates/manifest.h"
#include "templates/ovf.h"

#include <stdbool.h>
#include <stdint.h>

enum package_kind {
	PACKAGE_OVA,     /* an uncompressed tar, members in place */
	PACKAGE_ARCHIVE, /* zip, or a compressed tar: members are decompressed into unnamed files */
	PACKAGE_FOLDER,  /* a folder, or a lone .ovf with what lies beside it */
	PACKAGE_DISK,    /* one disk image, no descriptor; it may be compressed */
};

struct member {
	const char *name;
	int fd; /* of the package; borrowed */
	uint64_t offset, size;
};

struct package {
	struct arena *a;
	const char *path; /* as given, for messages */
	enum package_kind kind;
	int fd;                 /* the archive, the image, or the folder */
	struct member *members; /* in their order; of a folder: those opened so far */
	size_t nmembers, room;
	const char *descriptor_name; /* "" for a bare disk */
	const char *descriptor;      /* the text */
	size_t descriptor_len;
	struct ovf ovf;                               /* zero for a bare disk */
	const char *manifest_name, *certificate_name; /* NULL when there is none */
	struct manifest manifest;
	const char *compression; /* of a bare image: "gzip", "bzip2", "xz", "zstd" or "" */
	const char *suffix;      /* how names of files so compressed end */
	struct stop stop;        /* the caller's, from package_open on; zero: nobody asks */
	bool after_end;          /* a non-empty tail follows the archive's end */
};

/* Opens and reads the descriptor and the manifest; nothing is digested yet. The sentence names the file and, where
 * it is one member's fault, the member. */
int package_open(struct package *p, struct arena *a, const char *path, struct err *e);
void package_close(struct package *p);

/* A member by name; opens it beneath the folder for folder packages. *out is NULL with 0 when it is not there. */
int package_member(struct package *p, const char *name, const struct member **out, struct err *e);

/* The pieces that make up a referenced file, in order: one, or its chunks. Refused when a piece is missing or the
 * sizes do not agree with the descriptor. The array lives in the arena. */
int package_file(struct package *p, const struct ovf_file *file, const struct member **pieces,
		 size_t *npieces, struct err *e);

/* Reads a small member whole. */
int package_read(struct package *p, const struct member *m, size_t limit, const char **text,
		 struct err *e);

const char *package_kind_name(enum package_kind k);
