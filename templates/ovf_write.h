/* Changes to a descriptor, made in its own text: whatever is not named here keeps every byte. */
#pragma once

#include "templates/ovf.h"
#include "templates/xml_edit.h"

struct ovf_writer {
	const struct ovf *ovf;
	struct xml_edits x;
};

/* The edits live in a; ovf is borrowed. */
void ovf_write_begin(struct ovf_writer *w, struct arena *a, const struct ovf *ovf);

/* The file is called href, holds size bytes, is in one piece and not compressed. */
void ovf_write_file(struct ovf_writer *w, const struct ovf_file *f, const char *href,
		    uint64_t size);
/* The same for a file that stays compressed. */
void ovf_rename_file(struct ovf_writer *w, const struct ovf_file *f, const char *href,
		     uint64_t size);
/* The disk has this many bytes and this format (a URI), and is no delta of another. */
void ovf_write_disk(struct ovf_writer *w, const struct ovf_disk *d, uint64_t capacity,
		    const char *format);
void ovf_write_name(struct ovf_writer *w, const struct ovf_system *s, const char *name);
void ovf_write_property(struct ovf_writer *w, const struct ovf_property *p, const char *value);
/* This configuration is the default one, and no other is. */
void ovf_write_default(struct ovf_writer *w, const struct ovf_config *c);
void ovf_drop_file(struct ovf_writer *w, const struct ovf_file *f);
void ovf_drop_disk(struct ovf_writer *w, const struct ovf_disk *d);

/* Appends the new document, which has been read back and found a descriptor. */
int ovf_write_end(struct ovf_writer *w, struct strbuf *out, struct err *e);
