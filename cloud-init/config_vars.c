/* A guest's configuration with the values of one machine. */
#include "cloud-init/config.h"

#include "base/scope.h"
#include "cloud-init/substitute.h"

struct putting {
	struct arena *a;
	const struct seed_variables *v;
	struct err *e;
};

static int put_list(struct putting *p, struct seed_list *l)
{
	const struct seed_list was = *l;
	int r = 0;

	*l = (struct seed_list){0};
	for (size_t i = 0; i < was.count && r == 0; i++) {
		const char *text = was.items[i];

		r = seed_substitute_str(p->a, p->v, &text, p->e);
		seed_list_add(p->a, l, text);
	}
	return r;
}

static int put_all(struct putting *p, const char ***texts, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = seed_substitute_str(p->a, p->v, texts[i], p->e);
	return r;
}

static int put_user(struct putting *p, struct seed_user u, struct seed_config *out)
{
	const char **texts[] = {&u.name, &u.gecos, &u.shell, &u.homedir, &u.sudo};
	int r = put_all(p, texts, ARRAY_SIZE(texts));

	if (r == 0)
		r = put_list(p, &u.groups);
	if (r == 0)
		r = put_list(p, &u.ssh_keys);
	return r == 0 ? config_take_user(p->a, out, u, p->e) : r;
}

static int put_write(struct putting *p, struct seed_write w, struct seed_config *out)
{
	const char **texts[] = {&w.path, &w.permissions, &w.owner};
	int r = put_all(p, texts, ARRAY_SIZE(texts));

	if (r == 0 && w.variables)
		r = seed_substitute(p->a, p->v, w.content, &w.content, p->e);
	if (r == 0)
		config_add_write(p->a, out, w);
	return r;
}

int config_substitute(struct arena *a, const struct seed_config *c, const struct seed_variables *v,
		      struct seed_config *out, struct err *e)
{
	struct putting p = {a, v, e};
	struct seed_config copy = *c;
	const char **texts[] = {&copy.timezone, &copy.locale};
	int r = put_all(&p, texts, ARRAY_SIZE(texts));

	copy.users = NULL;
	copy.writes = NULL;
	copy.nusers = copy.users_room = copy.nwrites = copy.writes_room = 0;
	if (r == 0)
		r = put_list(&p, &copy.packages);
	if (r == 0)
		r = put_list(&p, &copy.run);
	for (size_t i = 0; i < c->nusers && r == 0; i++)
		r = put_user(&p, c->users[i], &copy);
	for (size_t i = 0; i < c->nwrites && r == 0; i++)
		r = put_write(&p, c->writes[i], &copy);
	if (r == 0)
		*out = copy;
	return r;
}
