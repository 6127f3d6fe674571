"""All comparisons with others, as Markdown tables.

python -m benchmarks [--quick] [scrapes] [whole] [polls] [footprint]

Compared runs are interleaved, and repeated; figures are medians. CPU is that of the whole process
tree by the kernel's process clock. Quote the ratios: the rest is this machine's.
"""

from collections.abc import Callable, Iterator, Mapping

import click

from benchmarks import footprint, polls, scrapes, whole

Section = Callable[[], Iterator[str]]

FULL: Mapping[str, Section] = {
    "scrapes": lambda: scrapes.report(scrapes.Budget(rounds=5, seconds=1.0)),
    "polls": lambda: polls.report(5),
    "footprint": lambda: footprint.report(5),
    "whole": lambda: whole.report(whole.Budget(rounds=3, seconds=40.0)),
}

QUICK: Mapping[str, Section] = {
    "scrapes": lambda: scrapes.report(scrapes.Budget(2, 0.2, sizes=(1_000, 10_000))),
    "polls": lambda: polls.report(2),
    "footprint": lambda: footprint.report(1),
    "whole": lambda: whole.report(whole.Budget(1, 5.0, sizes=(100,))),
}


@click.command()
@click.option("--quick", is_flag=True, help="Two minutes instead of half an hour.")
@click.argument("names", nargs=-1, type=click.Choice(tuple(FULL)))
def main(names: tuple[str, ...], *, quick: bool) -> None:
    """Measure, and print the tables as they come."""
    sections = QUICK if quick else FULL
    for name in names or sections:
        for table in sections[name]():
            click.echo(table)


if __name__ == "__main__":
    main()
