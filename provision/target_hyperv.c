/* A PowerShell script for Hyper-V. Its disks are VHDX, made of the clone's by qemu-img. */
#include "provision/target.h"
#include "provision/qemu_devices.h"
#include "provision/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* "0E-4B-..": without separators is what New-VM's cmdlets take. */
static void add_mac(struct strbuf *out, const char *mac)
{
	for (; *mac; mac++)
		if (*mac != ':')
			strbuf_addc(out, *mac);
}

static void add_nic(struct strbuf *out, const struct vm_nic *n, size_t i)
{
	strbuf_printf(out,
		      "$nic = Add-VMNetworkAdapter -VM $vm -Name 'nic%zu' -Passthru "
		      "-StaticMacAddress '",
		      i);
	add_mac(out, n->mac);
	strbuf_addc(out, '\'');
	if (n->network || n->bridge) {
		strbuf_add(out, " -SwitchName ");
		quote_powershell(out, n->network ? n->network : n->bridge);
	} else {
		strbuf_add(out, " -SwitchName $Switch");
	}
	strbuf_addc(out, '\n');
}

/* VHDX as it is, VHD where the machine is of the first generation; others are converted. */
static bool takes(const struct vm *vm, const struct vm_disk *d)
{
	return str_eq(d->format, "vhdx") || (str_eq(d->format, "vhd") && !vm->efi);
}

static void add_conversions(struct strbuf *out, const struct vm *vm)
{
	size_t n = 0;

	for (size_t i = 0; i < vm->ndisks; i++) {
		if (takes(vm, &vm->disks[i]))
			continue;
		if (n++ == 0)
			strbuf_add(out, "# Where QEMU is, once:\n");
		strbuf_printf(out,
			      "#   qemu-img convert -f %s -O vhdx -o subformat=dynamic %s "
			      "disk%zu.vhdx\n",
			      qemu_disk_format(vm->disks[i].format), vm->disks[i].file, i);
	}
	strbuf_printf(out, "# %sn the Hyper-V host, in this folder: .\\hyperv.ps1\n",
		      n ? "Then o" : "O");
}

static void add_disk(struct strbuf *out, const struct vm *vm, size_t i)
{
	strbuf_printf(out,
		      "Add-VMHardDiskDrive -VM $vm -ControllerType %s -Path (Join-Path "
		      "$PSScriptRoot '",
		      /* IDE has four places, one of them the disc's. */
		      vm->efi || i >= 3 ? "SCSI" : "IDE");
	if (takes(vm, &vm->disks[i]))
		strbuf_add(out, vm->disks[i].file);
	else
		strbuf_printf(out, "disk%zu.vhdx", i);
	strbuf_add(out, "')\n");
}

int target_hyperv(const struct vm *vm, struct strbuf *out, struct err *e)
{
	if (vm->seed && vm->seed_is_disk)
		return err_set(e, ENOTSUP, "target hyperv attaches discs only: --carrier iso");
	add_conversions(out, vm);
	strbuf_add(out, "param([string]$Switch = 'Default Switch')\n"
			"$ErrorActionPreference = 'Stop'\n$name = ");
	quote_powershell(out, vm->name);
	strbuf_printf(out,
		      "\n$vm = New-VM -Name $name -Generation %d -MemoryStartupBytes %" PRIu64
		      " -NoVHD\n",
		      vm->efi ? 2 : 1, vm->memory);
	strbuf_printf(out, "Set-VM -VM $vm -ProcessorCount %u -StaticMemory -Notes ", vm->cpus);
	quote_powershell(out, vm->title);
	strbuf_add(out, "\nGet-VMNetworkAdapter -VM $vm | Remove-VMNetworkAdapter\n");
	for (size_t i = 0; i < vm->ndisks; i++)
		add_disk(out, vm, i);
	if (vm->seed) {
		strbuf_add(out, "Add-VMDvdDrive -VM $vm -Path (Join-Path $PSScriptRoot ");
		quote_powershell(out, vm->seed);
		strbuf_add(out, ")\n");
	}
	for (size_t i = 0; i < vm->nnics; i++)
		add_nic(out, &vm->nics[i], i);
	if (vm->efi)
		strbuf_add(out, "Set-VMFirmware -VM $vm -EnableSecureBoot Off -FirstBootDevice "
				"(Get-VMHardDiskDrive -VM $vm)[0]\n");
	/* There is no cmdlet for it: the UUID goes by WMI. */
	strbuf_printf(
		out,
		"$ns = 'root\\virtualization\\v2'\n"
		"$set = Get-CimInstance -Namespace $ns -ClassName Msvm_VirtualSystemSettingData "
		"-Filter \"VirtualSystemIdentifier='$($vm.Id)'\"\n"
		"$set.BIOSGUID = '{%s}'\n"
		"$svc = Get-CimInstance -Namespace $ns -ClassName "
		"Msvm_VirtualSystemManagementService\n"
		"$text = [Microsoft.Management.Infrastructure.Serialization.CimSerializer]::"
		"Create().Serialize($set, 0)\n"
		"Invoke-CimMethod -InputObject $svc -MethodName ModifySystemSettings -Arguments "
		"@{SystemSettings = [Text.Encoding]::Unicode.GetString($text)} | Out-Null\n"
		"Write-Output \"Start-VM -Name $name\"\n",
		vm->smbios);
	return 0;
}
