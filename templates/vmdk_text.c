/* Parses the VMDK descriptor. */
#include "templates/vmdk_text.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { MAX_EXTENTS = 4096, MAX_LINE = 2048, MAX_NAME = 255 };

static const struct type_row {
	const char *word;
	enum vmdk_extent_type type;
} types[] = {
	{"SPARSE", VMDK_SPARSE},
	{"FLAT", VMDK_FLAT},
	{"VMFS", VMDK_FLAT},
	{"ZERO", VMDK_ZERO},
};

static const char *const accesses[] = {"RW", "RDONLY", "NOACCESS"};

bool vmdk_text_looks_like(const char *text, size_t len)
{
	static const char magic[] = "# Disk DescriptorFile";

	return len >= sizeof magic - 1 && strncasecmp(text, magic, sizeof magic - 1) == 0;
}

/* A member name goes to a lookup among members only; a path in it is somebody's trick. */
static int check_name(const char *name, struct err *e)
{
	if (!*name || str_eq(name, ".") || str_eq(name, "..") || strlen(name) > MAX_NAME)
		return err_set(e, EINVAL, "vmdk: an extent named \"%.80s\"", name);
	if (strchr(name, '/') || strchr(name, '\\'))
		return err_set(e, EINVAL, "vmdk: extent \"%.200s\" is a path, not a member's name",
			       name);
	return 0;
}

static bool is_access(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
		if (str_eq(word, accesses[i]))
			return true;
	return false;
}

/* `RW 8192 SPARSE "name.vmdk"`, `RW 8192 FLAT "name-flat.vmdk" 0`, `RW 63 ZERO`. */
static int parse_extent(struct arena *a, const char *line, struct vmdk_text *t, struct err *e)
{
	struct vmdk_extent_line x = {0};
	char type[16] = "";
	char name[MAX_NAME + 2] = "";
	uint64_t bytes;
	const struct type_row *row = NULL;
	int at = 0, r;

	if (sscanf(line, "%*15s %" SCNu64 " %15s %n", &x.sectors, type, &at) < 2 || x.sectors == 0)
		return err_set(e, EINVAL, "vmdk: extent line \"%.80s\"", line);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(types[i].word, type))
			row = &types[i];
	if (!row)
		return err_set(e, ENOTSUP, "vmdk: an extent of type %s", type);
	x.type = row->type;
	if (x.type != VMDK_ZERO) {
		if (!at || sscanf(line + at, "\"%256[^\"]\" %" SCNu64, name, &x.offset) < 1)
			return err_set(e, EINVAL, "vmdk: extent line \"%.80s\"", line);
		r = check_name(name, e);
		if (r < 0)
			return r;
		x.name = arena_dup(a, name);
	}
	if (!mul_fits(x.sectors, 512, &bytes) || !mul_fits(x.offset, 512, &bytes))
		return err_set(e, EINVAL, "vmdk: an extent of %" PRIu64 " sectors", x.sectors);
	if (t->count >= MAX_EXTENTS)
		return err_set(e, EINVAL, "vmdk: more than %d extents", MAX_EXTENTS);
	ARENA_GROW(a, t->extents, t->count, t->room);
	t->extents[t->count++] = x;
	return 0;
}

static char *unquoted(char *value)
{
	size_t n = strlen(value);

	if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
		value[n - 1] = 0;
		return value + 1;
	}
	return value;
}

static int parse_cid(const char *value, uint32_t *out, struct err *e)
{
	uint64_t v;

	if (!num_parse(value, 16, &v) || v > UINT32_MAX)
		return err_set(e, EINVAL, "vmdk: CID \"%.40s\"", value);
	*out = (uint32_t)v;
	return 0;
}

static int parse_pair(struct arena *a, char *line, struct vmdk_text *t, struct err *e)
{
	char *eq = strchr(line, '=');
	char *key, *value;

	if (!eq)
		return 0;
	*eq = 0;
	key = str_trim(line);
	value = unquoted(str_trim(eq + 1));
	if (strcasecmp(key, "CID") == 0)
		return parse_cid(value, &t->cid, e);
	if (strcasecmp(key, "parentCID") == 0)
		return parse_cid(value, &t->parent_cid, e);
	if (strcasecmp(key, "parentFileNameHint") == 0)
		t->parent_hint = arena_dup(a, value);
	if (strcasecmp(key, "createType") == 0) {
		if (t->create_type[0])
			return err_set(e, EINVAL, "vmdk: two create types");
		if (strlen(value) >= sizeof t->create_type)
			return err_set(e, EINVAL, "vmdk: createType \"%.40s\"", value);
		snprintf(t->create_type, sizeof t->create_type, "%s", value);
	}
	if (strcasecmp(key, "version") == 0 && !str_eq(value, "1") && !str_eq(value, "2") &&
	    !str_eq(value, "3") && !str_eq(value, "4"))
		return err_set(e, ENOTSUP, "vmdk: descriptor version %.20s", value);
	return 0;
}

static int parse_line(struct arena *a, char *line, struct vmdk_text *t, struct err *e)
{
	char word[16] = "";

	/* What is quoted in a sentence must not move anybody's cursor. */
	for (const char *c = line; *c; c++)
		if (((unsigned char)*c < ' ' && !strchr("\t\r", *c)) || *c == 0x7f)
			return err_set(e, EINVAL, "vmdk: a descriptor with control characters");
	line = str_trim(line);
	if (!*line || *line == '#')
		return 0;
	if (sscanf(line, "%15s", word) == 1 && is_access(word))
		return parse_extent(a, line, t, e);
	return parse_pair(a, line, t, e);
}

int vmdk_text_parse(struct arena *a, const char *text, size_t len, struct vmdk_text *t,
		    struct err *e)
{
	const char *end = memchr(text, 0, len), *at = text;

	*t = (struct vmdk_text){.parent_cid = UINT32_MAX};
	if (!end)
		end = text + len;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		char line[MAX_LINE];
		size_t n;
		int r;

		if (!stop)
			stop = end;
		n = (size_t)(stop - at);
		if (n >= sizeof line)
			return err_set(e, EINVAL, "vmdk: a descriptor line of %zu bytes", n);
		memcpy(line, at, n);
		line[n] = 0;
		r = parse_line(a, line, t, e);
		if (r < 0)
			return r;
		at = stop + 1;
	}
	if (!t->create_type[0])
		return err_set(e, EINVAL, "vmdk: the descriptor names no createType");
	if (t->count == 0)
		return err_set(e, EINVAL, "vmdk: the descriptor names no extent");
	return 0;
}
