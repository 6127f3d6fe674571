"""Variables: what a reader can choose; each list is narrowed by those before it."""

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import DataSourceRef

from exporter.metrics import Family, health, usage

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")

Variable = build.DatasourceVariable | build.QueryVariable

_SOURCES: dict[str, Family] = {
    "job": health.EXPORTER_BUILD_INFO,
    "instance": health.EXPORTER_BUILD_INFO,
    "provider": health.UP,
    "account": health.UP,
    "product": usage.PRODUCT_TRAFFIC_BYTES_TOTAL,
    "country": usage.COUNTRY_REQUESTS_TOTAL,
}
_MAY_BE_EMPTY = ("product", "country")


def variables(last: str) -> list[Variable]:
    """Return the variables of a dashboard, up to *last*."""
    names = list(_SOURCES)[: list(_SOURCES).index(last) + 1]
    return [_datasource(), *(_query(name, tuple(names[:i])) for i, name in enumerate(names))]


def _datasource() -> build.DatasourceVariable:
    variable = build.DatasourceVariable("datasource").label("Data source").type("prometheus")
    return variable.current(model.VariableOption(text="default", value="default"))


def _query(name: str, before: tuple[str, ...]) -> build.QueryVariable:
    matchers = "{" + ", ".join(f'{one}=~"${one}"' for one in before) + "}" if before else ""
    variable = build.QueryVariable(name).label(name.capitalize()).datasource(DATASOURCE)
    query = f"label_values({_SOURCES[name].name}{matchers}, {name})"
    return (
        variable.query({"qryType": 1, "query": query, "refId": f"variable-{name}"})
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*" if name in _MAY_BE_EMPTY else ".+")
        .current(model.VariableOption(text=["All"], value=["$__all"], selected=True))
    )
