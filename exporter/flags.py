"""The flags of the commands, and the table of them all."""

from functools import wraps

import click

from exporter import logs
from exporter.flag import Checked, Run, file_path, flag, listen_address, url_path

config_file = flag(
    "config.file=FILE",
    Checked(file_path),
    meaning="The configuration, in YAML. Without it, accounts are made from environment variables:"
    " WEBSHARE_API_KEY, WEPROXIES_API_TOKEN, EVOMI_API_KEY.",
)

storage_path = flag(
    "storage.path=FILE",
    Checked(file_path),
    meaning="The file that keeps the counters over restarts; made when it is not there. Without it"
    " they begin at 0 with every start.",
)

listen_addresses = flag(
    "web.listen-address=ADDRESS",
    Checked(listen_address),
    meaning="The address to serve on, as host:port or :port for every interface. May be given more"
    " than once.",
    default=":10190",
    repeatable=True,
)

simulator_address = flag(
    "web.listen-address=ADDRESS",
    Checked(listen_address),
    meaning="The address to serve on, as host:port or :port for every interface.",
    default="127.0.0.1:10191",
)

telemetry_path = flag(
    "web.telemetry-path=PATH",
    Checked(url_path),
    meaning="The path to serve the metrics on.",
    default="/metrics",
)

web_config_file = flag(
    "web.config.file=FILE",
    Checked(file_path),
    meaning="TLS and passwords, in the format of Prometheus' exporter-toolkit. Without it, HTTP"
    " that is open to all who reach the address.",
)

state_path = flag(
    "storage.path=FILE",
    Checked(file_path),
    meaning="The exporter's state, which says where its counters began. It is only read, also while"
    " the exporter runs.",
)

account_names = flag(
    "account=PROVIDER/NAME",
    click.STRING,
    meaning="An account to write; all of them without it. May be given more than once.",
    repeatable=True,
)

since = flag(
    "since=WHEN",
    click.STRING,
    meaning="Where to begin: a duration before now such as 30d, or a date such as 2026-11-01."
    " Without it, as far back as the provider shows.",
)

end = flag(
    "end=WHEN",
    click.STRING,
    meaning="Where to end, as for --since. Without it, where --storage.path says that the counters"
    " began.",
)

series_labels = flag(
    "label=NAME=VALUE",
    click.STRING,
    meaning="A label that Prometheus adds when it scrapes: job and instance are needed. May be"
    " given more than once.",
    repeatable=True,
)

output = flag(
    "output=FILE",
    Checked(file_path),
    meaning="The file to write; - is standard output.",
    default="-",
)

_log_level = flag(
    "log.level=LEVEL",
    click.Choice(tuple(logs.LEVELS)),
    meaning="The least level to log: debug, info, warn or error.",
    default="info",
)

_log_format = flag(
    "log.format=FORMAT",
    click.Choice(logs.FORMATS),
    meaning="The format of the log: logfmt or json.",
    default="logfmt",
)

_FLAGS = (
    config_file,
    storage_path,
    listen_addresses,
    telemetry_path,
    web_config_file,
    account_names,
    since,
    end,
    series_labels,
    output,
    _log_level,
    _log_format,
)


def logging_flags(run: Run) -> Run:
    """Give a command the flags of the log, and set the log up before it runs."""

    @wraps(run)
    def logged(*, log_level: str, log_format: str, **values: object) -> int | None:
        logs.set_up(log_level, log_format)
        return run(**values)

    return _log_level(_log_format(logged))


def flags_table() -> str:
    """Return all flags as a table in Markdown."""
    command = click.Command(None)
    for give in _FLAGS:
        give(command)
    ctx = click.Context(command, show_default=True)
    rows = (_row(one, ctx) for one in command.params if isinstance(one, click.Option))
    return "\n".join(("| Flag | Default | Meaning |", "|---|---|---|", *rows))


def _row(option: click.Option, ctx: click.Context) -> str:
    preset = option.get_help_extra(ctx).get("default")
    shown = f"`{preset}`" if preset else ""
    return f"| `{option.opts[-1]}` | {shown} | {option.help} |"
