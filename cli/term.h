/* What the terminal can show. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Colours: only on a terminal, never with NO_COLOR set, TERM=dumb or --no-color. */
bool term_colour(FILE *f, bool switched_off);
/* Columns, or 0 when f is no terminal. */
unsigned term_width(FILE *f);
