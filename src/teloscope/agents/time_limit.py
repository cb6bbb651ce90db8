"""A time limit for calls of user code: a call that does not return in time raises an error.

The call runs in its own thread; two locks hand it over and back (about 5 microseconds a call). A thread can't be
killed: a hanging one stays as a daemon thread until the process ends.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

from teloscope.errors import BadAgent


class _Mailbox:
    """The data that the two threads share: the call, then its result or exception."""

    def __init__(self) -> None:
        self.asked, self.answered = threading.Lock(), threading.Lock()
        self.asked.acquire()
        self.answered.acquire()
        self.call: Callable[[], Any] | None = None
        self.result: Any = None
        self.error: BaseException | None = None

    def serve(self) -> None:
        """Make calls until `stop`."""
        while True:
            self.asked.acquire()
            if self.call is None:
                return
            self.result = self.error = None
            try:
                self.result = self.call()
            except BaseException as error:  # carried over to the waiting thread, whatever it is
                self.error = error
            self.answered.release()

    def stop(self) -> None:
        """Let the thread end."""
        self.call = None
        self.asked.release()


class Watchdog:
    """Makes calls under a time limit.

    Args:
        seconds: the limit of one call; None: no limit, and no thread.
        who: whose calls they are, for the message.
    """

    def __init__(self, seconds: float | None, who: str) -> None:
        self.seconds, self.who = seconds, who
        self._mailbox: _Mailbox | None = None

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function(*arguments)` returns or raises.

        Raises:
            BadAgent: it did not return in time.
        """
        if self.seconds is None:
            return function(*arguments)
        mailbox = self._mailbox or self._start_thread()
        mailbox.call = lambda: function(*arguments)
        mailbox.asked.release()
        if not mailbox.answered.acquire(timeout=self.seconds):
            self._mailbox = None  # its thread hangs; the next call starts another
            raise BadAgent(
                f"{self.who} did not answer within {self.seconds:g} s. Mend it, or give it longer: callable_agent(…, "
                "timeout=…), None for no limit."
            )
        if mailbox.error is not None:
            error, mailbox.error = mailbox.error, None
            raise error
        return mailbox.result

    def _start_thread(self) -> _Mailbox:
        self._mailbox = mailbox = _Mailbox()
        threading.Thread(target=mailbox.serve, name=f"teloscope watches {self.who}", daemon=True).start()
        weakref.finalize(self, mailbox.stop)
        return mailbox
