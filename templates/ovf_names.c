/* The tables behind the names. */
#include "templates/ovf_names.h"

#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* CIM_OperatingSystem.OSType. */
static const char *const cim_systems[] = {
	[1] = "Other",
	[2] = "Mac OS",
	[6] = "Tru64 UNIX",
	[7] = "OpenVMS",
	[8] = "HP-UX",
	[9] = "AIX",
	[12] = "OS/2",
	[14] = "MS-DOS",
	[15] = "Windows 3.x",
	[16] = "Windows 95",
	[17] = "Windows 98",
	[18] = "Windows NT",
	[19] = "Windows CE",
	[21] = "NetWare",
	[25] = "SCO UnixWare",
	[26] = "SCO OpenServer",
	[28] = "IRIX",
	[29] = "Solaris",
	[30] = "SunOS",
	[36] = "Linux",
	[37] = "Lynx",
	[38] = "XENIX",
	[40] = "Interactive UNIX",
	[41] = "BSD",
	[42] = "FreeBSD",
	[43] = "NetBSD",
	[44] = "GNU Hurd",
	[46] = "Mach",
	[48] = "QNX",
	[51] = "VxWorks",
	[53] = "BeOS",
	[58] = "Windows 2000",
	[59] = "Dedicated",
	[63] = "Windows Me",
	[65] = "OpenBSD",
	[66] = "Not applicable",
	[67] = "Windows XP",
	[68] = "z/OS",
	[69] = "Windows Server 2003",
	[70] = "Windows Server 2003, 64 bit",
	[71] = "Windows XP, 64 bit",
	[72] = "Windows XP Embedded",
	[73] = "Windows Vista",
	[74] = "Windows Vista, 64 bit",
	[75] = "Windows Embedded for Point of Service",
	[76] = "Windows Server 2008",
	[77] = "Windows Server 2008, 64 bit",
	[78] = "FreeBSD, 64 bit",
	[79] = "Red Hat Enterprise Linux",
	[80] = "Red Hat Enterprise Linux, 64 bit",
	[81] = "Solaris, 64 bit",
	[82] = "SUSE Linux",
	[83] = "SUSE Linux, 64 bit",
	[84] = "SUSE Linux Enterprise Server",
	[85] = "SUSE Linux Enterprise Server, 64 bit",
	[86] = "Novell OES",
	[87] = "Novell Linux Desktop",
	[88] = "Sun Java Desktop System",
	[89] = "Mandriva",
	[90] = "Mandriva, 64 bit",
	[91] = "TurboLinux",
	[92] = "TurboLinux, 64 bit",
	[93] = "Ubuntu",
	[94] = "Ubuntu, 64 bit",
	[95] = "Debian",
	[96] = "Debian, 64 bit",
	[97] = "Linux 2.4",
	[98] = "Linux 2.4, 64 bit",
	[99] = "Linux 2.6 or later",
	[100] = "Linux 2.6 or later, 64 bit",
	[101] = "Linux, 64 bit",
	[102] = "Other, 64 bit",
	[103] = "Windows Server 2008 R2",
	[104] = "VMware ESXi",
	[105] = "Windows 7",
	[106] = "CentOS",
	[107] = "CentOS, 64 bit",
	[108] = "Oracle Linux",
	[109] = "Oracle Linux, 64 bit",
	[110] = "eComStation",
	[111] = "Windows Server 2011",
	[112] = "Windows Server 2012",
	[113] = "Windows 8",
	[114] = "Windows 8, 64 bit",
	[115] = "Windows Server 2012 R2",
	[116] = "Windows Server 2016",
	[117] = "Windows 8.1",
	[118] = "Windows 8.1, 64 bit",
	[119] = "Windows 10",
	[120] = "Windows 10, 64 bit",
	[121] = "Windows Server 2019",
	[122] = "Windows 11, 64 bit",
	[123] = "Windows Server 2022",
};

