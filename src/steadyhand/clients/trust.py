"""Whose certificates we believe."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """What httpx itself would trust ($SSL_CERT_FILE, $SSL_CERT_DIR, else certifi's), read once for the process.

    Reading takes 20 ms, and nothing else moves meanwhile; a client that is not given this reads it all again, even for
    plain http.
    """
    return httpx.create_ssl_context()
