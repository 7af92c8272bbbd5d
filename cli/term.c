/* Asking the terminal. */
#include "cli/term.h"

#include "base/str.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool term_colour(FILE *f, bool switched_off)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (switched_off || (no && *no) || str_eq(term, "dumb"))
		return false;
	return isatty(fileno(f));
}

unsigned term_width(FILE *f)
{
	struct winsize w = {0};

	if (!isatty(fileno(f)))
		return 0;
	if (ioctl(fileno(f), TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
		return w.ws_col < 120 ? w.ws_col : 120;
	return 80;
}
