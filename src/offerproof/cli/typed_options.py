"""A command's options as one typed value: a Struct of Structs declares them once, and ``--help`` lists them in groups.

Each field of the Struct is a group, whose docstring is its title. Of a group's field ``Annotated[type, Meta(...)]``
become: the option's name, its type (a ``Literal`` is a choice, ``bool`` a flag, a tuple repeatable), its range (``ge``,
``le``), its help (``description``), and from ``extra`` its ``metavar``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import click
import msgspec

from offerproof.errors import ExitCode

T = TypeVar("T", bound=msgspec.Struct)


class GroupedCommand(click.Command):
    """Lists its options by their groups, in the order of their first members, and then what ``more`` has."""

    more: Mapping[str, Callable[[], Sequence[tuple[str, str]]]] = {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(param, "group", "Help"), []).append(record)
        further = {title: list(told()) for title, told in self.more.items()}
        for title, records in {**groups, **further}.items():
            with formatter.section(title):
                formatter.write_dl(records)


class _GroupedOption(click.Option):
    """An option that knows its group."""

    def __init__(self, *args: Any, group: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.group = group


def about(
    told: str, metavar: str | None = None, *, ge: float | None = None, le: float | None = None, complete: Any = None
) -> msgspec.Meta:
    """Say what an option is about, for ``--help``, the numbers it takes, and how a shell completes it."""
    return msgspec.Meta(description=told, ge=ge, le=le, extra={"metavar": metavar, "complete": complete})


def takes(
    struct: type[T], name: str, more: Mapping[str, Callable[[], Sequence[tuple[str, str]]]] | None = None
) -> Callable[[Callable[[T], ExitCode]], click.Command]:
    """Make a command of a function of one value of ``struct``; ``more``: sections of its ``--help``, by title."""
    groups = get_type_hints(struct)
    params: list[click.Parameter] = [
        _option(field.name, get_type_hints(group, include_extras=True)[field.name], field.default, title=group.__doc__)
        for group in groups.values()
        for field in msgspec.structs.fields(group)
    ]

    def decorate(function: Callable[[T], ExitCode]) -> click.Command:
        def called(**values: Any) -> ExitCode:
            made = {
                key: group(**{one: values[one] for one in group.__struct_fields__}) for key, group in groups.items()
            }
            return function(struct(**made))

        settings = {"show_default": True}
        made = GroupedCommand(name, settings, callback=called, params=params, help=function.__doc__)
        made.more = more or {}
        return made

    return decorate


def _option(name: str, hint: Any, default: Any, *, title: str) -> click.Option:
    annotated, meta = get_args(hint)
    optional = NoneType in get_args(annotated)
    (kind,) = (one for one in get_args(annotated) if one is not NoneType) if optional else (annotated,)
    several = get_origin(kind) is tuple
    kind = get_args(kind)[0] if several else kind
    return _GroupedOption(
        ["--" + name.replace("_", "-")],
        group=title,
        type=None if kind is bool else _type(kind, meta),
        is_flag=kind is bool,
        multiple=several,
        default=default,
        metavar=meta.extra["metavar"],
        shell_complete=meta.extra.get("complete"),
        help=meta.description,
    )


def _type(kind: Any, meta: msgspec.Meta) -> click.ParamType[Any]:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    if kind is Path:
        return click.Path(path_type=Path)
    if kind not in (int, float):
        return click.STRING
    if meta.ge is None and meta.le is None:
        return click.INT if kind is int else click.FLOAT
    if kind is float:
        return click.FloatRange(meta.ge, meta.le)
    least, most = (None if bound is None else int(bound) for bound in (meta.ge, meta.le))
    return click.IntRange(least, most)
