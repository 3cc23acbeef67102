"""Rules for JSON values, combined into tables; each refuses with OpenAI's message."""

from __future__ import annotations

import re
from typing import Any, Callable

Problem = tuple[str, str, str]  # code, parameter, message
Rule = Callable[[str, Any], Problem | None]


def _kind(value: Any) -> str:
    names = {
        bool: "a boolean",
        int: "an integer",
        float: "a decimal",
        str: "a string",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), "null")


def _wrong(path: str, expected: str, value: Any) -> Problem:
    got = f"{_kind(value)} instead" if value is not None else "null instead"
    return "invalid_type", path, f"Invalid type for '{path}': expected {expected}, but got {got}."


def text(*values: str, pattern: str | None = None) -> Rule:
    def check(path: str, value: Any) -> Problem | None:
        if not isinstance(value, str):
            return _wrong(path, "a string", value)
        if values and value not in values:
            listed = ", ".join(f"'{known}'" for known in values)
            return "invalid_value", path, f"Invalid value: '{value}'. Supported values are: {listed}."
        if pattern and not re.fullmatch(pattern, value):
            return "invalid_value", path, f"Invalid '{path}': string does not match pattern."
        return None

    return check


def number(low: float, high: float, whole: bool = False) -> Rule:
    kind = "integer" if whole else "decimal"

    def check(path: str, value: Any) -> Problem | None:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            return _wrong(path, f"an {kind}" if whole else f"a {kind}", value)
        if value > high:
            return (
                f"{kind}_above_max_value",
                path,
                f"Invalid '{path}': {kind} above maximum value. Expected a value <= {high}, but got {value} instead.",
            )
        if value < low:
            return (
                f"{kind}_below_min_value",
                path,
                f"Invalid '{path}': {kind} below minimum value. Expected a value >= {low}, but got {value} instead.",
            )
        return None

    return check


def boolean(path: str, value: Any) -> Problem | None:
    return None if isinstance(value, bool) else _wrong(path, "a boolean", value)


def anything(path: str, value: Any) -> Problem | None:
    return None


def free_object(path: str, value: Any) -> Problem | None:
    return None if isinstance(value, dict) else _wrong(path, "an object", value)


def array(item: Rule, least: int = 0, most: int | None = None) -> Rule:
    def check(path: str, value: Any) -> Problem | None:
        if not isinstance(value, list):
            return _wrong(path, "an array", value)
        if len(value) < least or (most is not None and len(value) > most):
            return "invalid_value", path, f"Invalid '{path}': array has {len(value)} elements."
        return next((p for i, v in enumerate(value) if (p := item(f"{path}[{i}]", v))), None)

    return check


def members(required: tuple[str, ...] = (), **known: Rule) -> Rule:
    """An object of these members and no others."""

    def check(path: str, value: Any) -> Problem | None:
        if not isinstance(value, dict):
            return _wrong(path, "an object", value)
        for name in value:
            if name not in known:
                inner = f"{path}.{name}" if path else name
                return "unknown_parameter", inner, f"Unknown parameter: '{inner}'."
        for name in required:
            if name not in value:
                inner = f"{path}.{name}" if path else name
                return "missing_required_parameter", inner, f"Missing required parameter: '{inner}'."
        for name, inner_value in value.items():
            if problem := known[name](f"{path}.{name}" if path else name, inner_value):
                return problem
        return None

    return check


def null_or(rule: Rule) -> Rule:
    return lambda path, value: None if value is None else rule(path, value)


def by_type(**kinds: Rule) -> Rule:
    """An object whose `type` says which rule holds. Underscores stand for what a Python name cannot hold."""
    table = {name.replace("__", "/"): rule for name, rule in kinds.items()}

    def check(path: str, value: Any) -> Problem | None:
        if not isinstance(value, dict):
            return _wrong(path, "an object", value)
        if "type" not in value:
            return "missing_required_parameter", f"{path}.type", f"Missing required parameter: '{path}.type'."
        if problem := text(*table)(f"{path}.type", value["type"]):
            return problem
        return table[value["type"]](path, value)

    return check


def every(*rules: Rule) -> Rule:
    """All of these, in order; the first that is broken answers."""
    return lambda path, value: next((problem for rule in rules if (problem := rule(path, value))), None)


def one_of(*names: str) -> Rule:
    """An object that has at least one of these members."""

    def check(path: str, value: Any) -> Problem | None:
        if not isinstance(value, dict) or any(name in value for name in names):
            return None
        return "missing_required_parameter", f"{path}.{names[0]}", f"Missing required parameter: '{path}.{names[0]}'."

    return check


def text_or(rule: Rule, *values: str) -> Rule:
    return lambda path, value: (text(*values) if isinstance(value, str) else rule)(path, value)
