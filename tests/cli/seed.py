#!/usr/bin/python3
"""What the installed cloud-init makes of a seed.

usage: seed.py nocloud iso|vfat|dir PATH    its NoCloud data source reads the seed: JSON
       seed.py ovf ISO                      its OVF reader reads the environment: JSON
       seed.py merged USER-DATA-FILE        its part handlers merge the user-data: YAML as JSON
       seed.py serial TEXT                  its parser of ds=nocloud strings: JSON
       seed.py render KIND NETWORK-CONFIG   its renderer (eni, netplan, networkd, sysconfig, network-manager): JSON of files
"""
import json
import os
import subprocess
import sys
import tempfile
from unittest import mock

from cloudinit import distros, helpers, net, user_data, util
from cloudinit.sources import DataSourceNoCloud, DataSourceOVF


def unpack(kind, image, folder):
    if kind == "vfat":
        subprocess.run(["mcopy", "-n", "-i", image, "::*", folder], check=True)
        return
    subprocess.run(["xorriso", "-indev", image, "-osirrox", "on", "-extract", "/", folder],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # The mode is the guest's root's alone: so it is for whoever unpacks.
    for name in os.listdir(folder):
        os.chmod(os.path.join(folder, name), 0o600)


def blkid(image):
    out = subprocess.run(["blkid", "-o", "export", image], check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(line.split("=", 1) for line in out.splitlines())


def nocloud(kind, path):
    with tempfile.TemporaryDirectory() as top:
        paths = helpers.Paths({"cloud_dir": top, "run_dir": top, "templates_dir": top})
        source = DataSourceNoCloud.DataSourceNoCloud({}, mock.Mock(), paths)
        source.seed_dirs = [path] if kind == "dir" else []
        tags = {} if kind == "dir" else blkid(path)

        def find(criteria=None, **_):
            key, _, value = criteria.partition("=")
            return [path] if tags.get(key) == value else []

        def mounted(_device, callback, data=None, **_):
            folder = tempfile.mkdtemp(dir=top)
            unpack(kind, path, folder)
            return callback(folder, data)

        with mock.patch.object(util, "find_devs_with", find), mock.patch.object(util, "mount_cb", mounted), \
                mock.patch("cloudinit.dmi.read_dmi_data", return_value=None), \
                mock.patch.object(util, "get_cmdline", return_value=""):
            if not source._get_data():
                sys.exit("cloud-init finds no seed there")
        host = source.get_hostname(fqdn=True)
        return {"id": source.get_instance_id(), "hostname": getattr(host, "hostname", host),
                "keys": source.get_public_ssh_keys(), "network": source.network_config,
                "user-data": util.decode_binary(source.userdata_raw), "dsmode": source.dsmode}


def ovf(image):
    with tempfile.TemporaryDirectory() as folder:
        unpack("iso", image, folder)
        with open(os.path.join(folder, "ovf-env.xml")) as f:
            md, ud, cfg = DataSourceOVF.read_ovf_environment(f.read(), read_network=True)
    return {"meta": md, "user-data": util.decode_binary(ud), "config": cfg}


def merged(path):
    from cloudinit.handlers import cloud_config
    with tempfile.TemporaryDirectory() as top, open(path, "rb") as f:
        paths = helpers.Paths({"cloud_dir": top, "run_dir": top})
        message = user_data.UserDataProcessor(paths).process(f.read())
        handler = cloud_config.CloudConfigPartHandler(paths)
        scripts = []
        for part in message.walk():
            if part.is_multipart():
                continue
            if part.get_content_type() == "text/cloud-config":
                payload = util.fully_decoded_payload(part)
                handler.handle_part(None, "text/cloud-config", part.get_filename() or "part", payload, None, part)
            else:
                scripts.append(util.decode_binary(util.fully_decoded_payload(part)))
    return {"config": handler.cloud_buf, "others": scripts}


def serial(text):
    md = {}
    if not DataSourceNoCloud.load_cmdline_data(md, text):
        sys.exit("cloud-init takes it for something else")
    return md


def render(kind, path):
    from cloudinit.net import eni, netplan, network_manager, network_state, networkd, sysconfig
    makers = {"eni": lambda: eni.Renderer({"eni_path": "interfaces", "netrules_path": None}),
              "netplan": lambda: netplan.Renderer({"netplan_path": "netplan.yaml", "postcmds": False}),
              "networkd": lambda: networkd.Renderer({}),
              "sysconfig": lambda: sysconfig.Renderer(distros.fetch("rhel").renderer_configs["sysconfig"]),
              "network-manager": lambda: network_manager.Renderer()}
    with open(path) as f:
        config = util.load_yaml(f.read())
    renderer = makers[kind]()
    state = network_state.parse_net_config_data(config.get("network", config), renderer=renderer)
    files = {}
    with tempfile.TemporaryDirectory() as top, mock.patch.object(net, "get_interfaces_by_mac", return_value={}), \
            mock.patch.object(util, "chownbyname"), mock.patch.object(net, "is_netfailover", return_value=False):
        renderer.render_network_state(state, target=top)
        for folder, _, names in os.walk(top):
            for name in names:
                full = os.path.join(folder, name)
                with open(full) as f:
                    files[os.path.relpath(full, top)] = f.read()
    return files


def main():
    verbs = {"nocloud": nocloud, "ovf": ovf, "merged": merged, "serial": serial, "render": render}
    json.dump(verbs[sys.argv[1]](*sys.argv[2:]), sys.stdout, indent=1, sort_keys=True, default=str)
    print()


main()
