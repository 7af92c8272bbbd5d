/* Text put into other languages so that it stays text: names and values from outside never become syntax. */
#pragma once

#include "base/str.h"

/* XML character data or an attribute's value; characters that XML 1.0 cannot hold become U+FFFD. */
void quote_xml(struct strbuf *out, const char *text);
/* One word of a POSIX shell. */
void quote_shell(struct strbuf *out, const char *text);
/* A YAML double-quoted scalar. */
void quote_yaml(struct strbuf *out, const char *text);
/* A PowerShell single-quoted string; the quotation marks it takes for the same are doubled, too. */
void quote_powershell(struct strbuf *out, const char *text);
/* A value of a .vmx file, with its quotes: |XX for what may not stand there. */
void quote_vmx(struct strbuf *out, const char *text);
/* A Python string: xl.cfg. */
void quote_python(struct strbuf *out, const char *text);
/* A value inside one of QEMU's comma-separated options: commas doubled. Not yet a shell word. */
void quote_qemu(struct strbuf *out, const char *text);
