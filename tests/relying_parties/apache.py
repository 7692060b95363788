"""Apache with mod_auth_openidc, configured in a directory of its own and guarding /private."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

MODULES = "mpm_event authn_core authz_core authz_user unixd dir headers auth_openidc"
MODULE_FOLDERS = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules")
UNPRIVILEGED = "www-data"
PASSPHRASE = "a relying party's own passphrase"

CONFIGURATION = """\
ServerRoot "{root}"
ServerName localhost:{port}
Listen 127.0.0.1:{port}
PidFile "{root}/httpd.pid"
DefaultRuntimeDir "{root}"
Mutex file:{root} default
ErrorLog "{root}/error.log"
LogLevel warn auth_openidc:info
DocumentRoot "{root}/site"
{modules}
StartServers 1
MinSpareThreads 4
MaxSpareThreads 8
ThreadsPerChild 8
MaxRequestWorkers 8

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCRedirectURI {origin}/private/redirect_uri
OIDCCryptoPassphrase "{passphrase}"
OIDCScope "openid profile offline_access"
OIDCAuthRequestParams prompt=consent
OIDCPKCEMethod S256
OIDCSessionType server-cache
OIDCInfoHook iat access_token access_token_expires id_token userinfo refresh_token session
OIDCRefreshAccessTokenBeforeExpiry 30

<Directory "{root}/site">
    Require all granted
</Directory>
<Location "/private">
    AuthType openid-connect
    Require valid-user
    Header always set X-Remote-User "expr=%{{REMOTE_USER}}"
</Location>
<Location "/private/quiet">
    OIDCUnAuthAction 401
</Location>
"""


@dataclass(frozen=True)
class Addresses:
    """Where the guarded site and the module's own doors are."""

    origin: str

    @property
    def private(self) -> str:
        return f"{self.origin}/private/"

    @property
    def quiet(self) -> str:
        """Guarded too, but answers 401 where /private starts a login."""
        return f"{self.origin}/private/quiet/"

    @property
    def redirect_uri(self) -> str:
        return f"{self.origin}/private/redirect_uri"

    @property
    def backchannel_logout_uri(self) -> str:
        return f"{self.redirect_uri}?logout=backchannel"

    @property
    def info(self) -> str:
        return f"{self.redirect_uri}?info=json"

    @property
    def signed_out(self) -> str:
        return f"{self.origin}/signed-out.html"


def has_module() -> bool:
    """Say whether mod_auth_openidc is installed beside Apache."""
    return any((Path(place) / "mod_auth_openidc.so").exists() for place in MODULE_FOLDERS)


def module_lines(wanted: str = MODULES) -> str:
    """Return the lines that load what is *wanted*, less what is built in."""
    folder = next(Path(place) for place in MODULE_FOLDERS if Path(place).is_dir())
    names = [name for name in wanted.split() if (folder / f"mod_{name}.so").exists()]
    return "\n".join(f"LoadModule {name}_module {folder}/mod_{name}.so" for name in names)


def _write_site(root: Path) -> None:
    for place in ("site/private/quiet", "site/private"):
        (root / place).mkdir(parents=True, exist_ok=True)
        (root / place / "index.html").write_text("behind the door")
    (root / "site/signed-out.html").write_text("signed out here")


def _configuration(root: Path, port: int, issuer: str, client: dict[str, str]) -> str:
    return CONFIGURATION.format(
        root=root,
        port=port,
        origin=f"http://localhost:{port}",
        modules=module_lines(),
        issuer=issuer,
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        passphrase=PASSPHRASE,
    )


@contextmanager
def _folder() -> Iterator[tuple[Path, str | None]]:
    """Make a folder for Apache alone, and say as whom to run it: never as root."""
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="manyou-apache-") as name:
        root = Path(name)
        _write_site(root)
        yield root, user


def wait(process: subprocess.Popen[str], page: str, log: Path) -> None:
    """Wait until *page* is served."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text() if log.exists() else "no log"
        try:
            if requests.get(page, timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError(f"Apache did not answer: {log.read_text()}")


@contextmanager
def running(program: str, port: int, issuer: str, client: dict[str, str]) -> Iterator[Addresses]:
    """Run Apache in the foreground; it ends its own children when it is told to stop."""
    addresses = Addresses(f"http://localhost:{port}")
    with _folder() as (root, user):
        (root / "httpd.conf").write_text(_configuration(root, port, issuer, client))
        for path in (root, *root.rglob("*")) if user else ():
            shutil.chown(path, user)
        command = [program, "-f", str(root / "httpd.conf"), "-D", "FOREGROUND"]
        with subprocess.Popen(command, text=True, user=user) as process:
            try:
                wait(process, addresses.signed_out, root / "error.log")
                yield addresses
            finally:
                process.terminate()
                process.wait(timeout=20)
