"""An authority of the tests' own, and what it vouches for."""

import ipaddress
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from steadyhand.domain.record import utc_now
from steadyhand.stack.ports import LOOPBACK


class Authority:
    """Writes `NAME.crt` and `NAME.key` into a directory; its own certificate is `ca.crt`, or of another name."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self._directory = directory
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = directory / f"{name}.crt"
        built = self._about(name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.certificate.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def vouch(self, name: str) -> tuple[Path, Path]:
        """A certificate for loopback, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        where = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
        signed = self._about(name, key).add_extension(where, critical=False).sign(self._key, hashes.SHA256())
        certificate, secret = self._directory / f"{name}.crt", self._directory / f"{name}.key"
        certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        kind = serialization.PrivateFormat.PKCS8
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, plain))
        return certificate, secret

    def _about(self, name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = utc_now()
        return (
            x509.CertificateBuilder()
            .subject_name(_called(name))
            .issuer_name(_called(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
