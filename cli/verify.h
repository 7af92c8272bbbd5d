/* The forms a verification is shown in. */
#pragma once

#include "base/str.h"
#include "provision/verify.h"

/* verbose: rows that passed, too. */
void verify_text(const struct verify *v, bool verbose, struct strbuf *out);
void verify_json(const struct verify *v, struct strbuf *out);
void verify_junit(const struct verify *v, struct strbuf *out);
