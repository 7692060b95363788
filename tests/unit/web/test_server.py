"""The running server: workers, probes, and what it does with a hostile request."""

import urllib3


def test_probes_answer_whatever_the_host(provider):
    """A load balancer asks by address, not by the issuer's name."""
    with urllib3.PoolManager() as pool:
        for path in ("/healthz", "/readyz"):
            answer = pool.request("GET", f"{provider.issuer}{path}", headers={"Host": "10.0.0.1"})
            assert answer.status == 200, answer.data