/* VMware's guest ids, without "_64", "64" and "Guest"; whole words first, then words that a version follows. */
static const struct os_row {
	const char *id, *name;
	bool version; /* digits behind the id are one */
} vmware_systems[] = {
	{"windows7Server", "Windows Server 2008 R2", false},
	{"windows8Server", "Windows Server 2012", false},
	{"windows9Server", "Windows Server 2016", false},
	{"windows2019srv", "Windows Server 2019", false},
	{"windows2019srvNext", "Windows Server 2022", false},
	{"windows2022srvNext", "Windows Server 2025", false},
	{"windows7", "Windows 7", false},
	{"windows8", "Windows 8", false},
	{"windows9", "Windows 10", false},
	{"windows11", "Windows 11", false},
	{"windows12", "Windows 12", false},
	{"winLonghorn", "Windows Server 2008", false},
	{"winVista", "Windows Vista", false},
	{"winXPPro", "Windows XP", false},
	{"winXPHome", "Windows XP Home", false},
	{"winNetStandard", "Windows Server 2003 Standard", false},
	{"winNetEnterprise", "Windows Server 2003 Enterprise", false},
	{"winNetDatacenter", "Windows Server 2003 Datacenter", false},
	{"winNetBusiness", "Windows Small Business Server 2003", false},
	{"winNetWeb", "Windows Server 2003 Web", false},
	{"win2000Pro", "Windows 2000 Professional", false},
	{"win2000Serv", "Windows 2000 Server", false},
	{"win2000AdvServ", "Windows 2000 Advanced Server", false},
	{"winNT", "Windows NT", false},
	{"win98", "Windows 98", false},
	{"dos", "MS-DOS", false},
	{"other", "Other", false},
	{"otherLinux", "Linux", false},
	{"other24xLinux", "Linux 2.4", false},
	{"other26xLinux", "Linux 2.6", false},
	{"other3xLinux", "Linux 3", false},
	{"other4xLinux", "Linux 4", false},
	{"other5xLinux", "Linux 5", false},
	{"other6xLinux", "Linux 6", false},
	{"genericLinux", "Linux", false},
	{"vmkernel", "VMware ESX 4", false},
	{"vmwarePhoton", "VMware Photon OS", false},
	{"coreos", "CoreOS", false},
	{"vmkernel", "VMware ESXi", true},
	{"rhel", "Red Hat Enterprise Linux", true},
	{"centos", "CentOS", true},
	{"oracleLinux", "Oracle Linux", true},
	{"rockylinux", "Rocky Linux", true},
	{"almalinux", "AlmaLinux", true},
	{"fedora", "Fedora", true},
	{"debian", "Debian", true},
	{"ubuntu", "Ubuntu", true},
	{"sles", "SUSE Linux Enterprise Server", true},
	{"suse", "SUSE Linux", true},
	{"opensuse", "openSUSE", true},
	{"amazonlinux", "Amazon Linux", true},
	{"crxPod", "VMware CRX Pod", true},
	{"asianux", "Asianux", true},
	{"mandriva", "Mandriva", true},
	{"freebsd", "FreeBSD", true},
	{"solaris", "Solaris", true},
	{"darwin", "macOS (Darwin)", true},
	{"netware", "NetWare", true},
};

/* "debian12_64Guest" -> "debian12", true. */
static char *stem_of(struct arena *a, const char *type, bool *wide)
{
	char *stem = arena_dup(a, type);
	size_t n = strlen(stem);

	*wide = false;
	if (str_ends(stem, "Guest64")) { /* otherGuest64 */
		*wide = true;
		stem[n - 7] = '\0';
		return stem;
	}
	if (!str_ends(stem, "Guest"))
		return stem;
	stem[n -= 5] = '\0';
	if (n > 2 && !strcmp(stem + n - 2, "64")) {
		*wide = true;
		stem[n - 2] = '\0';
		if (str_ends(stem, "_"))
			stem[n - 3] = '\0';
	}
	return stem;
}

