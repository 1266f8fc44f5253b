"""A listening server in a thread of its own that stops at once."""

import selectors
import socket
import socketserver
import threading


class Listening(socketserver.TCPServer):
    """Serves from :meth:`begin` to :meth:`end`; mixed into a TCP server of :mod:`socketserver`.

    ``serve_forever`` wakes again and again to see whether it should stop, and whoever stops it waits for that.
    """

    timeout = 0
    """Seconds: a caller that has gone again before it was heard holds nobody up."""
    _serving: threading.Thread | None = None

    def begin(self, name: str) -> None:
        """Answer calls in a thread of this name. Not to be repeated."""
        self._ended, self._end = socket.socketpair()
        self._serving = threading.Thread(target=self._serve, name=name, daemon=True)
        self._serving.start()

    def end(self) -> None:
        """Answer no more calls; what is being answered goes on. Safe to repeat, and before :meth:`begin`."""
        if self._serving is not None and self._serving.is_alive():
            self._end.send(b"\0")
            self._serving.join()
            self._end.close()
        self.server_close()

    def _serve(self) -> None:
        with self._ended, selectors.DefaultSelector() as waiting:
            waiting.register(self._ended, selectors.EVENT_READ)
            waiting.register(self, selectors.EVENT_READ)
            while all(key.fileobj is self for key, _ in waiting.select()):
                self.handle_request()
