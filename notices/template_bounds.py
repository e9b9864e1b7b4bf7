"""Bounds on filling one template: repetitions, calls, time, memory, and the size of texts and of the result.

Jinja's sandbox bounds `range` alone: two nested loops over it, a macro that calls itself twice, or a text doubled forty
times never end. Jinja has hooks for what happens here (calls, operators, joining, filters), but none for loops, so each
loop's iterable is put through a filter before code is generated.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable, Iterable, Iterator, Sized
from functools import wraps
from math import inf
from time import monotonic
from typing import Any

from jinja2 import Template, TemplateError, TemplateRuntimeError, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notices.messages import Message, say

MOST_STEPS = 100_000  # repetitions of loops and calls; a letter with 500 charges takes some thousand
MOST_SECONDS = 20.0
MOST_MEMORY = 500 * 1024  # KiB that filling one template may add
MOST_TEXT = 1_000_000  # characters of a text that an expression makes
MOST_RESULT = 20_000_000  # characters; the XML of a letter has 200,000
MOST_BITS = 10_000  # of a power
MOST_WIDTH = 10_000  # that a filter may pad a text to
COUNTED, MEASURED = "_counted", "_measured"
WIDE = re.compile(r"\d{5}|\*|\{[^{}]*\{")  # in a format: a huge width, or one that an argument gives
PADDING = ("center", "indent", "wordwrap", "batch", "slice", "round")  # filters with a width or count as argument
MULTIPLYING = ("replace", "join")  # filters that put one text into another many times

Function = Callable[..., Any]


class Unending(TemplateRuntimeError):  # noqa: N818 - names what happened
    """Filling the template takes more than any letter needs; `why` says of what."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def reason_of(error: Exception) -> Message | str:
    """Return why a template cannot be filled, as words for a message."""
    if isinstance(error, Unending):
        return error.why
    if isinstance(error, MemoryError | RecursionError):
        return say("its loops and calls do not end")
    return str(error.message if isinstance(error, TemplateError) else error)


class BoundedTemplate(Template):
    """A template that has the whole budget of its environment each time it is filled."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Fill the template; raise Unending beyond the bounds."""
        environment: Any = self.environment
        environment.begin()
        try:
            return super().render(*args, **kwargs)
        finally:
            environment.rest()


class BoundedSandbox(ImmutableSandboxedEnvironment):
    """Sandbox that ends the filling of a template beyond the bounds."""

    template_class = BoundedTemplate
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.rest()
        self.filters = {**self.filters, COUNTED: self._counted, MEASURED: _measured}
        for name in PADDING:
            self.filters[name] = _with_small_numbers(self.filters[name])
        for name in MULTIPLYING:
            self.filters[name] = _with_small_product(self.filters[name])
        self.filters["format"] = _with_narrow_format(self.filters["format"])
        self.globals.pop("lipsum", None)
        self.concat = _joined  # type: ignore[method-assign]  # Jinja reads it from the environment

    def begin(self) -> None:
        """Grant a whole budget."""
        self._left: float = MOST_STEPS
        self._end: float = monotonic() + MOST_SECONDS
        self._most_memory: float = _peak_memory() + MOST_MEMORY

    def rest(self) -> None:
        """Count nothing until the next template is filled: templates are also loaded in between."""
        self._left = self._end = self._most_memory = inf

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Unending(say("its loops and calls do not end"))
        if monotonic() > self._end:
            raise Unending(say("it takes longer than {seconds} seconds", seconds=int(MOST_SECONDS)))
        if _peak_memory() > self._most_memory:
            raise Unending(say("a text or number in it grows without end"))

    def _counted(self, items: Iterable[Any]) -> _Counted:
        return _Counted(items, self._spend)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as Jinja has it
        """Call an object: macros and methods count."""
        __self._spend()
        if isinstance(text := getattr(__obj, "__self__", None), str):
            _refuse_numbers(args)
            _refuse_product(text, *args)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Apply an operator unless its result would be huge."""
        if operator == "*" and isinstance(left, int) and not isinstance(right, int | float):
            left, right = right, left
        if operator == "*" and isinstance(left, Sized) and isinstance(right, int):
            _refuse_beyond(len(left) * right, MOST_TEXT)
        elif operator == "**":
            _refuse_beyond(_bits(left) * abs(right), MOST_BITS)
        elif operator == "%" and isinstance(left, str):
            _refuse_wide(left)
        return _measured(super().call_binop(context, operator, left, right))

    def wrap_str_format(self, value: Any) -> Any:
        """Return the sandbox's own `format`, unless the format is wide."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None:
            _refuse_wide(value.__self__)
        return wrapped

    def _load_template(self, name: Any, globals: Any) -> Template:  # noqa: A002 - as Jinja has it
        self._spend()  # a template may include itself
        return super()._load_template(name, globals)

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        for loop in source.find_all(nodes.For):
            loop.iter = _filtered(loop.iter, COUNTED)
        for joined in list(source.find_all(nodes.Concat)):
            joined.nodes = [_filtered(each, MEASURED) for each in joined.nodes]
        return super()._generate(source, *args, **kwargs)


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _measured(value: Any) -> Any:
    if isinstance(value, str | bytes | list | tuple):
        _refuse_beyond(len(value), MOST_TEXT)
    return value


def _joined(pieces: Iterable[str]) -> str:
    size, kept = 0, []
    for piece in pieces:
        size += len(piece)
        _refuse_beyond(size, MOST_RESULT)
        kept.append(piece)
    return "".join(kept)


def _bits(number: Any) -> float:
    return number.bit_length() if isinstance(number, int) else 64


def _refuse_beyond(size: float, most: int) -> None:
    if size > most:
        raise Unending(say("a text or number in it grows without end"))


def _refuse_numbers(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, int | float):
            _refuse_beyond(abs(value), MOST_WIDTH)


def _refuse_product(*values: Any) -> None:
    size = 1
    for value in values:
        size *= max(1, len(value)) if isinstance(value, Sized) else 1
    _refuse_beyond(size, MOST_RESULT)


def _refuse_wide(text: str) -> None:
    if WIDE.search(text):
        raise Unending(say("a text or number in it grows without end"))


def _with_small_numbers(function: Function) -> Function:
    @wraps(function)  # keeps the marks that Jinja sets on functions
    def bounded(*args: Any, **kwargs: Any) -> Any:
        _refuse_numbers((*args, *kwargs.values()))
        return function(*args, **kwargs)

    return bounded


def _with_small_product(function: Function) -> Function:
    @wraps(function)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        _refuse_product(*args, *kwargs.values())
        return function(*args, **kwargs)

    return bounded


def _with_narrow_format(function: Function) -> Function:
    @wraps(function)
    def bounded(text: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_wide(str(text))
        return function(text, *args, **kwargs)

    return bounded


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class _Counted:
    """Items of a loop, each turn of which is counted; sized if they are, for `loop.length` and its like."""

    def __init__(self, items: Iterable[Any], spend: Callable[[], None]) -> None:
        self._items = items
        self._spend = spend

    def __iter__(self) -> Iterator[Any]:
        for item in self._items:
            self._spend()
            yield item

    def __len__(self) -> int:
        if not isinstance(self._items, Sized):
            raise TypeError
        return len(self._items)
