"""PromQL read: the selectors of an expression, what stands around them, and what labels result."""

import re
from collections.abc import Iterator

import promql_parser as promql

from exporter.metrics import Family, catalogue

CATALOGUE: dict[str, Family] = {family.name: family for family in catalogue()}

Expr = promql.Expr


def parse(expr: str) -> Expr:
    """Read *expr*, with the variables of Grafana that stand for durations put in."""
    return promql.parse(re.sub(r"\[\$__\w+\]", "[1h]", expr))


def parts(expr: Expr) -> Iterator[Expr]:
    """Return what *expr* is made of, one level down."""
    for name in ("lhs", "rhs", "expr", "param", "vector_selector"):
        part = getattr(expr, name, None)
        if isinstance(part, Expr):
            yield part
    yield from getattr(expr, "args", ())


def name_of(selector: promql.VectorSelector) -> str:
    """Return the metric that *selector* names, as each of ours does."""
    assert selector.name
    return selector.name


def labels_of(name: str) -> set[str]:
    """Return the labels of the series of a metric."""
    family = CATALOGUE.get(name)
    return {"job", "instance", *(family.all_labels if family else ())}


def selectors(
    expr: Expr, around: tuple[Expr, ...] = ()
) -> Iterator[tuple[promql.VectorSelector, tuple[Expr, ...]]]:
    """Return every selector, with what stands around it, outermost first."""
    if isinstance(expr, promql.VectorSelector):
        yield expr, around
    for part in parts(expr):
        yield from selectors(part, (*around, expr))


def output(expr: Expr) -> set[str] | None:
    """Return the labels that the series of *expr* may have; None of a number."""
    if isinstance(expr, promql.VectorSelector):
        return labels_of(name_of(expr))
    if isinstance(expr, promql.AggregateExpr) and str(expr.op) not in ("topk", "bottomk"):
        modifier = expr.modifier
        if modifier is not None and modifier.type == promql.AggModifierType.Without:
            return (output(expr.expr) or set()) - set(modifier.labels)
        return set(modifier.labels) if modifier else set()
    if isinstance(expr, promql.BinaryExpr):
        return _both(expr)
    vectors = [found for part in parts(expr) if (found := output(part)) is not None]
    return vectors[0] if vectors else None


def _both(expr: promql.BinaryExpr) -> set[str] | None:
    left, right = output(expr.lhs), output(expr.rhs)
    if left is None or right is None:
        return left if right is None else right
    if str(expr.op) == "or":
        return left & right
    modifier = expr.modifier
    one_to_one = promql.VectorMatchCardinality.OneToOne
    if modifier is None or modifier.matching is None or modifier.card != one_to_one:
        return left
    return set(modifier.matching.labels)
