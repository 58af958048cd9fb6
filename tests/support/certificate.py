"""A server's certificate that nobody vouches for."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

from tests.support.programs import required


def self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server at 127.0.0.1 speaks TLS with, and the certificate for whoever trusts it."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [required("openssl"), "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
    command += ["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=Nobody"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key)]
    subprocess.run([*command, "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
