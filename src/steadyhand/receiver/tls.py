"""TLS as the profile wants it."""

import ssl

from steadyhand.errors import ConfigurationError
from steadyhand.profile import Tls


def tls_context(settings: Tls) -> ssl.SSLContext | None:
    """What to speak TLS with, 1.2 at least; None for plain HTTP. Raises ConfigurationError for files that do not do.

    With `client_ca`, a client without a certificate of theirs does not get as far as HTTP, health checks included.
    """
    if settings.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Without a password of ours, a key with a passphrase would ask for it on the terminal, and wait.
        context.load_cert_chain(settings.certificate, settings.key, password=lambda: "")
    except OSError as error:
        raise ConfigurationError(
            f"cannot use receiver.tls.certificate {settings.certificate} with its key {settings.key}: {_why(error)}"
        ) from error
    if settings.client_ca is not None:
        try:
            context.load_verify_locations(settings.client_ca)
        except OSError as error:
            raise ConfigurationError(
                f"cannot use receiver.tls.client_ca {settings.client_ca}: {_why(error)}"
            ) from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _why(error: OSError) -> str:
    return str(error.strerror or error)
