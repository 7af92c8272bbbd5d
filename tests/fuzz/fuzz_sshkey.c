/* Writing and reading SSH keys: any key material and comment gives a file that decodes to what went in; any bytes are
 * a .pub file, or none. */
#include "provision/sshkey.h"
#include "provision/sshkey_text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void private_file(const uint8_t *data, size_t size)
{
	struct strbuf blob = {0}, fields = {0}, out = {0}, raw = {0};
	size_t half = size / 2;
	const char *begin, *end;
	char comment[64] = "";

	memcpy(comment, data, size < 63 ? size : 63);
	ssh_add_text(&blob, "ssh-ed25519");
	ssh_add_string(&blob, data, half);
	ssh_add_mpint(&fields, data + half, size - half);
	ssh_private_file(&out, &blob, &fields, comment, size > 4 ? data[4] : 0);
	begin = strstr(strbuf_str(&out), "KEY-----\n");
	end = begin ? strstr(begin, "-----END") : NULL;
	if (!end)
		abort();
	/* the lines, joined, are base64 of openssh-key-v1 with the public part in it */
	for (begin += 9; begin < end; begin += strcspn(begin, "\n") + 1)
		strbuf_addn(&raw, begin, strcspn(begin, "\n"));
	out.len = 0;
	if (!base64_read(strbuf_str(&raw), raw.len, &out) ||
	    memcmp(out.text, "openssh-key-v1", 15) != 0 ||
	    !memmem(out.text, out.len, blob.text, blob.len) ||
	    !memmem(out.text, out.len, fields.text, fields.len))
		abort();
	strbuf_fini(&blob);
	strbuf_fini(&fields);
	strbuf_fini(&out);
	strbuf_fini(&raw);
}

static void round_trip(const uint8_t *data, size_t size)
{
	struct strbuf text = {0}, raw = {0};

	base64_add(&text, data, size, 0);
	if (!base64_read(strbuf_str(&text), text.len, &raw) || raw.len != size ||
	    (size && memcmp(raw.text, data, size) != 0))
		abort();
	strbuf_fini(&text);
	strbuf_fini(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct ssh_public pub;
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	ssh_public_parse(&a, text, &pub);
	round_trip(data, size);
	private_file(data, size);
	free(text);
	arena_fini(&a);
	return 0;
}
