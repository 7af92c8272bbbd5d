/* One link's settings in the words of each network stack. Pure. */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "cloud-init/network.h"

/* A whole file each. */
void network_networkd(struct strbuf *out, const struct seed_link *l);
void network_manager(struct strbuf *out, const struct seed_link *l, const char *uuid);
void network_ifcfg(struct strbuf *out, const struct seed_link *l);
/* A .link file: the name that udev gives the card. */
void network_name(struct strbuf *out, const struct seed_link *l);
/* The whole network below netplan's own key; renderer may be NULL. */
int network_netplan(struct arena *a, const struct seed_network *n, const char *renderer,
		    struct strbuf *out, struct err *e);
/* "auto NAME" and its stanzas. */
void network_ifupdown(struct strbuf *out, const struct seed_link *l);

/* The same in a file that is there, which keeps all other lines: how many stanzas or keys were changed. */
size_t edit_interfaces(const char *text, size_t len, const struct seed_link *l, struct strbuf *out);
size_t edit_ifcfg(const char *text, size_t len, const struct seed_link *l, struct strbuf *out);

/* Names of cards in the order of an /etc/network/interfaces: the n-th that is not lo, or NULL. */
const char *interfaces_name(struct arena *a, const char *text, size_t len, size_t n);

/* A file of any of these stacks gives an address of its own. */
bool network_is_static(const char *text, size_t len);
