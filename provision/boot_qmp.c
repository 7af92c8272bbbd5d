/* Lines of JSON. Answers are not waited for: what counts are events. */
#include "provision/boot_qmp.h"

#include "base/json.h"
#include "base/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { LINE_MAX_BYTES = 1 << 16 };

static void send_json(struct qmp *q, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (!text || send(q->fd, text, strlen(text), MSG_NOSIGNAL) < 0 ||
	    send(q->fd, "\n", 1, MSG_NOSIGNAL) < 0)
		q->lost = true;
	free(text);
	json_decref(o);
}

void qmp_command(struct qmp *q, const char *name)
{
	json_t *o = json_object();

	json_set_text(o, "execute", name);
	send_json(q, o);
}

void qmp_unplug(struct qmp *q, const char *device)
{
	json_t *o = json_object(), *arguments = json_object();

	json_set_text(o, "execute", "set_link");
	json_set_text(arguments, "name", device);
	json_object_set_new(arguments, "up", json_false());
	json_object_set_new(o, "arguments", arguments);
	send_json(q, o);
}

void qmp_line(struct qmp *q, const char *text, size_t len)
{
	json_t *o = json_parse(text, len, "QEMU's monitor", NULL);
	const json_t *data = json_object_get(o, "data");
	const char *event = json_get_text(o, "event");
	bool by_guest = json_is_true(json_object_get(data, "guest"));

	if (json_object_get(o, "QMP"))
		q->greeted = true;
	if (event && by_guest && str_eq(event, "SHUTDOWN"))
		q->shutdown = true;
	if (event && by_guest && str_eq(event, "RESET"))
		q->resets++;
	json_decref(o);
}

void qmp_read(struct qmp *q)
{
	char part[4096];
	ssize_t got = recv(q->fd, part, sizeof part, MSG_DONTWAIT);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0 || q->line.len > LINE_MAX_BYTES) {
		q->lost = true;
		return;
	}
	for (ssize_t i = 0; i < got; i++) {
		if (part[i] != '\n') {
			strbuf_addc(&q->line, part[i]);
			continue;
		}
		qmp_line(q, strbuf_str(&q->line), q->line.len);
		strbuf_fini(&q->line);
	}
}

void qmp_fini(struct qmp *q)
{
	strbuf_fini(&q->line);
}
