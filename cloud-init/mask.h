/* Seeds as they may be shown. */
#pragma once

#include "base/str.h"
#include "cloud-init/seed.h"

/* A file's text with "***" where a secret is: passwords, hashes, private keys, and all that stands below such a key.
 * What is no YAML is only named: "(a script of 120 bytes)". */
void seed_mask(struct strbuf *out, const struct seed_file *f);
