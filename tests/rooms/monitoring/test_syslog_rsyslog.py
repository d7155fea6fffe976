"""A real rsyslog as the sender: over RELP through kills, over TLS with a certificate that it verifies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from accord_collecting import Installation, free_port, plain, wait_for

from accord.monitoring.collecting import certificates

RSYSLOG = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
LINES = int(os.environ.get("ACCORD_SYSLOG_LINES", "100000"))
NUMBER = re.compile(rb"line number (\d+) of")

pytestmark = pytest.mark.skipif(
    not Path(RSYSLOG).exists(), reason="no rsyslog here (Debian: apt-get install rsyslog rsyslog-relp rsyslog-gnutls)"
)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("rsyslog") / "home")
    yield made
    made.end()


def rsyslog(folder: Path, module: str, action: str) -> subprocess.Popen[bytes]:
    """A sender that follows `folder`/lines.log."""
    configuration = folder / "rsyslog.conf"
    configuration.write_text(
        f'global(workDirectory="{folder}" maxMessageSize="8k")\nmodule(load="imfile")\n{module}\n'
        f'input(type="imfile" file="{folder}/lines.log" tag="test" ruleset="out")\n'
        'template(name="plain" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% host app - - - %msg%")\n'
        f'ruleset(name="out") {{ action({action} template="plain"\n  queue.type="LinkedList" queue.size="1000000"\n'
        '  action.resumeRetryCount="-1" action.resumeInterval="1") }\n'
    )
    (folder / "lines.log").write_text("".join(f"line number {n} of {LINES}\n" for n in range(LINES)))
    log = (folder / "rsyslog.log").open("wb")
    return subprocess.Popen([RSYSLOG, "-n", "-f", configuration, "-i", folder / "pid"], stdout=log, stderr=log)


def answers(port: int) -> bool:
    try:
        plain(port).close()
    except OSError:
        return False
    return True


def numbers(installation: Installation, pk: int) -> Counter[int]:
    return Counter(int(found[1]) for body in installation.spooled(pk).elements() if (found := NUMBER.search(body)))


@pytest.mark.parametrize("transport", ["relp", "relp-tls"])
def test_relp_through_kills(installation: Installation, tmp_path: Path, transport: str) -> None:
    """RELP acknowledges every message: nothing is lost and nothing comes twice, whatever is killed."""
    if not list(Path("/usr/lib").glob("**/omrelp.so")):
        pytest.skip("rsyslog is here without RELP (Debian: apt-get install rsyslog-relp)")
    port = free_port()
    pk = installation.add_source("syslog", transport, transport=transport, port=port, address="127.0.0.1")
    process = installation.collect()
    wait_for(lambda: answers(port))  # rsyslog 8.2302 sends its first message twice where it could not connect at first
    action = f'type="omrelp" target="localhost" port="{port}" timeout="5"'
    if transport == "relp-tls":
        certificate = installation.home / "events" / "certificates" / transport / "certificate.pem"
        own, key = certificates.own(tmp_path / "own")  # without one librelp only offers to stay anonymous
        action += (
            f' tls="on" tls.caCert="{certificate}" tls.authMode="name" tls.permittedPeer=["localhost"]'
            f' tls.myCert="{own}" tls.myPrivKey="{key}"'
        )
    sender = rsyslog(tmp_path, 'module(load="omrelp")', action)
    try:
        for part in (LINES // 10, LINES // 2):
            wait_for(lambda part=part: len(numbers(installation, pk)) > part, every=0.5)
            process.kill()
            process.wait()
            process = installation.collect()
        wait_for(lambda: len(numbers(installation, pk)) == LINES, 240, 1.0)
    finally:
        sender.terminate()
        sender.wait(30)
        process.terminate()
        process.wait(30)
    assert numbers(installation, pk) == Counter(range(LINES))


def test_tls_with_a_certificate_that_is_verified(installation: Installation, tmp_path: Path) -> None:
    if not list(Path("/usr/lib").glob("**/lmnsd_gtls.so")):
        pytest.skip("rsyslog is here without TLS (Debian: apt-get install rsyslog-gnutls)")
    port = free_port()
    pk = installation.add_source("syslog", "verified", transport="tls", port=port, address="127.0.0.1")
    process = installation.collect()
    certificate = installation.home / "events" / "certificates" / "verified" / "certificate.pem"
    wait_for(certificate.exists)
    sender = rsyslog(
        tmp_path, f'global(DefaultNetstreamDriverCAFile="{certificate}")',
        f'type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" TCP_Framing="octet-counted"\n'
        '  StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name"\n'
        '  StreamDriverPermittedPeers="localhost"',
    )  # fmt: skip
    try:
        wait_for(lambda: len(numbers(installation, pk)) == LINES, 240, 1.0)
    finally:
        sender.terminate()
        sender.wait(30)
        process.terminate()
        process.wait(30)
    assert numbers(installation, pk) == Counter(range(LINES))
