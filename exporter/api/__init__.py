"""The only package that speaks HTTP to providers: typed answers out, our errors out."""

from exporter.api._api import Api
from exporter.api._client import AT_A_TIME, Access, Client
from exporter.api._judge import is_url
from exporter.api._pool import Pool
from exporter.api._time import Clock

__all__ = ["AT_A_TIME", "Access", "Api", "Client", "Clock", "Pool", "is_url"]
