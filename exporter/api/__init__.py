"""The only package that speaks HTTP to providers: typed answers out, our errors out."""

from exporter.api._api import Api
from exporter.api._client import Access, Client, Clock
from exporter.api._pool import Pool

__all__ = ["Access", "Api", "Client", "Clock", "Pool"]
