"""YAML of one document, read strictly.

Messages say where and what, and never quote the file as PyYAML's own do: the line may hold a key.
"""

import re
from collections.abc import Iterator

import yaml

from exporter.config._place import Place

_HARMLESS = re.compile(r"""(?:[^'"]|'(?:.|<[a-z ]+>)'|"'")*""")
"""The beginning of a message of PyYAML's that quotes no more than a character or a token's name."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, to which a date is a text: no field of ours holds one."""


def _text(_loader: _Loader, node: yaml.Node) -> str:
    return str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)


def parse_yaml(text: str, place: Place) -> object:
    """Return what *text* holds; None also when it is broken, which is noted."""
    try:
        return _construct(_Loader(text), place)
    except yaml.MarkedYAMLError as error:
        place.mistake(_say(error))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        place.mistake(f"line {line}: not YAML: a control character is not allowed")
    except RecursionError:
        place.mistake("not YAML that makes sense here: it is nested too deeply")
    except ValueError:
        place.mistake("not YAML: a value does not fit its type; put it in quotes")
    return None


def _construct(loader: _Loader, place: Place) -> object:
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        for at, what in _repeated(node, place, set()):
            at.mistake(what)
        constructed: object = loader.construct_document(node)
        return constructed
    finally:
        loader.dispose()


def _repeated(node: yaml.Node, place: Place, seen: set[int]) -> Iterator[tuple[Place, str]]:
    """Yield each key that its mapping has twice, below *node*; an alias is not gone into again."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _repeated(item, place / number, seen)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # it cannot be constructed, which tells what is wrong
            below = place.of(key.value)
            line = key.start_mark.line + 1
            if key.value in lines:
                yield below, f"is there twice, in lines {lines[key.value]} and {line}"
            lines[key.value] = line
            yield from _repeated(value, below, seen)


def _say(error: yaml.MarkedYAMLError) -> str:
    """Say what is wrong with the YAML, without what the file has there."""
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    if error.context == "expected a single document in the stream":
        return f"{where}a second document begins: a file holds one configuration"
    if error.problem == "found unhashable key":
        return f"{where}a key that is no text: a template such as {{{{ name }}}}, not filled in?"
    if "'\\t'" in (error.problem or ""):
        return f"{where}not YAML: a tab; indent with spaces"
    found = _HARMLESS.match(error.problem or "")
    return f"{where}not YAML: {found[0].strip() if found else ''}"
