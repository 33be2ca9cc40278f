# SPDX-License-Identifier: BSD-3-Clause
"""Work ahead of the consumer: a thread that fills a buffer, threads that map in order.

Threads end with the pass that began them, also when it is left in the middle, fails, or the
interpreter exits.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
U = TypeVar("U")

_EXIT_SECONDS = 5.0


class Channel(Generic[T]):
    """A buffer of at most `size` items between one thread that fills and one that takes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._ended = self._closed = False
        self._error: BaseException | None = None
        self.thread: threading.Thread | None = None

    def put(self, item: T) -> bool:
        """Add an item as soon as there is room; False: nobody wants more."""
        with self._changed:
            while len(self._items) >= self.size and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def end(self, error: BaseException | None = None) -> None:
        """Say that no more items come, and why if it is an error."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def take(self) -> T:
        """Return the next item.

        Raises:
            StopIteration: there is none. What the filling thread raised, after its items.
        """
        with self._changed:
            while not self._items and not self._ended:
                self._changed.wait()
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            error, self._error = self._error, None
        if error is not None:
            raise error
        raise StopIteration

    @property
    def closed(self) -> bool:
        """Whether nobody wants more."""
        return self._closed

    def close(self, seconds: float | None = None) -> None:
        """Let the filling thread end, and wait until it has."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join(seconds)


class _Filled(threading.local):
    """The channel that a thread fills."""

    channel: Channel[Any] | None = None


_filled = _Filled()


class GivenUp(BaseException):
    """Ends a pass that is made ahead for somebody who has left."""


def go_on() -> None:
    """End this thread's pass if nobody wants its elements any more.

    What draws elements calls this for each: a step above may use up many before it gives one.
    Raises:
        GivenUp: to be caught where the thread began.
    """
    channel = _filled.channel
    if channel is not None and channel.closed:
        raise GivenUp


_open_channels: weakref.WeakSet[Channel[Any]] = weakref.WeakSet()


@atexit.register
def _close_channels() -> None:
    for channel in list(_open_channels):
        channel.close(_EXIT_SECONDS)


def ahead(items: Iterator[T], size: int) -> Iterator[T]:
    """Yield what an iterator yields, up to `size` items of it made ahead in a thread of its own."""
    channel: Channel[T] = Channel(size)
    channel.thread = threading.Thread(
        target=_fill, args=(channel, items), name="pyconv-prefetch", daemon=True
    )
    del items  # the thread's alone
    _open_channels.add(channel)
    channel.thread.start()
    try:
        while True:
            try:
                item = channel.take()
            except StopIteration:
                return
            yield item
            del item
            go_on()
    finally:
        channel.close()


def _fill(channel: Channel[T], items: Iterator[T]) -> None:
    _filled.channel = channel
    try:
        with closed_after(items):
            for item in items:
                if not channel.put(item):
                    break
                del item
    except GivenUp:
        channel.end()
    except BaseException as error:
        channel.end(error)
    else:
        channel.end()


def map_in_order(function: Callable[[T], U], items: Iterator[T], threads: int) -> Iterator[U]:
    """Yield a function's results in the order of the items, computed by several threads.

    At most twice as many items as threads are under way or waiting to be taken. What an item or the
    function raises comes in its place in the order, and is the last.
    """
    from concurrent.futures import ThreadPoolExecutor  # a costly import, of logging

    pool = ThreadPoolExecutor(threads, thread_name_prefix="pyconv-map")
    waiting: deque[Future[U]] = deque()
    error: BaseException | None = None
    try:
        with closed_after(items):
            while error is None:
                go_on()
                try:
                    waiting.append(pool.submit(function, next(items)))
                except StopIteration:
                    break
                except Exception as raised:
                    error = raised
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            if error is not None:
                raise error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def closed_after(items: Any) -> Iterator[None]:
    """Close an iterator after the block where it can be closed, so that its threads end."""
    try:
        yield
    finally:
        if hasattr(items, "close"):
            items.close()
