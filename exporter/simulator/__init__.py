"""The three providers' APIs, played locally over real HTTP from a deterministic model of traffic.

``World`` holds accounts, clock and faults, and knows the truth; ``SimulatorServer`` serves it.
"""

from exporter.simulator.account import (
    Account,
    EvomiAccount,
    Notification,
    Plan,
    Product,
    Purchase,
    StaticPackage,
    Subscription,
    WebshareAccount,
    WeProxiesAccount,
)
from exporter.simulator.app import create_app
from exporter.simulator.demo import demo_world
from exporter.simulator.fault import Fault
from exporter.simulator.report import Correction, Lateness
from exporter.simulator.serve import SimulatorServer, run
from exporter.simulator.traffic import Line
from exporter.simulator.usage import RequestError, Usage
from exporter.simulator.world import DOCUMENTED_LIMITS, RateLimit, World

__all__ = [
    "DOCUMENTED_LIMITS",
    "Account",
    "Correction",
    "EvomiAccount",
    "Fault",
    "Lateness",
    "Line",
    "Notification",
    "Plan",
    "Product",
    "Purchase",
    "RateLimit",
    "RequestError",
    "SimulatorServer",
    "StaticPackage",
    "Subscription",
    "Usage",
    "WeProxiesAccount",
    "WebshareAccount",
    "World",
    "create_app",
    "demo_world",
    "run",
]
