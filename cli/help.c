/* The option columns of --help. */
#include "cli/verb.h"

#include <stdio.h>

void opts_print(const struct opt *opts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char left[64];

		if (!opts[i].help)
			continue;
		snprintf(left, sizeof left, "%c%c%s--%s%s%s", opts[i].letter ? '-' : ' ',
			 opts[i].letter ? opts[i].letter : ' ', opts[i].letter ? ", " : "  ",
			 opts[i].name, opts[i].value ? " " : "",
			 opts[i].value ? opts[i].value : "");
		printf("  %-28s %s\n", left, opts[i].help);
	}
}
