"""Board: what all dashboards share, and how panels are laid out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from grafana.generator import colours
from grafana.generator.variables import DATASOURCE, variables

TAG = "proxy-provider"
"""What all dashboards carry, so that each lists the others."""

FIRING = 'ALERTS{alertname=~"ProxyProvider.*", alertstate="firing", provider=~"$provider|"}'
"""Alerts may lack the labels of a target; those of the whole exporter have no provider."""

_WIDTH = 24


@dataclass(frozen=True)
class Band:
    """A row with a heading; below it panels of one height, side by side, in lines of 24 units."""

    title: str
    lines: Sequence["Line"]


@dataclass(frozen=True)
class Line:
    """Panels side by side; *widths* adds up to 24."""

    height: int
    widths: Sequence[int]
    panels: Sequence[model.Panel]


@dataclass(frozen=True)
class Board:
    """One dashboard."""

    uid: str
    title: str
    description: str
    last_variable: str
    bands: Sequence[Band]
    since: str = "now-24h"

    def to_json(self) -> str:
        """Return it as Grafana reads it: keys sorted, two spaces, a newline at the end."""
        board = (
            build.Dashboard(self.title)
            .uid(self.uid)
            .description(self.description)
            .tags([TAG])
            .timezone("browser")
            .readonly()
            .tooltip(model.DashboardCursorSync.CROSSHAIR)
            .time(self.since, "now")
            .refresh("1m")
            .variables(list(variables(self.last_variable)))
            .annotation(_firing())
            .link(_others())
            .build()
        )
        board.panels = list(_placed(self.bands))
        for shown in (*(board.links or ()), *(board.annotations.list_val or ())):
            shown.placement = None
        plain = json.loads(JSONEncoder().encode(board))
        return json.dumps(plain, indent=2, sort_keys=True) + "\n"


def link_to(uid: str, *fields: str) -> str:
    """Return the address of a dashboard for the row of a table that is clicked."""
    kept = "".join(f"&${{{name}:queryparam}}" for name in ("datasource", "job", "instance"))
    values = "".join(f"&var-{name}=${{__data.fields.{name}:percentencode}}" for name in fields)
    return f"/d/{uid}?${{__url_time_range}}{kept}{values}"


def _placed(bands: Sequence[Band]) -> list[model.Panel | model.RowPanel]:
    found: list[model.Panel | model.RowPanel] = []
    top = 0
    for band in bands:
        place = model.GridPos(h=1, w=_WIDTH, x=0, y=top)
        found.append(model.RowPanel(title=band.title, grid_pos=place, panels=[]))
        top += 1
        for line in band.lines:
            left = 0
            for width, panel in zip(line.widths, line.panels, strict=True):
                panel.grid_pos = model.GridPos(h=line.height, w=width, x=left, y=top)
                found.append(panel)
                left += width
            if left != _WIDTH:
                raise ValueError(f"{band.title}: a line is {left} wide, not {_WIDTH}")
            top += line.height
    for number, placed in enumerate(found, start=1):
        placed.id_val = number
    return found


def _firing() -> build.AnnotationQuery:
    annotation = build.AnnotationQuery().name("Alerts that fire").datasource(DATASOURCE)
    annotation.enable(enable=True).hide(hide=False).icon_color(colours.BAD).expr(FIRING)
    return (
        annotation.title_format("{{alertname}}")
        .text_format("{{provider}} {{account}} {{product}}")
        .tag_keys("severity,provider,account")
        .step("60s")
    )


def _others() -> build.DashboardLink:
    link = build.DashboardLink("Proxy providers").type(model.DashboardLinkType.DASHBOARDS)
    link.tags([TAG]).as_dropdown(as_dropdown=True).icon("external link").target_blank(
        target_blank=False
    )
    return link.include_vars(include_vars=True).keep_time(keep_time=True)
