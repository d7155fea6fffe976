"""Certificates of TLS listeners: those that are named, else one that is made for the source and kept."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import os
import socket
import ssl
from pathlib import Path

YEARS = 10


class BadCertificate(ValueError):
    """A certificate or key that cannot be used; the text says which and why."""


def context(certificate: Path, key: Path, authority: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or later with this certificate; with `authority`, senders must show one that it signed."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    load(made, certificate, key)
    if authority is not None:
        try:
            made.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            raise BadCertificate(f"{authority} cannot be used ({error}). Name a PEM file of authorities.") from None
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def load(made: ssl.SSLContext, certificate: Path | str, key: Path | str | None) -> None:
    """Show this certificate. BadCertificate where it cannot be used; a key with a passphrase asks nobody for it."""

    def nobody() -> str:
        raise BadCertificate(f"{key} has a passphrase, which nobody can type here. Name a key without one.")

    try:
        made.load_cert_chain(certificate, key, password=nobody)
    except (OSError, ssl.SSLError) as error:
        raise BadCertificate(f"{certificate} with {key} cannot be used ({error}). Name a PEM pair.") from None


def fingerprint(certificate: Path) -> str:
    """SHA-256 of the first certificate of a PEM file, as pairs of digits; "" where it cannot be read."""
    try:
        text = certificate.read_text("ascii")
        begin = text.index("-----BEGIN CERTIFICATE-----")
        end = text.index("-----END CERTIFICATE-----", begin) + len("-----END CERTIFICATE-----")
        data = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[begin:end])).hexdigest().upper()
    except (OSError, ValueError):
        return ""
    return ":".join(data[place : place + 2] for place in range(0, len(data), 2))


def own(folder: Path) -> tuple[Path, Path]:
    """The pair in `folder`, made at first need: self-signed, P-256, for this machine's names."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if certificate.exists() and key.exists():
        return certificate, key
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder.mkdir(parents=True, exist_ok=True)
    secret = ec.generate_private_key(ec.SECP256R1())
    names = sorted({socket.gethostname(), socket.getfqdn(), "localhost"})
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, socket.gethostname()[:64])])
    now = datetime.datetime.now(datetime.UTC)
    addresses = [x509.IPAddress(ipaddress.ip_address(one)) for one in ("127.0.0.1", "::1")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName([*(x509.DNSName(one) for one in names), *addresses]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(secret, hashes.SHA256())
    )
    pem = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, pem)
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _write(path: Path, data: bytes) -> None:
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
