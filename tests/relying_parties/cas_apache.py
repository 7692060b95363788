"""Apache with mod_auth_cas guarding /private, and with mod_ssl before the provider.

The module validates tickets over TLS only: a second listener of the same Apache ends TLS for the
provider, as a proxy does in production.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from . import apache

MODULES = f"{apache.MODULES.replace('auth_openidc', 'auth_cas')} ssl proxy proxy_http"
CONFIGURATION = """\
ServerRoot "{root}"
ServerName localhost:{port}
Listen 127.0.0.1:{port}
Listen 127.0.0.1:{tls_port}
PidFile "{root}/httpd.pid"
DefaultRuntimeDir "{root}"
Mutex file:{root} default
ErrorLog "{root}/error.log"
LogLevel warn auth_cas:debug
DocumentRoot "{root}/site"
{modules}
StartServers 1
MinSpareThreads 4
MaxSpareThreads 8
ThreadsPerChild 8
MaxRequestWorkers 8

CASVersion 2
CASDebug On
CASCookiePath {root}/sessions/
CASLoginURL {issuer}/cas/login
CASValidateURL https://localhost:{tls_port}/cas/p3/serviceValidate
CASCertificatePath {root}/tls.crt
CASSSOEnabled On
CASRootProxiedAs {origin}

<Directory "{root}/site">
    Require all granted
</Directory>
<Location "/private">
    AuthType CAS
    CASAuthNHeader X-Cas-User
    Require valid-user
    Header always set X-Remote-User "expr=%{{REMOTE_USER}}"
    Header always set X-Real-Acr "expr=%{{req:CAS-acr}}"
</Location>
<VirtualHost 127.0.0.1:{tls_port}>
    SSLEngine On
    SSLCertificateFile {root}/tls.crt
    SSLCertificateKeyFile {root}/tls.key
    ProxyPass /cas {issuer}/cas
</VirtualHost>
"""


@dataclass(frozen=True)
class Addresses:
    """Where the guarded site and its pages are."""

    origin: str

    @property
    def private(self) -> str:
        return f"{self.origin}/private/"

    @property
    def signed_out(self) -> str:
        return f"{self.origin}/signed-out.html"


def has_module() -> bool:
    """Say whether mod_auth_cas is installed beside Apache."""
    return any((Path(place) / "mod_auth_cas.so").exists() for place in apache.MODULE_FOLDERS)


@contextmanager
def running(program: str, port: int, tls_port: int, issuer: str) -> Iterator[Addresses]:
    """Run Apache in the foreground; it ends its own children when it is told to stop."""
    addresses = Addresses(f"http://localhost:{port}")
    user = apache.UNPRIVILEGED if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="manyou-cas-") as name:
        root = Path(name)
        _furnish(root)
        (root / "httpd.conf").write_text(
            CONFIGURATION.format(
                root=root,
                port=port,
                tls_port=tls_port,
                origin=addresses.origin,
                issuer=issuer,
                modules=apache.module_lines(MODULES),
            )
        )
        for path in (root, *root.rglob("*")) if user else ():
            shutil.chown(path, user)
        command = [program, "-f", str(root / "httpd.conf"), "-D", "FOREGROUND"]
        with subprocess.Popen(command, text=True, user=user) as process:
            try:
                apache.wait(process, addresses.signed_out, root / "error.log")
                yield addresses
            finally:
                process.terminate()
                process.wait(timeout=20)


def _furnish(root: Path) -> None:
    for place in ("site/private", "sessions"):
        (root / place).mkdir(parents=True)
    (root / "site/private/index.html").write_text("behind the door")
    (root / "site/signed-out.html").write_text("signed out here")
    request = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    names = ("-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", root / "tls.key", "-out", root / "tls.crt")
    command = ["openssl", *request.split(), *names, *map(str, files)]
    subprocess.run(command, check=True, capture_output=True)
