"""The web server: waitress, which has read a whole request before a thread sees it.

python -m config.web             listens on HOST:PORT
python -m config.web --fd N      serves an inherited socket, beside others on the same one
"""

import argparse
import socket

import waitress

from config import env

THREADS = 8
SLOWEST_CLIENT_SECONDS = 60
LARGEST_REQUEST_BYTES = 64 * 2**20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int)
    listener = _listener(parser.parse_args().fd)

    from config.wsgi import application  # only now: it reads the settings

    # Behind a front end of ours, scheme and user's address are the ones that it names.
    proxy = env.text("TRUSTED_PROXY", "")
    trust = (
        {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}}
        if proxy
        else {}
    )
    waitress.serve(
        application,
        sockets=[listener],
        threads=THREADS,
        channel_timeout=SLOWEST_CLIENT_SECONDS,
        max_request_body_size=LARGEST_REQUEST_BYTES,
        ident="",
        **trust,
    )


def _listener(descriptor: int | None) -> socket.socket:
    if descriptor is not None:
        return socket.socket(fileno=descriptor)
    return listen(env.text("HOST", "0.0.0.0"), env.integer("PORT", 8000))


def listen(host: str, port: int) -> socket.socket:
    """The listening socket of all web processes."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    return listener


if __name__ == "__main__":
    main()
