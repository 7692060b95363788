"""The sandbox's WeChat before a client that we did not write: wechatpy's own, as it comes.

It is the proof that sandbox and connector are not merely wrong in the same way.
"""

from urllib.parse import urlsplit

import pytest
from wechatpy.exceptions import WeChatOAuthException
from wechatpy.oauth import WeChatOAuth

from sandbox.upstreams.faults import Fault
from tests.conformance.federation.cases import CALLBACK, CASES, walk

WEBSITE, ACCOUNT = CASES[:2]
KINDS = {"website": WEBSITE, "account": ACCOUNT}


@pytest.fixture(params=KINDS)
def client(request, upstreams):
    """wechatpy, told where its WeChat is and nothing else."""
    known, url = upstreams.credentials["wechat"], upstreams.urls["wechat"]
    app = (known[f"{request.param}_app_id"], known[f"{request.param}_secret"])
    made = WeChatOAuth(*app, CALLBACK, scope="snsapi_userinfo", state="s1")
    made.API_BASE_URL, made.OAUTH_BASE_URL = f"{url}/", f"{url}/connect/"
    made.way = made.qrconnect_url if request.param == "website" else made.authorize_url
    made.case = KINDS[request.param]
    return made


def code_for(client, wallet="chenyutong"):
    arrival = walk(client.way, wallet=wallet, agent=client.case.agent)
    assert arrival.parameters["state"] == "s1"
    return arrival.parameters["code"]


def test_it_signs_somebody_in_and_reads_who_it_is(client):
    token = client.fetch_access_token(code_for(client, "wangyi"))
    user = client.get_user_info()

    assert token["openid"] == user["openid"]
    assert user["nickname"] == "𬱖然之风"
    assert token["unionid"] == user["unionid"]
    assert client.check_access_token()


def test_it_renews_a_token(client):
    first = client.fetch_access_token(code_for(client))
    again = client.refresh_access_token(first["refresh_token"])

    assert again["openid"] == first["openid"]
    assert again["access_token"] != first["access_token"]
    assert client.get_user_info()["openid"] == first["openid"]


def test_a_code_replayed_is_40163(client):
    code = code_for(client)
    client.fetch_access_token(code)

    with pytest.raises(WeChatOAuthException) as refused:
        client.fetch_access_token(code)
    assert refused.value.errcode == 40163
    assert refused.value.errmsg.startswith("code been used, rid: ")


@pytest.mark.parametrize(
    ("fault", "errcode"),
    [
        (Fault.CODE_EXPIRED, 42003),
        (Fault.WRONG_SECRET, 40125),
        (Fault.ERROR_IN_200, -1),
        (Fault.RATE_LIMIT, 45011),
    ],
)
def test_it_reads_the_sandboxs_faults_as_wechats(client, upstreams, fault, errcode):
    code = code_for(client)
    upstreams.faults.set("wechat", fault)

    with pytest.raises(WeChatOAuthException) as refused:
        client.fetch_access_token(code)
    assert refused.value.errcode == errcode


def test_both_clients_name_somebody_alike(client, traveller):
    """Ours and theirs read the same unionid."""
    ours = traveller(client.case)
    client.fetch_access_token(code_for(client))

    assert client.get_user_info()["unionid"] == ours.arrive(ours.visit()).subject
    assert urlsplit(client.way).path == urlsplit(ours.visit().departure.url).path
