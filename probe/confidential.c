/* The confidential area: what no other area gathers. */
#include "probe/confidential.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <errno.h>
#include <string.h>

#define UV "/sys/firmware/uv/prot_virt_host"

/* ---- the misc controller: "sev 400\nsev_es 109\n", only in the root cgroup ---- */

static const char *const capacity_files[] = {
	"/sys/fs/cgroup/misc.capacity",
	"/sys/fs/cgroup/misc/misc.capacity",
};

static struct fact capacity_of(struct host *h, const char *source, const char *text,
			       const char *key)
{
	const char *line;
	size_t n, len = strlen(key);
	uint64_t count;

	while (str_line(&text, &line, &n))
		if (n > len + 1 && strncmp(line, key, len) == 0 && line[len] == ' ' &&
		    num_parse(arena_dupn(h->a, line + len, n - len), 10, &count) &&
		    count < INT32_MAX)
			return fact_num(source, (int64_t)count);
	return fact_no(source);
}

static void read_capacity(struct host *h)
{
	struct confidential_facts *c = &h->confidential;
	const char *text;
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(capacity_files); i++) {
		r = tree_read(h->t, capacity_files[i], TREE_TEXT_MAX, &text, NULL);
		if (r < 0)
			continue;
		c->sev_ids = capacity_of(h, capacity_files[i], text, "sev");
		c->sev_es_ids = capacity_of(h, capacity_files[i], text, "sev_es");
		c->tdx_ids = capacity_of(h, capacity_files[i], text, "tdx");
		return;
	}
	c->sev_ids = c->sev_es_ids = c->tdx_ids = fact_unknown(capacity_files[0], r);
}

/* ---- the rest ---- */

static struct fact boot_words(struct host *h)
{
	static const char *const words[] = {"mem_encrypt=",   "kvm_amd.sev",    "kvm-amd.sev",
					    "kvm_intel.tdx=", "kvm-intel.tdx=", "nosgx",
					    "prot_virt="};
	const char *text = fact_str(h->kernel.cmdline, NULL), *word;
	SCOPED(strbuf_fini) struct strbuf said = {0};
	size_t n;

	if (!text)
		return fact_unknown("/proc/cmdline", ENODATA);
	while (str_word(&text, &word, &n)) {
		const char *copy = arena_dupn(h->a, word, n);

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (str_starts(copy, words[i]))
				strbuf_printf(&said, "%s%s", said.len ? " " : "", copy);
	}
	return said.len ? fact_text("/proc/cmdline", arena_dup(h->a, said.text))
			: fact_no("/proc/cmdline");
}

static struct fact kernel_flag(const struct host *h, const char *flag)
{
	const struct fact *flags = &h->cpu.flags;

	if (!fact_is_yes(*flags) || !flags->text)
		return fact_unknown("/proc/cpuinfo flags", flags->err ? flags->err : ENODATA);
	return fact_bool(arena_printf(h->a, "/proc/cpuinfo flags: %s", flag),
			 str_has_word(flags->text, flag));
}

static void gather(struct host *h)
{
	struct confidential_facts *c = &h->confidential;

	read_capacity(h);
	c->mem_encrypt = boot_words(h);
	c->kernel_sev = kernel_flag(h, "sev");
	c->kernel_sev_es = kernel_flag(h, "sev_es");
	c->kernel_sev_snp = kernel_flag(h, "sev_snp");
	c->kernel_sgx = kernel_flag(h, "sgx");
	c->secure_execution = fact_from_flag(h->t, UV);
	if (c->secure_execution.err == ENOENT)
		c->secure_execution = fact_no(UV);
}

#define ROW(id_, member_, title_) FACT("confidential." id_, confidential.member_, title_)

static const struct fact_row facts[] = {
	ROW("sev-ids", sev_ids, "SEV guests at a time"),
	ROW("sev-es-ids", sev_es_ids, "SEV-ES and SEV-SNP guests at a time"),
	ROW("tdx-ids", tdx_ids, "TDX guests at a time"),
	ROW("cmdline", mem_encrypt, "kernel command line about it"),
	ROW("kernel-sev", kernel_sev, "the kernel shows sev"),
	ROW("kernel-sev-es", kernel_sev_es, "the kernel shows sev_es"),
	ROW("kernel-sev-snp", kernel_sev_snp, "the kernel shows sev_snp"),
	ROW("kernel-sgx", kernel_sgx, "the kernel shows sgx"),
	ROW("secure-execution", secure_execution, "Secure Execution in s390 firmware"),
};

const struct area confidential_area = {
	.name = "confidential",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = confidential_checks,
	.nchecks = CONFIDENTIAL_CHECKS,
};
