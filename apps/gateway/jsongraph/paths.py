"""Path sets: `["restaurants", {"to": 9}, ["id", "name"]]` stands for twenty paths.  Pure functions.

Source: "Paths" and "PathSets", Falcor's documentation of JSON Graph.
"""

from collections.abc import Sequence
from itertools import product
from math import prod

Key = str | int
Path = tuple[Key, ...]

MAX_KEYS = 16
"""Keys of one path; the longest that makes sense here has seven."""

MAX_RANGE = 200
"""Indexes of one range: as many as a list shows."""

MAX_PATHS = 1000
"""Paths of one request, all its sets together."""

MAX_BUILT = MAX_KEYS * MAX_PATHS
"""Keys of all path sets together, those of ranges counted: an array that stands for no path has keys, too."""

MAX_CHARACTERS = 100
"""Of one key."""


class InvalidPathSet(ValueError):
    """The value is not a path set, or expands to too many paths; the text gives the reason."""


def expand(path_sets: object) -> list[Path]:
    """Expand path sets into paths, each once and in order.

    Raises:
        InvalidPathSet: The value is not a list of path sets, or they expand to too many paths; this is found before expanding.
    """
    if not isinstance(path_sets, list):
        raise InvalidPathSet("paths must be an array of path sets.")
    if len(path_sets) > MAX_PATHS:
        raise InvalidPathSet(f"there are {len(path_sets)} path sets; the limit is {MAX_PATHS} paths.")
    key_sets, built = [], 0
    for path_set in path_sets:
        key_sets.append(_key_sets(path_set))
        built += sum(map(len, key_sets[-1]))
        if built > MAX_BUILT:
            raise InvalidPathSet(f"the path sets have more than {MAX_BUILT} keys, those of ranges counted.")
    count = sum(prod(len(keys) for keys in sets) for sets in key_sets)
    if count > MAX_PATHS:
        raise InvalidPathSet(f"the path sets stand for {count} paths; the limit is {MAX_PATHS}.")
    return list(dict.fromkeys(path for sets in key_sets for path in product(*sets)))


def read_path(value: object) -> Path:
    """Return a path without sets.

    Raises:
        InvalidPathSet: The value is not such a path.
    """
    if not isinstance(value, list) or not 0 < len(value) <= MAX_KEYS:
        raise InvalidPathSet(f"a path is an array of 1 to {MAX_KEYS} keys.")
    return tuple(_key(key) for key in value)


def _key_sets(path_set: object) -> list[list[Key]]:
    if not isinstance(path_set, list) or not 0 < len(path_set) <= MAX_KEYS:
        raise InvalidPathSet(f"a path set is an array of 1 to {MAX_KEYS} keys, ranges or arrays of them.")
    return [_keys(key_set) for key_set in path_set]


def _keys(key_set: object) -> list[Key]:
    if not isinstance(key_set, list):
        return list(_members(key_set))
    if len(key_set) > MAX_PATHS:
        raise InvalidPathSet(f"a key set has {len(key_set)} members; the limit is {MAX_PATHS} paths.")
    keys: list[Key] = []
    for member in key_set:
        keys += _members(member)
        if len(keys) > MAX_PATHS:
            raise InvalidPathSet(f"a key set stands for more than {MAX_PATHS} keys, those of ranges counted.")
    return keys


def _members(member: object) -> Sequence[Key]:
    return _range(member) if isinstance(member, dict) else (_key(member),)


def _key(value: object) -> Key:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidPathSet(f"{_short(value)} is no key; a key is text or a whole number.")
    if len(_short(value)) > MAX_CHARACTERS or str(_short(value)).startswith("$"):
        raise InvalidPathSet(f"a key has at most {MAX_CHARACTERS} characters and does not begin with $.")
    return value


def _range(value: dict[object, object]) -> range:
    if not value.keys() <= {"from", "to", "length"} or ("to" in value) == ("length" in value):
        raise InvalidPathSet('a range is {"from", "to"} or {"from", "length"}; from is 0 when it is missing.')
    begin, end, length = (_index(value.get(name, 0)) for name in ("from", "to", "length"))
    stop = begin + length if "length" in value else end + 1
    if stop - begin > MAX_RANGE:
        raise InvalidPathSet(f"a range has at most {MAX_RANGE} indexes.")
    return range(begin, max(begin, stop))


def _index(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidPathSet(f"{_short(value)} is no index; a range holds whole numbers that are not negative.")
    return value


def _short(value: object) -> str:
    return str(value)[: MAX_CHARACTERS + 1]
