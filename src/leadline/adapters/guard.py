"""What keeps a watch from breaking a training, and from slowing it: every hook goes through here.

Comes in: functions of a watch. Goes out: the same, which raise nothing and whose time is counted. What fails once is
not watched any more, and the record says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

MOST_WORDS = 300  # characters of an error that are worth keeping


class Guard:
    """Lets functions fail without a word to the training.

    Example:
        >>> guard = Guard()
        >>> guard.safe("the loss", lambda: 1 / 0)() is None
        True
        >>> guard.words
        ['Watching the loss ended: ZeroDivisionError: division by zero.']
    """

    def __init__(self) -> None:
        self.words: list[str] = []
        self.ended: set[str] = set()
        self.spent = 0.0
        self._inside = False

    def note(self, sentence: str) -> None:
        """Keep a sentence for ``program.look``, once."""
        if sentence not in self.words:
            self.words.append(sentence)

    def end(self, what: str, error: BaseException) -> None:
        """Give up one thing to watch, and keep the reason."""
        self.ended.add(what)
        text = " ".join(str(error).split())[:MOST_WORDS]
        self.note(f"Watching {what} ended: {type(error).__name__}{': ' + text if text else ''}.")

    def safe(self, what: str, function: Callable[..., Any]) -> Callable[..., None]:
        """Return the function, counted in time and silent in failure; it answers None, so that a hook changes nothing.

        Args:
            what: What ends where it fails, as in "watching ... ended".
            function: To be called by the training.
        """

        def called(*args: Any, **kwargs: Any) -> None:
            if what in self.ended:
                return
            outer, self._inside = self._inside, True
            began = time.perf_counter()
            try:
                function(*args, **kwargs)
            except Exception as error:
                self.end(what, error)
            finally:
                self._inside = outer
                if not outer:  # a hook within a hook is counted once
                    self.spent += time.perf_counter() - began

        return called
