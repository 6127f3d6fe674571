"""Plans: the list of them, and how they are called in labels."""

from exporter.api import Api
from exporter.providers.webshare._answers import Plan, PlanPage
from exporter.reading import Place

ACTIVE = "active"
CANCELLED = "cancelled"

PAGE_SIZE = 100
"""Of the lists: most accounts fit on one page; 250 is the most that others have seen work."""


async def list_plans(api: Api) -> dict[str, Plan]:
    """Return every plan of the account by its id, cancelled ones too.

    Raises: PollError.
    """
    pages = api.pages(
        "/api/v2/subscription/plan/",
        PlanPage,
        following=lambda page: page.next,
        params={"page_size": PAGE_SIZE},
    )
    return {str(plan.id): plan async for page in pages for plan in page.results}


def product(plan: Plan) -> str:
    """Return the ``product`` label: the type, and the subtype where it is a special one."""
    subtype = None if plan.proxy_subtype == "default" else plan.proxy_subtype
    return "_".join(word for word in (plan.proxy_type, subtype) if word)


def place(plan: Plan) -> Place:
    """Return the labels ``product`` and ``plan``."""
    return product(plan), str(plan.id)


def title(plan: Plan) -> str:
    """Return the name for people: ``Shared residential``."""
    return product(plan).replace("_", " ").capitalize()