static bool all_digits(const char *s)
{
	while (isdigit((unsigned char)*s))
		s++;
	return !*s;
}

static const char *vmware_name(struct arena *a, const char *type)
{
	bool wide;
	char *stem = stem_of(a, type, &wide);

	for (size_t i = 0; i < ARRAY_SIZE(vmware_systems); i++) {
		const struct os_row *row = &vmware_systems[i];
		size_t n = strlen(row->id);

		if (strncasecmp(stem, row->id, n) != 0 ||
		    (row->version ? !all_digits(stem + n) : stem[n] != '\0'))
			continue;
		return arena_printf(a, "%s%s%s%s", row->name, stem[n] ? " " : "", stem + n,
				    wide ? ", 64 bit" : "");
	}
	return NULL;
}

const char *ovf_os_name(struct arena *a, unsigned cim, const char *vmware_type)
{
	const char *name = vmware_type && *vmware_type ? vmware_name(a, vmware_type) : NULL;

	if (name)
		return name;
	if (cim < ARRAY_SIZE(cim_systems) && cim_systems[cim])
		return cim_systems[cim];
	if (vmware_type && *vmware_type)
		return vmware_type;
	return cim ? arena_printf(a, "CIM operating system %u", cim) : NULL;
}

/* CIM_ResourceAllocationSettingData.ResourceType. */
static const char *const resources[] = {
	[1] = "other device",
	[2] = "computer system",
	[3] = "processor",
	[4] = "memory",
	[5] = "IDE controller",
	[6] = "SCSI controller",
	[7] = "Fibre Channel HBA",
	[8] = "iSCSI HBA",
	[9] = "InfiniBand HBA",
	[10] = "Ethernet adapter",
	[11] = "network adapter",
	[12] = "I/O slot",
	[13] = "I/O device",
	[14] = "floppy drive",
	[15] = "CD drive",
	[16] = "DVD drive",
	[17] = "disk",
	[18] = "tape drive",
	[19] = "storage extent",
	[20] = "storage controller",
	[21] = "serial port",
	[22] = "parallel port",
	[23] = "USB controller",
	[24] = "graphics",
	[25] = "IEEE 1394 controller",
	[26] = "partitionable unit",
	[27] = "base partitionable",
	[28] = "power supply",
	[29] = "cooling device",
	[30] = "Ethernet switch port",
	[31] = "logical disk",
	[32] = "storage volume",
	[33] = "Ethernet connection",
	[34] = ".NET resource",
	[35] = "sound card",
};

const char *ovf_resource_name(struct arena *a, unsigned type)
{
	if (type < ARRAY_SIZE(resources) && resources[type])
		return resources[type];
	return arena_printf(a, "resource type %u", type);
}

/* Part of the URI, lower case; the first that is found wins. */
static const struct {
	const char *part;
	enum disk_format format;
} formats[] = {
	{"vmdk", DISK_VMDK},
	{"qcow", DISK_QCOW2},
	{"vhdx", DISK_VHDX},
	{"linkid=137171", DISK_VHD},
	{"vhd", DISK_VHD},
	{"vdi", DISK_VDI},
	{"parallels", DISK_PARALLELS},
	{"wikipedia.org/wiki/byte", DISK_RAW},
	{"wiki/raw", DISK_RAW},
	{"#raw", DISK_RAW},
};

bool ovf_format_parse(const char *uri, enum disk_format *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!strcasestr(uri, formats[i].part))
			continue;
		*f = formats[i].format;
		return true;
	}
	return false;
}

const char *ovf_format_uri(enum disk_format f)
{
	switch (f) {
	case DISK_VMDK:
		return "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";
	case DISK_QCOW2:
		return "http://www.gnome.org/~markmc/qcow-image-format.html";
	case DISK_RAW:
		return "http://en.wikipedia.org/wiki/Byte";
	default:
		return NULL;
	}
}
