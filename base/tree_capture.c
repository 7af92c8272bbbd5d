/* Reading our own captures: every recorded answer becomes an answer of the tree. */
#include "base/tree_capture.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/tree_archive.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

const struct capture_kind capture_kinds[] = {
	{'r', "read"}, {'l', "link"}, {'s', "stat"}, {'S', "lstat"}, {'d', "list"}, {'a', "answer"},
};
const size_t capture_kinds_count = ARRAY_SIZE(capture_kinds);

/* ---- bytes in JSON ---- */

json_t *capture_bytes(const char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	json_t *text = memchr(p, '\0', n) ? NULL : json_stringn(p, n);
	struct strbuf hex = {0};

	if (text)
		return text;
	for (size_t i = 0; i < n; i++) {
		strbuf_addc(&hex, digits[(unsigned char)p[i] >> 4]);
		strbuf_addc(&hex, digits[p[i] & 15]);
	}
	text = json_pack("{s:s}", "hex", strbuf_str(&hex));
	strbuf_fini(&hex);
	return text;
}

bool capture_bytes_read(const json_t *value, struct strbuf *out)
{
	const char *hex = json_get_text(value, "hex");

	if (json_is_string(value)) {
		strbuf_addn(out, json_string_value(value), json_string_length(value));
		return true;
	}
	if (!hex || strlen(hex) % 2)
		return false;
	for (; *hex; hex += 2) {
		int high = hex_digit(hex[0]), low = hex_digit(hex[1]);

		if (high < 0 || low < 0)
			return false;
		strbuf_addc(out, (char)(high << 4 | low));
	}
	return true;
}

/* ---- items ---- */

struct item {
	struct tree_memo memo;
	struct strbuf key, data;
};

static void item_fini(struct item *it)
{
	strbuf_fini(&it->key);
	strbuf_fini(&it->data);
}

static char kind_of(const char *name)
{
	for (size_t i = 0; i < capture_kinds_count; i++)
		if (str_eq(capture_kinds[i].name, name))
			return capture_kinds[i].kind;
	return 0;
}

static uint64_t number(const json_t *object, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(object, key));

	return v > 0 ? (uint64_t)v : 0;
}

static struct tree_stat stat_read(const json_t *o)
{
	const json_t *rdev = json_object_get(o, "rdev");

	return (struct tree_stat){
		.mode = (mode_t)number(o, "mode"),
		.uid = (uid_t)number(o, "uid"),
		.gid = (gid_t)number(o, "gid"),
		.rdev_major = (unsigned)json_integer_value(json_array_get(rdev, 0)),
		.rdev_minor = (unsigned)json_integer_value(json_array_get(rdev, 1)),
		.size = number(o, "size"),
		.dev = number(o, "dev"),
		.ino = number(o, "ino"),
	};
}

static bool names_read(const json_t *names, struct strbuf *out)
{
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (!capture_bytes_read(name, out))
			return false;
		strbuf_addc(out, '\0');
	}
	return json_is_array(names);
}

static int data_read(struct item *it, const json_t *o, const struct memory *m, struct err *e)
{
	const char *member = json_get_text(o, "member");
	bool fine = true;

	switch (it->memo.kind) {
	case 'r':
		if (!member)
			fine = false;
		else if (memory_read(m, member, MEMORY_FILE_MAX, &it->data) < 0)
			return err_set(e, EINVAL, "the capture is cut short: %s is not in it",
				       member);
		break;
	case 'l':
		fine = capture_bytes_read(json_object_get(o, "target"), &it->data);
		break;
	case 'd':
		fine = names_read(json_object_get(o, "names"), &it->data);
		break;
	case 'a':
		fine = capture_bytes_read(json_object_get(o, "text"), &it->data);
		break;
	default:
		it->memo.st = stat_read(o);
	}
	return fine ? 0
		    : err_set(e, EINVAL, CAPTURE_INDEX ": '%s' has no answer",
			      strbuf_str(&it->key));
}

