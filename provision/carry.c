/* The table of carriers. */
#include "provision/carry.h"

#include "base/scope.h"

/* The release that first read ssh.authorized_keys.root, sysusers.extra and tmpfiles.extra. */
enum { SYSTEMD_CREDENTIALS = 252 };

const char *const carry_names[CARRY_COUNT] = {"auto",   "iso",         "vfat", "dir",       "guest",
					      "serial", "credentials", "ovf",  "guestinfo", "none"};

static bool no_linux(const struct carry_facts *f)
{
	return !f->guest->linux_found;
}

static bool absent(const struct carry_facts *f)
{
	return !f->guest->cloud.installed;
}

static bool has_credentials(const struct carry_facts *f)
{
	return f->guest->cloud.systemd >= SYSTEMD_CREDENTIALS;
}

static bool credentials_reach(const struct carry_facts *f)
{
	return absent(f) && has_credentials(f) && f->smbios;
}

static bool credentials_stop(const struct carry_facts *f)
{
	return absent(f) && has_credentials(f);
}

static bool off_for_good(const struct carry_facts *f)
{
	return f->guest->cloud.off_for_good;
}

static bool off(const struct carry_facts *f)
{
	return f->guest->cloud.off && !f->asked;
}

static bool wants_ovf(const struct carry_facts *f)
{
	return !f->guest->cloud.nocloud && f->guest->cloud.ovf && f->transport_iso && f->attaches;
}

static bool attaches(const struct carry_facts *f)
{
	return f->attaches;
}

static bool always(const struct carry_facts *f)
{
	(void)f;
	return true;
}

/* If nothing was asked for, nothing is lost by a carrier that is not there: refusals become "none". */
static const struct {
	bool (*holds)(const struct carry_facts *f);
	bool only_asked;
	enum carry carrier;
	bool refused;
	const char *reason;
} rules[] = {
	{no_linux, false, CARRY_NONE, true, "no Linux was found in the guest"},
	{credentials_reach, true, CARRY_CREDENTIALS, false,
	 "the guest has no cloud-init; its systemd reads credentials"},
	{credentials_stop, true, CARRY_NONE, true,
	 "the guest has no cloud-init, and not every target hands credentials to its systemd"},
	{absent, false, CARRY_NONE, true, "the guest has no cloud-init"},
	{off_for_good, false, CARRY_NONE, true, "cloud-init is turned off in the guest"},
	{off, false, CARRY_NONE, false, "cloud-init is turned off in the guest"},
	{wants_ovf, false, CARRY_OVF, false,
	 "cloud-init looks for OVF and not for NoCloud, and the template's transport is iso"},
	{attaches, false, CARRY_ISO, false,
	 "cloud-init is there, and every target attaches a disc"},
	{always, false, CARRY_GUEST, false,
	 "cloud-init is there, and not every target attaches a disc"},
};

/* With what stands in cloud-init's way, or did. */
static const char *detail(struct arena *a, const struct carry_facts *f, const char *reason,
			  bool carried)
{
	const struct guest_cloud *c = &f->guest->cloud;

	if (!c->installed)
		return reason;
	if (c->off_for_good)
		return arena_printf(a, "%s: %s", reason, c->off_for_good);
	if (!c->off)
		return reason;
	return arena_printf(a, carried ? "%s; %s, which turned it off, is removed" : "%s: %s",
			    reason, c->off);
}

struct carry_choice carry_decide(struct arena *a, const struct carry_facts *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].holds(f) && (f->asked || !rules[i].only_asked))
			return (struct carry_choice){
				rules[i].carrier, rules[i].refused && f->asked,
				detail(a, f, rules[i].reason, rules[i].carrier != CARRY_NONE)};
	return (struct carry_choice){.carrier = CARRY_NONE, .reason = ""};
}

bool carry_is_nocloud(enum carry c)
{
	return c == CARRY_ISO || c == CARRY_VFAT || c == CARRY_GUEST || c == CARRY_SERIAL;
}

struct carry_choice carry_accept(struct arena *a, enum carry c, const struct carry_facts *f)
{
	const struct guest_cloud *g = &f->guest->cloud;
	const char *odd = "";

	if (c == CARRY_NONE)
		odd = "";
	else if (c == CARRY_CREDENTIALS && !has_credentials(f))
		odd = arena_printf(a, "the guest's systemd (%u) does not read them", g->systemd);
	else if (c != CARRY_CREDENTIALS && !g->installed)
		odd = "the guest has no cloud-init to read it";
	else if (c != CARRY_CREDENTIALS && g->off_for_good)
		odd = detail(a, f, "cloud-init is turned off in the guest", false);
	else if ((c == CARRY_ISO || c == CARRY_VFAT || c == CARRY_OVF) && !f->attaches)
		odd = "not every target attaches it";
	else if ((c == CARRY_SERIAL || c == CARRY_CREDENTIALS) && !f->smbios)
		odd = "not every target hands SMBIOS strings on";
	return (struct carry_choice){.carrier = c, .reason = odd};
}
