/* The serial console as the user wants it. */
#include "provision/guest_console.h"
#include "provision/guest_work.h"

#include <string.h>
#include <sys/stat.h>

enum { COMMAND_LINES_MAX = 1 << 20 };

static size_t set_file(struct work *w, const char *path, bool whole, bool on)
{
	struct strbuf out = {0};
	struct guest_spot s;
	struct guest_edit *x;
	const char *text;
	size_t len, done;

	if (guest_find(w->g, path, true, &s) < 0 || !S_ISREG(s.st.mode) ||
	    !(text = guest_text(w->g, w->a, path, COMMAND_LINES_MAX, &len)))
		return 0;
	x = work_edit_at(w, s.volume, s.inner, true);
	if (!x->data) {
		x->data = arena_dupn(w->a, text, len);
		x->len = len;
	}
	done = console_set(x->data, x->len, whole, on, &out);
	if (done) {
		x->data = arena_dupn(w->a, strbuf_str(&out), out.len);
		x->len = out.len;
		work_say(w, "serial-console", path, "", on ? "console=ttyS0,115200" : "off",
			 GUEST_CHANGED, "");
	}
	strbuf_fini(&out);
	return done;
}

/* A login of its own stays after the kernel's console is gone. */
static void disable_login(struct work *w)
{
	static const char path[] =
		"/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service";
	struct guest_spot s;

	if (guest_find(w->g, path, false, &s) < 0)
		return;
	work_edit(w, OP_REMOVE, s.volume, s.inner);
	work_say(w, "serial-console", path, "", "", GUEST_REMOVED, "");
}

void work_console(struct work *w)
{
	bool on = w->o->serial_console == GUEST_SERIAL_ON;
	size_t done = 0;

	if (w->o->serial_console == GUEST_SERIAL_KEEP)
		return;
	for (size_t i = 0; i < console_files_count; i++) {
		struct guest_list paths = {0};

		guest_glob(w->g, w->a, console_files[i].glob, &paths);
		for (size_t k = 0; k < paths.n; k++)
			done += set_file(w, paths.items[k], console_files[i].whole, on);
	}
	if (!on)
		disable_login(w);
	if (!done)
		work_say(w, "serial-console", "", "", "", GUEST_KEPT,
			 "every kernel command line that was found is so already");
}