/* The errno by name: numbers differ between architectures. */
static int result_read(const json_t *o)
{
	const char *name = json_get_text(o, "error");
	json_int_t result = json_integer_value(json_object_get(o, "result"));
	int code = name ? err_number(name) : 0;

	if (code)
		return -code;
	return result < -4095 ? -EIO : result > INT_MAX ? INT_MAX : (int)result;
}

static int item_read(struct tree *t, const json_t *o, const struct memory *m, struct err *e)
{
	SCOPED(item_fini) struct item it = {0};
	const char *kind = json_get_text(o, "kind");
	int r = 0;

	it.memo.kind = kind ? kind_of(kind) : 0;
	if (kind && !it.memo.kind)
		return 0; /* a kind of question that a later version asks */
	if (!kind || !capture_bytes_read(json_object_get(o, "key"), &it.key))
		return err_set(e, EINVAL, CAPTURE_INDEX ": an item without kind or key");
	it.memo.key = strbuf_str(&it.key);
	it.memo.result = result_read(o);
	if (it.memo.result >= 0)
		r = data_read(&it, o, m, e);
	if (r < 0)
		return r;
	it.memo.data = strbuf_str(&it.data);
	it.memo.len = it.data.len;
	tree_preset(t, &it.memo);
	return 0;
}

/* ---- what was not recorded ---- */

struct capture {
	struct tree *t;
};

/* A name that a recorded listing of its folder does not show is not there; all else is not known. */
static int not_recorded(void *self, const char *path)
{
	const struct capture *c = self;
	const char *slash = strrchr(path, '/'), *end;
	const struct tree_memo *list;
	char folder[PATH_MAX];

	if (!slash || slash == path || strlen(path) >= sizeof folder)
		return -ENODATA;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	list = tree_recall(c->t, 'd', folder);
	if (!list)
		return -ENODATA;
	if (list->result < 0)
		return list->result == -ENOENT ? -ENOENT : -ENODATA;
	end = list->data + list->len;
	for (const char *p = list->data; p < end; p += strlen(p) + 1)
		if (str_eq(p, slash + 1))
			return -ENODATA;
	return -ENOENT;
}

static int op_read(void *self, const char *path, size_t limit, struct strbuf *out)
{
	(void)limit;
	(void)out;
	return not_recorded(self, path);
}

static int op_text(void *self, const char *path, struct strbuf *out)
{
	(void)out;
	return not_recorded(self, path);
}

static int op_stat(void *self, const char *path, bool follow, struct tree_stat *st)
{
	(void)follow;
	(void)st;
	return not_recorded(self, path);
}

static int op_answer(void *self, const char *key, struct strbuf *out)
{
	(void)self;
	(void)key;
	(void)out;
	return -ENODATA;
}

static void op_close(void *self)
{
	free(self);
}

static const struct tree_backend capture_ops = {
	.close = op_close,
	.read = op_read,
	.link = op_text,
	.stat = op_stat,
	.list = op_text,
	.answer = op_answer,
};

/* ---- the whole ---- */

static int items_read(struct tree *t, const json_t *root, const struct memory *m, struct err *e)
{
	const char *schema = json_get_text(root, "schema");
	const json_t *items = json_object_get(root, "items"), *item;
	size_t i;

	if (!schema || !json_is_array(items))
		return err_set(e, EINVAL, CAPTURE_INDEX ": no schema or no items");
	if (!str_eq(schema, CAPTURE_SCHEMA))
		return err_set(e, EINVAL, "a capture of another version (%.40s); this one reads %s",
			       schema, CAPTURE_SCHEMA);
	json_array_foreach(items, i, item)
	{
		int r = item_read(t, item, m, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static void decref(json_t **o)
{
	json_decref(*o);
}

int capture_read(struct tree **out, const char *name, struct memory *m, const char *index,
		 size_t len, struct err *e)
{
	SCOPED(decref) json_t *root = json_parse(index, len, CAPTURE_INDEX, e);
	struct capture *c;
	int r;

	if (!root)
		return -EINVAL;
	c = xcalloc(1, sizeof *c);
	c->t = tree_new(name, &capture_ops, c);
	r = items_read(c->t, root, m, e);
	if (r < 0) {
		tree_close(c->t);
		return r;
	}
	*out = c->t;
	memory_free(m);
	return 0;
}
