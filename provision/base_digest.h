/* What identifies a template, and a base: digests taken while something is read anyway. */
#pragma once

#include "provision/base_store.h"

#include "base/digest.h"
#include "base/str.h"

/* A disk's bytes on their way: the digest that names the template, and the one that its manifest lists. */
struct base_digesting {
	struct digest sha256, listed;
	const struct manifest_entry *entry; /* compared with at the end, or NULL */
	const struct base_options *o;
	const struct stop *stop;
};

int base_digest_begin(struct base_digesting *d, const struct source *s,
		      const struct template_disk *t, const struct template_image *x, struct err *e);
/* ctx is the digesting: as import_disk calls it. */
int base_digest_input(void *ctx, const void *p, size_t n, struct err *e);
/* Also whether the manifest is right. */
int base_digest_end(struct base_digesting *d, const struct source *s, uint8_t out[32],
		    struct err *e);
void base_digest_fini(struct base_digesting *d);
/* The manifest's word on what a disk consists of and is not digested on the way. */
int base_check_others(struct source *s, const struct template_disk *t,
		      const struct template_image *x, const struct base_digesting *d,
		      struct err *e);

/* The text that is digested: "descriptor HEX", "disk 0 HEX"... so that an OVA and its unpacked folder are one. */
int base_summary_begin(struct strbuf *text, struct source *s, struct err *e);
void base_summary_disk(struct strbuf *text, size_t i, const uint8_t raw[32]);
int base_summary_end(const struct strbuf *text, char digest[DIGEST_TEXT], struct err *e);

/* Of a whole file, in hex. */
int base_digest_file(int fd, const struct stop *stop, char hex[DIGEST_TEXT], struct err *e);
