# BENCH_RELAY says that the hosts are reached through relays on this machine, which
# add a round trip's time: the ports of the bench's ssh_config. A relay has the host's
# key, but this version of pyinfra knows no HostKeyAlias.
import os


def _host(n, **data):
    d = {"ssh_user": "root", "ssh_key": os.environ["BENCH_KEY"]}
    if os.environ.get("BENCH_RELAY"):
        d |= {"ssh_hostname": "127.0.0.1", "ssh_port": 2200 + n, "ssh_strict_host_key_checking": "no", "ssh_known_hosts_file": "/dev/null"}
    else:
        d |= {"ssh_known_hosts_file": os.environ["BENCH_KNOWN_HOSTS"], "ssh_strict_host_key_checking": "yes"}
    return (f"10.77.0.{n}", {**d, **data})


lb = [_host(11, name="lb1")]
servers = [_host(11 + i, name=f"srv{i}", server_id=i, primary=i == 1) for i in (1, 2, 3)]
