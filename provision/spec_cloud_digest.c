/* What a spec asks of cloud-init, as one number: for the ledger, which holds no secrets. */
#include "provision/spec_cloud.h"

#include "base/digest.h"
#include "base/str.h"
#include "provision/identity.h"

#include <string.h>

/* Its length goes before it, so that no two lists of texts look alike. */
static void add_text(struct strbuf *b, const char *text, size_t n)
{
	strbuf_printf(b, "%zu:", text ? n : 0);
	strbuf_addn(b, text ? text : "", text ? n : 0);
}

static void add_str(struct strbuf *b, const char *text)
{
	add_text(b, text, text ? strlen(text) : 0);
}

static void add_list(struct strbuf *b, const struct seed_list *l)
{
	strbuf_printf(b, "%zu;", l->count);
	for (size_t i = 0; i < l->count; i++)
		add_str(b, l->items[i]);
}

static void add_all(struct strbuf *b, const struct spec_cloud *c, struct arena *a)
{
	const struct seed_text *wholes[] = {&c->user_data.text, &c->vendor_data.text,
					    &c->network_config.text};
	const struct seed_list *lists[] = {&c->ssh_keys, &c->bonds, &c->bridges, &c->vlans};
	struct seed_text config;

	config_write(a, &c->config, &config);
	add_text(b, config.bytes, config.size);
	for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
		add_text(b, wholes[i]->bytes, wholes[i]->size);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		add_list(b, lists[i]);
	for (size_t i = 0; i < c->nmeta; i++) {
		add_str(b, c->meta[i].name);
		add_str(b, c->meta[i].value);
	}
	strbuf_addc(b, ';');
	for (size_t i = 0; i < c->properties.count; i++) {
		add_str(b, c->properties.items[i].name);
		add_str(b, c->properties.items[i].value);
	}
	strbuf_printf(b, ";%u;%d;", c->network_version, c->template);
	add_str(b, c->url);
}

int spec_cloud_digest(const struct spec_cloud *c, const struct identity_key *key, uint8_t out[32],
		      struct err *e)
{
	struct strbuf b = {0};
	struct arena a = {0};
	int r;

	add_all(&b, c, &a);
	r = hmac_sha256(key->bytes, sizeof key->bytes, b.text, b.len, out, e);
	explicit_bzero(b.text, b.len);
	strbuf_fini(&b);
	arena_fini(&a);
	return r;
}
