/* What the fleet's neighbours need, made from the ledger: hosts, dnsmasq.conf, ssh_config, known_hosts, SSHFP records, an
 * inventory. */
#pragma once

#include "provision/ledger.h"

/* Each file as it should be. */
void neighbours_each(const struct ledger *l, const char *folder,
		     void (*fn)(void *ctx, const char *file, const char *text, size_t len),
		     void *ctx);
/* Writes them all into the output folder, each whole or not at all. folder: its absolute path. */
int neighbours_write(const struct ledger *l, int out, const char *folder, struct err *e);
