"""nginx, Caddy and HAProxy as the files of `deploy` configure them; only ports and paths differ."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import client
from daemon import eventually
from program import free_port
from tools import DEPLOY, passes, tool

#: The socket that the files name.
SOCKET = "/run/ephemerald/ephemerald.sock"


def substitute(name: str, replacements: dict[str, str]) -> str:
    """A file of `deploy` with other ports and paths. What is replaced must be there."""
    text = (DEPLOY / name).read_text()
    for old, new in replacements.items():
        assert old in text, f"{name} no longer holds {old!r}"
        text = text.replace(old, new)
    return text


@dataclass(frozen=True)
class Upstream:
    """Where the daemon listens: a path, or a port of loopback."""

    path: Path | None = None
    port: int | None = None

    def of_the_two(self, path: str, port: str) -> str:
        return path.format(self.path) if self.path else port.format(self.port)


@dataclass
class Proxy:
    """One proxy: its files, how it is checked and started, and its process."""

    name: str
    folder: Path
    upstream: Upstream
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = client.certificate(self.folder)
        self.check, self.command, self.environment = getattr(self, "_" + self.name)()

    def _nginx(self):
        (self.folder / "site").write_text(
            substitute(
                "nginx.conf",
                {
                    SOCKET: self.upstream.of_the_two("{}", ""),
                    "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                    "listen [::]:443 ssl": f"listen [::1]:{self.port} ssl",
                    "/etc/ssl/app.example.pem": str(self.certificate),
                    "/etc/ssl/private/app.example.key": str(self.certificate),
                }
                if self.upstream.path
                else {
                    f"server unix:{SOCKET};": f"server 127.0.0.1:{self.upstream.port};",
                    "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                    "listen [::]:443 ssl": f"listen [::1]:{self.port} ssl",
                    "/etc/ssl/app.example.pem": str(self.certificate),
                    "/etc/ssl/private/app.example.key": str(self.certificate),
                },
            )
        )
        scratch = "".join(
            f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        main = self.folder / "nginx.conf"
        main.write_text(
            f"{user} worker_processes 1; daemon off; pid {self.folder}/pid; error_log stderr notice;\n"
            f"events {{ worker_connections 1024; }}\n"
            f"http {{ access_log off; {scratch} include {self.folder}/site; }}\n"
        )
        nginx = [tool("nginx"), "-c", str(main), "-p", str(self.folder)]
        return [*nginx, "-t"], nginx, {}

    def _caddy(self):
        admin = f"admin unix/{self.folder}/admin\n\tpersist_config off\n\thttp_port {free_port()}"
        config = self.folder / "Caddyfile"
        config.write_text(
            substitute(
                "Caddyfile",
                {
                    "{\n\tservers {": f"{{\n\t{admin}\n\tdefault_bind 127.0.0.1\n\tservers {{",
                    "{$SITE:app.example} {": f"{{$SITE}} {{\n\ttls {self.certificate} {self.certificate}",
                },
            )
        )
        environment = {
            "SITE": f"https://app.example:{self.port}",
            "UPSTREAM": self.upstream.of_the_two("unix/{}", "127.0.0.1:{}"),
            "HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
        }
        caddy = tool("caddy")
        file = ["--config", str(config), "--adapter", "caddyfile"]
        return [caddy, "validate", *file], [caddy, "run", *file], environment

    def _haproxy(self):
        config = self.folder / "haproxy.cfg"
        config.write_text(
            substitute(
                "haproxy.cfg",
                {
                    f"unix@{SOCKET}": self.upstream.of_the_two("unix@{}", "127.0.0.1:{}"),
                    "bind :::443 v4v6": f"bind 127.0.0.1:{self.port},[::1]:{self.port}",
                    "/etc/haproxy/app.example.pem": str(self.certificate),
                },
            )
        )
        haproxy = [tool("haproxy"), "-f", str(config)]
        return [*haproxy, "-c"], [*haproxy, "-db"], {}

    @property
    def _variables(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | self.environment

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def validate(self) -> str:
        return passes(*self.check, env=self._variables)

    def start(self) -> Proxy:
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                self.command, env=self._variables, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        eventually(lambda: self._listens() or self.process.poll() is not None, f"{self.name} listens", 15)
        assert self.process.poll() is None, f"{self.name} ended: {self.log[-2000:]}"
        return self

    def _listens(self) -> bool:
        try:
            client.connect(self).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
