/* Finding and replacing the words that name a machine or a person. Each scrubber rewrites a text in place;
 * what a value was replaced by is remembered, so that the same value is replaced by the same. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct alias;

/* A zeroed one is ready. */
struct scrub_words {
	struct arena arena;
	struct alias *aliases;
	unsigned counts[8]; /* one per kind of word */
};

/* xx:xx:xx:xx:xx:xx (and longer), also in names such as enx0123456789ab. The maker's three bytes stay. */
void scrub_macs(struct scrub_words *w, struct strbuf *text);
/* 8-4-4-4-12 hex digits. Nil, all ones and well-known junk stay. */
void scrub_uuids(struct scrub_words *w, struct strbuf *text);
/* Runs of exactly 32 or 64 hex digits: machine ids, container ids. */
void scrub_hex(struct scrub_words *w, struct strbuf *text);
/* The whole text is one serial number: digits become 0, letters X; placeholders of makers stay. */
void scrub_serial(struct scrub_words *w, struct strbuf *text);
/* As a serial number, but the tags by which clouds are recognised stay. */
void scrub_asset_tag(struct scrub_words *w, struct strbuf *text);
/* The whole text is the host's name; scrub_host_words replaces the names met so far where they stand as words. */
void scrub_host(struct scrub_words *w, struct strbuf *text);
void scrub_host_words(struct scrub_words *w, struct strbuf *text);
/* Lines of uname(2)'s fields: the second is the host's name. */
void scrub_uname(struct scrub_words *w, struct strbuf *text);
/* IPv4 and IPv6 addresses, except those that mean the same everywhere. */
void scrub_addresses(struct scrub_words *w, struct strbuf *text);
/* An address and the names of hosts on each line. */
void scrub_hosts(struct scrub_words *w, struct strbuf *text);
/* NAME in /home/NAME; the first field of each line with an id of a person; members of groups. */
void scrub_homes(struct scrub_words *w, struct strbuf *text);
void scrub_passwd(struct scrub_words *w, struct strbuf *text);
void scrub_group(struct scrub_words *w, struct strbuf *text);
