from exporter.simulator.fault import Fault, RequestRecord


def test_query_of_a_fault() -> None:
    """A fault can strike the requests of one plan or product alone."""
    fault = Fault(kind="status", query="plan_id=1")
    first = RequestRecord("webshare", "GET", "/api/v2/stats/", "main", "plan_id=1")
    assert fault.matches(first, now=0.0)
    assert not fault.matches(first._replace(query="plan_id=2"), now=0.0)
